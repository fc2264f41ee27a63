"""The published schema of CycloneDX, which the library ships. Needs the audit's virtualenv."""

from __future__ import annotations

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator


def fault(document: str) -> str | None:
    found = JsonStrictValidator(SchemaVersion.V1_6).validate_str(document)
    return None if found is None else str(found).partition("\n")[0]
