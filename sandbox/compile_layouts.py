"""E-mail layouts are compiled ahead of time: `make layouts` turns each `*.mjml` into the `*.html` that services ship.

Usage: python -m sandbox.compile_layouts [FOLDER]    (default: services/notifier/messages/layouts)
"""

from __future__ import annotations

import sys
from pathlib import Path

from mjml import mjml2html

LAYOUTS = Path("services/notifier/messages/layouts")


def compile_layout(source: str) -> str:
    """MJML to HTML. Jinja's braces pass through untouched. No fonts are fetched: only what the reader has is used."""
    return str(mjml2html(source, disable_comments=True, fonts={})) + "\n"


def main(folder: Path) -> None:
    """Compile every layout of the folder. Ends with an error when there is none."""
    sources = sorted(folder.glob("*.mjml"))
    if not sources:
        raise SystemExit(f"{folder}: there is no *.mjml here")
    for source in sources:
        target = source.with_suffix(".html")
        target.write_text(compile_layout(source.read_text("utf-8")), "utf-8")
        print(f"{source} -> {target}")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else LAYOUTS)
