"""Asks Cedarling: python3 ask_cedarling.py SITE_PACKAGES ARCHIVE REQUESTS

The archive itself must load. Cedarling reads entities from the policy store, so that each suite is asked of a store of its
own: the archive with the entities of the suite besides. Only the principal comes with the request, as its attributes.
What came of each request goes to standard output as JSON, in their order.
"""

import json
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

site_packages, archive, requests = sys.argv[1:]
sys.path.insert(0, site_packages)

from cedarling_python import (  # noqa: E402
    BootstrapConfig,
    Cedarling,
    EntityData,
    RequestUnsigned,
)

def store(path):
    settings = {
        "CEDARLING_APPLICATION_NAME": "gatewright",
        "CEDARLING_POLICY_STORE_LOCAL_FN": str(path),
        "CEDARLING_LOG_TYPE": "off",
        "CEDARLING_JWT_SIG_VALIDATION": "disabled",
        "CEDARLING_JWT_STATUS_VALIDATION": "disabled",
    }
    return Cedarling(BootstrapConfig(settings))


def store_with(entities, folder):
    path = Path(folder) / "store.cjar"
    shutil.copy(archive, path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_STORED) as more:
        more.writestr("entities/suite.json", json.dumps(entities))
    return store(path)


def entity(uid, attributes):
    mapping = {"entity_type": uid["type"], "id": uid["id"]}
    return EntityData.from_dict({"cedar_entity_mapping": mapping, **attributes})


def ask(cedarling, request, entities):
    principal = request["principal"]
    found = [one["attrs"] for one in entities if one["uid"] == principal]
    action = request["action"]
    try:
        result = cedarling.authorize_unsigned(
            RequestUnsigned(
                principal=entity(principal, found[0] if found else {}),
                action=f'{action["type"]}::{json.dumps(action["id"])}',
                # Without attributes it is the entity of the store.
                resource=entity(request["resource"], {}),
                context=request["context"],
            )
        )
    except Exception as error:
        # Its own errors have a base of their own which it does not give out by name; anything else is a fault of this script.
        if type(error).__module__ != "authorize_errors":
            raise
        return {"decision": "refused", "reasons": [], "errors": [], "why": f"{type(error).__name__}: {error}"}
    diagnostics = result.response.diagnostics
    return {
        "decision": "allow" if result.is_allowed() else "deny",
        "reasons": sorted(diagnostics.reason),
        "errors": sorted(error.id for error in diagnostics.errors),
        "why": "",
    }


store(archive)
answers = []
for suite in json.loads(Path(requests).read_text(encoding="utf-8")):
    with tempfile.TemporaryDirectory() as folder:
        cedarling = store_with(suite["entities"], folder)
        answers.extend(ask(cedarling, request, suite["entities"]) for request in suite["requests"])
json.dump(answers, sys.stdout)
