"""Asks cedarpy: python3 ask_cedarpy.py SITE_PACKAGES ARCHIVE REQUESTS

What came of each request goes to standard output as JSON, in their order.
"""

import json
import sys
import zipfile
from pathlib import Path

site_packages, archive, requests = sys.argv[1:]
sys.path.insert(0, site_packages)

import cedarpy  # noqa: E402

archive = zipfile.ZipFile(archive)


def read(path):
    return archive.read(path).decode("utf-8")


schema_text = read("schema.cedarschema")
manifest = json.loads(read("bundle.json"))
text = "\n".join(read(file["path"]) for file in manifest["files"] if file["path"].endswith(".cedar"))
# The readable form of the policies must be valid here, too; requests are decided by the other.
validation = cedarpy.validate_policies(text, schema_text)
if not validation:
    sys.exit("\n".join(map(str, validation.errors)))

policies = cedarpy.PolicySet.from_json_str(read("policies.json"))
schema = cedarpy.Schema.from_str(schema_text)


def answer(result):
    if result.decision == cedarpy.Decision.NoDecision:
        return {"decision": "refused", "reasons": [], "errors": []}
    return {
        "decision": result.decision.value.lower(),
        "reasons": sorted(result.diagnostics.reasons),
        # Cedar's message: error while evaluating policy `ID`: …
        "errors": sorted(message.split("`")[1] for message in result.diagnostics.errors),
    }


answers = []
for suite in json.loads(Path(requests).read_text(encoding="utf-8")):
    entities = cedarpy.Entities.from_json_str(json.dumps(suite["entities"]), schema_text)
    results = cedarpy.is_authorized_batch(suite["requests"], policies, entities, schema)
    answers.extend(map(answer, results))
json.dump(answers, sys.stdout)
