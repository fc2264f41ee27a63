"""`python -m sandbox.approved_templates`: every WhatsApp template of the notifier as JSON, as it is submitted to Meta.

The simulated Graph API refuses a template nobody has submitted, as the real one does; so the sandbox submits them all.
Run as a process of its own: it is the only part of the sandbox that reads the notifier's words with its own code.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from services.notifier.wording.catalog import MESSAGES, read_catalog
from services.notifier.wording.submission import for_meta
from services.notifier.wording.template_contract import contract
from shared.shops import load_shops


def submissions(shops_folder: Path) -> list[dict[str, Any]]:
    """Raises CatalogError or BrokenConfiguration for words or shops that cannot be read."""
    return [for_meta(spec) for spec in contract(read_catalog(MESSAGES), load_shops(shops_folder))]


if __name__ == "__main__":
    json.dump(submissions(Path(sys.argv[1])), sys.stdout, ensure_ascii=True)
