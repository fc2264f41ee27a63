"""Who runs PostgreSQL when we are root, which it refuses to be.

A folder that belongs to another user is served by that user. Else root steps into a user namespace of its own, where
it keeps its files and is nobody special; where the kernel or the container forbids that, `nobody` gets the folder.
"""

from __future__ import annotations

import os
import pwd
import stat
from datetime import timedelta
from pathlib import Path

from sandbox.backends.process import SAME_ACCOUNT, run_command
from sandbox.backends.servers import BackendUnavailable

_PROBE_DEADLINE = timedelta(seconds=5)
_NAMESPACE = "namespace"


async def account_for(folder: Path, programs: Path) -> str:
    """The account, as attached.py reads it, that can use `folder` and run what is in `programs`.

    Raises BackendUnavailable when there is none.
    """
    if os.geteuid() != 0:
        return SAME_ACCOUNT
    owner = _owner_of(folder)
    if owner == 0:
        if await _namespaces_work():
            return _NAMESPACE
        nobody = pwd.getpwnam("nobody")
        owner = nobody.pw_uid
        os.chown(folder, owner, nobody.pw_gid)
    for place in (folder, programs):
        _require_reachable(place)
    return f"uid:{owner}"


def _owner_of(folder: Path) -> int:
    return folder.stat().st_uid


async def _namespaces_work() -> bool:
    try:
        await run_command("user namespaces", ["true"], deadline=_PROBE_DEADLINE, account=_NAMESPACE)
    except BackendUnavailable:
        return False
    return True


def _require_reachable(place: Path) -> None:
    for parent in place.resolve().parents:
        if not parent.stat().st_mode & stat.S_IXOTH:
            reason = (
                f"PostgreSQL refuses to run as root, and no other account can reach {place} because {parent} is "
                "closed. Work as an ordinary user, or from a folder that others may enter."
            )
            raise BackendUnavailable("embedded PostgreSQL", reason)
