"""An image holds `shared/`, the configuration and one service with its locked libraries, and runs without root."""

from __future__ import annotations

import importlib.metadata
import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from shared.processes import EXIT_USAGE
from tests.support.deployment import ROOT, SERVICES, dockerfile_instructions, processes_of
from tests.support.imports import reachable

BUILD_CONTEXT_COPIES = [
    arguments.split() for name, arguments in dockerfile_instructions() if name == "COPY" and "--from=" not in arguments
]
every_service = pytest.mark.parametrize("service", SERVICES)


def copied_sources(service: str) -> set[str]:
    return {source.replace("${SERVICE}", service) for *sources, _ in BUILD_CONTEXT_COPIES for source in sources}


@every_service
def test_an_image_holds_only_what_its_service_needs(service: str) -> None:
    assert copied_sources(service) == {
        "shared/",
        "services/__init__.py",
        f"services/{service}/",
        "config/",
        f"requirements/{service}.lock",
    }


@every_service
def test_the_build_context_lets_in_all_that_is_copied(service: str) -> None:
    rules = (ROOT / ".dockerignore").read_text("utf-8").split("\n")
    assert rules[1] == "*", "the build context must start out empty"
    let_in = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    assert {source.partition("/")[0] for source in copied_sources(service)} == let_in


def test_libraries_are_installed_from_the_lock_with_hashes_checked_and_nothing_compiled() -> None:
    (install,) = (
        arguments for name, arguments in dockerfile_instructions() if name == "RUN" and "pip install" in arguments
    )
    assert "--require-hashes" in install
    assert "--only-binary :all:" in install
    assert install.split("--requirement ")[1] == "/requirements.lock"


def test_the_process_is_not_root_and_is_not_started_through_a_shell() -> None:
    instructions = list(dockerfile_instructions())
    assert [arguments for name, arguments in instructions if name == "USER"] == ["10001:10001"]
    assert not [name for name, _ in instructions if name in ("CMD", "HEALTHCHECK", "SHELL")]
    for arguments in (arguments for name, arguments in instructions if name == "ENTRYPOINT"):
        assert isinstance(json.loads(arguments), list)


@every_service
def test_arguments_of_the_container_are_process_names(service: str) -> None:
    instructions = list(dockerfile_instructions())
    stage = instructions.index(("FROM", f"runtime AS service-{service}"))
    entrypoint = next(arguments for name, arguments in instructions[stage:] if name == "ENTRYPOINT")
    assert json.loads(entrypoint) == ["python", "-m", f"services.{service}"]
    assert instructions[-1] == ("FROM", "service-${SERVICE}")


def test_base_images_name_a_version() -> None:
    external = [a.split()[0] for name, a in dockerfile_instructions() if name == "FROM" and ":" in a.split()[0]]
    assert external
    assert all(re.fullmatch(r"python:3\.\d+-slim", image) for image in external)


@every_service
def test_the_files_of_an_image_are_enough_to_start_its_processes(service: str, tmp_path: Path) -> None:
    for source in copied_sources(service):
        target = tmp_path / source
        target.parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if source.endswith("/") else shutil.copy
        copy(ROOT / source, target)
    started = subprocess.run(
        [sys.executable, "-m", f"services.{service}"],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert started.returncode == EXIT_USAGE, started.stderr
    assert processes_of(service) <= set(started.stderr.split())


@every_service
def test_the_lock_of_a_service_holds_every_library_that_its_code_imports(service: str) -> None:
    seeds = [*(ROOT / "services" / service).rglob("*.py"), ROOT / "shared/messaging/topics.py"]
    _, libraries = reachable(ROOT, seeds)
    lock = (ROOT / f"requirements/{service}.lock").read_text("utf-8")
    locked = {name.lower().replace("_", "-") for name in re.findall(r"^([A-Za-z0-9._-]+)==", lock, re.MULTILINE)}
    distributions = importlib.metadata.packages_distributions()
    missing = {
        library
        for library in libraries
        if not locked & {name.lower().replace("_", "-") for name in distributions.get(library, [library])}
    }
    assert libraries, f"no import found in services/{service}"
    assert not missing, f"add to the dependency group {service} in pyproject.toml and compile its lock again: {missing}"


@every_service
def test_no_service_reaches_into_another(service: str) -> None:
    files, _ = reachable(ROOT, (ROOT / "services" / service).rglob("*.py"))
    inside = {file.relative_to(ROOT).parts[:2] for file in files if file.is_relative_to(ROOT / "services")}
    assert inside <= {("services", "__init__.py"), ("services", service)}
