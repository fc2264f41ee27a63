"""One CycloneDX bill of materials for each image: every library with its version, hashes and declared licence.

Made from the lock, so the same commit gives the same bytes. Left out: the base image's own packages (whoever builds the
image can list those) and who needs whom among the libraries (a lock does not say).
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from tests.supply_chain.locks import ROOT, Pin
from tests.supply_chain.verdict import Outcome, Tool, Verdict

Validate = Callable[[str], str | None]
"""What is wrong with a document, or None."""


def bill(tool: Tool, service: str, pins: Iterable[Pin], licences: Mapping[str, str], project: Path) -> str:
    """`project`: a file to write the name of the image into, which the library reads."""
    project.write_text(_project(service), "utf-8")
    command = (
        "cyclonedx-py",
        "requirements",
        "-",
        "--of",
        "JSON",
        "--output-reproducible",
        "--pyproject",
        str(project),
    )
    told = tool(command, "".join(f"{pin}\n" for pin in pins if pin.is_in_an_image))
    if told.code:
        raise ChildProcessError(f"cyclonedx-py: {told.last_word}")
    return json.dumps(completed(json.loads(told.answer), licences), indent=2, sort_keys=True) + "\n"


def completed(document: dict[str, Any], licences: Mapping[str, str]) -> dict[str, Any]:
    """With licences, and without the descriptions: the library puts each line of the lock there, hashes and all."""
    for component in document.get("components", ()):
        component.pop("description", None)
        if component["name"] in licences:
            component["licenses"] = [{"license": {"name": licences[component["name"]]}}]
    return document


def written(service: str, document: str, pins: Iterable[Pin], validate: Validate, folder: Path) -> Verdict:
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{service}.cdx.json"
    target.write_text(document, "utf-8")
    listed = {(one["name"], one["version"]) for one in json.loads(document).get("components", ())}
    absent = {(pin.name, str(pin.version)) for pin in pins if pin.is_in_an_image} - listed
    wrong = [*([said] if (said := validate(document)) else ()), *(f"{name} is not in it" for name, _ in sorted(absent))]
    outcome = Outcome.FOUND if wrong else Outcome.CLEAN
    return Verdict(f"bill of materials of {service}", outcome, (f"{len(listed)} libraries in {target}", *wrong))


def _project(service: str) -> str:
    ours = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    stated = {"name": f"hito-{service.replace('_', '-')}", "version": ours["version"], "license": ours["license"]}
    return "[project]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in stated.items())
