"""What is installed is what was reviewed: pinned, hashed, the same for tests and images, no older than its floor."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.supply_chain.locks import IN_AN_IMAGE, ROOT, SERVICES, lock_of, locks, pins

GROUPS: dict[str, list[Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["dependency-groups"]
TOOLS_OF_THEIR_OWN = {"audit", "fuzz", "setup"}
MENDED_IN = {
    "starlette": Version("1.3.1"),
    "jinja2": Version("3.1.6"),
    "aiosmtplib": Version("5.1.3"),
}
"""The first release without a published vulnerability that reaches us."""
every_lock = pytest.mark.parametrize("lock", locks(), ids=lambda lock: lock.stem)


def stated(group: str) -> list[Requirement]:
    """What a dependency group of pyproject.toml asks for, with the groups that it includes."""
    wanted = []
    for entry in GROUPS[group]:
        wanted += [Requirement(entry)] if isinstance(entry, str) else stated(entry["include-group"])
    return wanted


@every_lock
def test_every_library_is_pinned_with_hashes(lock: Path) -> None:
    found = pins(lock.read_text("utf-8"))
    assert found
    assert not [pin.name for pin in found.values() if not pin.hashes]


@every_lock
def test_a_lock_names_no_place_to_install_from(lock: Path) -> None:
    lines = lock.read_text("utf-8").splitlines()
    assert not [line for line in lines if re.search(r"://|^\s*-(-index|-extra|-find|-trusted|i |f |e |r )", line)]


@every_lock
def test_a_lock_was_resolved_by_make_locks(lock: Path) -> None:
    source = "requirements/setup.in" if lock.stem == "setup" else f"--group {lock.stem}"
    options = "--universal --python-version 3.11 --generate-hashes"
    said = lock.read_text("utf-8").splitlines()[1]
    assert set(said.split()) >= {*options.split(), *source.split()}


@pytest.mark.parametrize("group", sorted({lock.stem for lock in locks()} - {"setup"}))
def test_a_lock_holds_all_that_its_group_asks_for_and_nothing_older(group: str) -> None:
    locked = pins(lock_of(group).read_text("utf-8"))
    for wanted in stated(group):
        if wanted.marker is None or wanted.marker.evaluate(dict(IN_AN_IMAGE)):
            version = locked[canonicalize_name(wanted.name)].version
            assert wanted.specifier.contains(version, prereleases=True), f"{wanted} but {version}: run make locks"


@pytest.mark.parametrize("name", MENDED_IN)
def test_a_floor_that_mends_a_vulnerability_is_stated_and_kept_in_every_lock(name: str) -> None:
    floors = [
        Version(clause.version)
        for group in GROUPS
        for wanted in stated(group)
        for clause in wanted.specifier
        if wanted.name == name and clause.operator == ">="
    ]
    assert floors, f"{name} has no floor in pyproject.toml"
    assert min(floors) >= MENDED_IN[name]
    locked = {lock.stem: pins(lock.read_text("utf-8")).get(name) for lock in locks()}
    assert any(locked.values())
    assert not {lock: str(pin) for lock, pin in locked.items() if pin and pin.version < MENDED_IN[name]}


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_tested_is_what_is_shipped(service: str) -> None:
    shipped, tested = (pins(lock_of(name).read_text("utf-8")) for name in (service, "dev"))
    differing = {
        name: (str(pin.version), str(tested[name].version) if name in tested else "absent")
        for name, pin in shipped.items()
        if name not in tested or tested[name].version != pin.version or set(tested[name].hashes) != set(pin.hashes)
    }
    assert not differing, "resolve both anew: make locks"


def test_every_group_that_is_installed_has_a_lock() -> None:
    assert {lock.stem for lock in locks()} == {*SERVICES, "dev", *TOOLS_OF_THEIR_OWN}


def test_an_old_release_or_an_address_would_be_noticed() -> None:
    assert pins("starlette==1.3.0")["starlette"].version < MENDED_IN["starlette"]
    for line in (
        "starlette>=1.3.1",
        "starlette @ https://example.com/starlette.whl",
        "--index-url https://example.com",
    ):
        with pytest.raises(ValueError):
            pins(line)
