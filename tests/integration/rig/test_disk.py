"""A disk of the rig's can be full, and has room again."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from tests.rig.disk import disk_at

SIZE = 4 * 1024 * 1024


async def test_whoever_writes_to_a_full_disk_hears_that_there_is_no_room_until_there_is(tmp_path: Path) -> None:
    async with disk_at(tmp_path / "disk", SIZE) as disk:
        if disk is None:
            pytest.skip("nobody may mount here")
        kept = disk.folder / "kept"
        kept.write_bytes(b"before")
        disk.fill()
        with pytest.raises(OSError) as refused:
            kept.write_bytes(b"x" * 64 * 1024)
        assert refused.value.errno == errno.ENOSPC
        disk.relieve()
        kept.write_bytes(b"after")
        assert kept.read_bytes() == b"after"
    assert not list((tmp_path / "disk").iterdir())
