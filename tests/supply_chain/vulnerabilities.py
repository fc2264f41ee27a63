"""Known vulnerabilities of what is locked, by pip-audit, which asks the package index.

"None known" counts only from a database that knows one: each run first asks it about a release with a published
vulnerability. Some mirrors serve packages and no advisories, and there pip-audit says that all is well.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from tests.supply_chain.verdict import Outcome, Told, Tool, Verdict

KNOWN_TO_BE_VULNERABLE = "jinja2==3.1.5"
"""CVE-2025-27516; 3.1.6 mended it."""
PART = "known vulnerabilities"
Ask = Callable[[Path], Told]


def asking(tool: Tool) -> Ask:
    """`--disable-pip`: nothing is installed or resolved in order to be looked up."""

    def ask(listed: Path) -> Told:
        options = ("--disable-pip", "--no-deps", "--progress-spinner", "off", "--timeout", "15", "--format", "json")
        return tool(("pip-audit", *options, "--requirement", str(listed)), "")

    return ask


def known_vulnerabilities(ask: Ask, locks: Sequence[Path], canary: Path) -> list[Verdict]:
    canary.write_text(KNOWN_TO_BE_VULNERABLE + "\n", "utf-8")
    if why := _why_it_cannot_tell(ask(canary)):
        return [Verdict(PART, Outcome.NOT_RUN, (why,))]
    return [_of_lock(lock.name, ask(lock)) for lock in locks]


def _why_it_cannot_tell(told: Told) -> str | None:
    libraries = _libraries(told)
    if libraries is None:
        return f"the database cannot be reached: {told.last_word}"
    if not any(library.get("vulns") for library in libraries):
        return f"the database that can be reached does not know that {KNOWN_TO_BE_VULNERABLE} is vulnerable"
    return None


def _of_lock(name: str, told: Told) -> Verdict:
    part, libraries = f"{PART} of {name}", _libraries(told)
    if libraries is None:
        return Verdict(part, Outcome.FOUND, (f"pip-audit gave no answer: {told.last_word}",))
    known = tuple(
        f"{library['name']} {library['version']}: {one['id']}, mended in {', '.join(one['fix_versions']) or 'none yet'}"
        for library in libraries
        for one in library.get("vulns", ())
    )
    skipped = tuple(f"{library['name']}: {library['skip_reason']}" for library in libraries if "skip_reason" in library)
    if known:
        return Verdict(part, Outcome.FOUND, (f"{len(known)} known", *known, *skipped))
    if skipped or not libraries:
        return Verdict(part, Outcome.NOT_RUN, (f"for {len(skipped)} of {len(libraries)} libraries", *skipped))
    return Verdict(part, Outcome.CLEAN, (f"none in {len(libraries)} libraries",))


def _libraries(told: Told) -> list[dict[str, Any]] | None:
    try:
        return list(json.loads(told.answer)["dependencies"])
    except (ValueError, KeyError):
        return None
