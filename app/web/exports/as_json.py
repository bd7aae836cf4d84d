"""The report as it was kept and hashed, with a schema that says what stands where."""

import json
from importlib.resources import files
from typing import Final

from app.clinical import written_report
from app.web.exports.signed import Signed

SCHEMA: Final = "/releases/schema"
"""Where the program serves the schema."""

_SCHEMA_FILE: Final = "release.schema.json"


def write(signed: Signed) -> bytes:
    """Return a release as JSON.

    Whoever writes ``report`` with sorted keys and no spaces gets the text that ``sha256``
    is of.
    """
    content = {
        "$schema": SCHEMA,
        "watermark": signed.watermark,
        "release": {
            "id": signed.id,
            "organization": signed.organization,
            "signed_at": signed.signed_at.isoformat(),
            "sha256": signed.hash,
        },
        "report": json.loads(written_report.text_of(signed.said.report)),
    }
    return json.dumps(content, ensure_ascii=False, indent=1).encode()


def schema() -> bytes:
    """Return the schema of such a file, JSON Schema 2020-12."""
    return (files("app.web.exports") / _SCHEMA_FILE).read_bytes()
