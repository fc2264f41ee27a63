"""Becomes another program that dies with its parent, even when the parent is killed with SIGKILL.

Run as a script by `process.py`: `attached.py <parent pid> <signal> <account> <program> [argument...]`. It runs between
fork and exec in a process of its own, so that nothing of ours has to run in a forked copy of a threaded program.
`account` is `same`, `uid:<n>`, or `namespace` (root keeps its files but is no longer root; see account.py).
On systems other than Linux the program is not tied to its parent.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_CLONE_NEWUSER = 0x10000000
_UID_INSIDE = 1000


def become(parent: int, signal_number: int, account: str, command: list[str]) -> None:
    """Replaces this process. Raises OSError when the account or the program cannot be had."""
    if account == "namespace":
        _leave_root()
    elif account.startswith("uid:"):
        _change_user(int(account.removeprefix("uid:")))
    if sys.platform == "linux":
        # Last, because a change of user clears it again. The kernel sends it when the *thread* that forked us ends.
        _checked(ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal_number, 0, 0, 0))
        if os.getppid() != parent:
            sys.exit(1)
    os.execvp(command[0], command)


def _change_user(uid: int) -> None:
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)


def _leave_root() -> None:
    uid, gid = os.getuid(), os.getgid()
    _checked(ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWUSER))
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{_UID_INSIDE} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{_UID_INSIDE} {gid} 1")


def _checked(result: int) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


if __name__ == "__main__":
    try:
        become(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:])
    except OSError as failure:
        sys.exit(f"{sys.argv[4]}: cannot be started as account {sys.argv[3]}: {failure}")
