"""Apache Kafka's jars, fetched once by Maven into the user's cache, outside the source tree."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import tempfile
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree

from sandbox.backends.process import basic_environment, run_command
from sandbox.backends.servers import BackendUnavailable

NAME = "local Apache Kafka"
POM = Path(__file__).parents[1] / "kafka" / "pom.xml"
_OLDEST_JAVA = 17
_JAVA_DEADLINE = timedelta(seconds=15)
_MAVEN_DEADLINE = timedelta(minutes=5)
_MAVEN_READS = re.compile(r"(MAVEN|MVN|M2|JAVA|https?|no)_\w+", re.IGNORECASE)


def kafka_version() -> str:
    """The version that the pom asks for."""
    found = ElementTree.parse(POM).findtext("{*}properties/{*}kafka.version")
    assert found, f"{POM} has no property kafka.version"
    return found


async def require_java() -> None:
    """Raises BackendUnavailable unless Java 17 or newer is on the PATH (Kafka 4 brokers need it)."""
    if shutil.which("java") is None:
        raise BackendUnavailable(NAME, f"no `java` on the PATH; install Java {_OLDEST_JAVA} or newer")
    told = await run_command(NAME, ["java", "-version"], deadline=_JAVA_DEADLINE)
    version = re.search(r'version "(\d+)', told)
    if version is None or int(version[1]) < _OLDEST_JAVA:
        raise BackendUnavailable(NAME, f"Java {_OLDEST_JAVA} or newer is needed, found: {told.splitlines()[0]}")


async def kafka_jars() -> Path:
    """The folder with all jars, fetched when it is not there yet. Raises BackendUnavailable when Maven cannot."""
    jars = _cache() / kafka_version()
    if not jars.is_dir():
        if shutil.which("mvn") is None:
            raise BackendUnavailable(NAME, "no `mvn` on the PATH to fetch it; install Maven 3.6 or newer")
        await _fetch(jars)
    return jars


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "hito" / "kafka"


async def _fetch(jars: Path) -> None:
    """Into a folder beside the wanted one, then renamed: two that fetch at once do not see each other's halves."""
    await asyncio.to_thread(jars.parent.mkdir, parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f"{jars.name}.", dir=jars.parent))
    environment = basic_environment() | {name: value for name, value in os.environ.items() if _MAVEN_READS.match(name)}
    command = ["mvn", "-B", "-ntp", "-q", "-f", str(POM), "dependency:copy-dependencies"]
    command += [f"-DoutputDirectory={unfinished}", "-DincludeScope=runtime"]
    try:
        await run_command(NAME, command, deadline=_MAVEN_DEADLINE, environment=environment, folder=unfinished)
        await asyncio.to_thread(_keep, unfinished, jars)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _keep(unfinished: Path, jars: Path) -> None:
    try:
        unfinished.rename(jars)
    except OSError:
        if not jars.is_dir():
            raise
