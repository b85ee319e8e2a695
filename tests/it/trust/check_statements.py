"""Checks signed statements with others' code: python3 check_statements.py SITE_PACKAGES PUBLIC_PEM FILE...

securesystemslib verifies the DSSE envelope, in-toto-attestation validates the statement. One line for each file on standard
output: `ok PREDICATE_TYPE SUBJECT_SHA256`, or `refused`.
"""

import base64
import json
import sys
from pathlib import Path

site_packages, public, *files = sys.argv[1:]
sys.path.insert(0, site_packages)

from google.protobuf import json_format  # noqa: E402
from in_toto_attestation.v1 import statement_pb2  # noqa: E402
from in_toto_attestation.v1.statement import Statement  # noqa: E402
from securesystemslib.dsse import Envelope  # noqa: E402
from securesystemslib.exceptions import VerificationError  # noqa: E402
from securesystemslib.signer import SSlibKey  # noqa: E402

from cryptography.hazmat.primitives.serialization import load_pem_public_key  # noqa: E402

key = SSlibKey.from_crypto(load_pem_public_key(Path(public).read_bytes()))
for file in files:
    bundle = json.loads(Path(file).read_text(encoding="utf-8"))
    assert bundle["mediaType"] == "application/vnd.dev.sigstore.bundle.v0.3+json"
    # The id by which we know a key is one of several that this library can make; what it verifies is the signature.
    for signature in bundle["dsseEnvelope"]["signatures"]:
        signature["keyid"] = key.keyid
    envelope = Envelope.from_dict(bundle["dsseEnvelope"])
    try:
        envelope.verify([key], 1)
    except VerificationError:
        print("refused")
        continue
    payload = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
    statement = Statement.copy_from_pb(json_format.ParseDict(payload, statement_pb2.Statement()))
    statement.validate()
    print("ok", payload["predicateType"], payload["subject"][0]["digest"]["sha256"])
