"""Under which licences the libraries of the images are, read from what is installed; one not permitted is found.

A list for a person to judge, with a tripwire: what the libraries declare about themselves, not legal advice.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from packaging.utils import canonicalize_name

from tests.supply_chain.verdict import Outcome, Tool, Verdict

PERMITTED = (
    "Apache-2.0",
    "Apache Software License",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSD License",
    "MIT",
    "MIT-0",
    "MIT License",
    "MPL-2.0",
    "Mozilla Public License 2.0 (MPL 2.0)",
    "PSF-2.0",
)
"""Each may be shipped unchanged beside code of ours, with its notice."""
PART = "licences"


def declared(tool: Tool, python: Path, names: Sequence[str]) -> dict[str, str]:
    """Licence by library, of those that are installed beside this interpreter."""
    options = ("--python", str(python), "--from", "mixed", "--format", "json")
    told = tool(("pip-licenses", *options, "--packages", *names), "")
    if told.code:
        raise ChildProcessError(f"pip-licenses: {told.last_word}")
    return {canonicalize_name(row["Name"]): row["License"] for row in json.loads(told.answer)}


def judged(used: Mapping[str, Sequence[str]], licences: Mapping[str, str]) -> Verdict:
    """`used`: which services install a library, by its name."""
    other = [f"{name}: {licences[name]}" for name in sorted(used) if name in licences and not permitted(licences[name])]
    unread = [f"{name}: not installed here, so not read" for name in sorted(used) if name not in licences]
    if other:
        mend = "look at it, then add it to PERMITTED in tests/supply_chain/licences.py or use another library"
        return Verdict(PART, Outcome.FOUND, (mend, *other, *unread))
    if unread:
        return Verdict(PART, Outcome.NOT_RUN, (f"for {len(unread)} of {len(used)} libraries", *unread))
    return Verdict(
        PART, Outcome.CLEAN, (f"{len(used)} libraries, {len(set(licences.values()))} wordings, all permitted",)
    )


def permitted(declaration: str) -> bool:
    """Every licence named is permitted; where one may choose, the others are no harm either."""
    terms = declaration.replace(" AND ", ";").replace(" OR ", ";").split(";")
    return all(_without_brackets(term.strip()) in PERMITTED for term in terms)


def _without_brackets(term: str) -> str:
    return term if term.count("(") == term.count(")") else term.strip("()")


def table(used: Mapping[str, Sequence[str]], licences: Mapping[str, str]) -> str:
    rows = (f"| {name} | {licences.get(name, 'not read')} | {', '.join(used[name])} |" for name in sorted(used))
    return "\n".join(("| library | licence | in the image of |", "|---|---|---|", *rows, ""))
