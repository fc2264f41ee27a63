"""Style sheets and scripts of the page and the console: our own files, read once, named by their content.

A file's address changes with its content, so a browser may keep it for good and never shows yesterday's style.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from fastapi import Request, Response

from shared.web import Problem

MEDIA_TYPES = {".css": "text/css", ".js": "text/javascript"}
FOR_GOOD = "public, max-age=31536000, immutable"


@dataclass(frozen=True)
class Asset:
    body: bytes
    media_type: str
    version: str


class Assets:
    """The files of these folders, served under `prefix`."""

    def __init__(self, prefix: str, *folders: Path) -> None:
        self._prefix = prefix
        self._files = {file.name: _read(file) for folder in folders for file in sorted(folder.iterdir())}

    def url(self, name: str) -> str:
        """Raises KeyError for a file that does not exist."""
        return f"{self._prefix}/{name}?v={self._files[name].version}"

    def answer(self, name: str, request: Request) -> Response:
        """Raises Problem 404."""
        asset = self._files.get(name)
        if asset is None:
            raise Problem(404, "Not found", "there is no such file")
        kept = FOR_GOOD if request.query_params.get("v") == asset.version else "no-cache"
        headers = {"Cache-Control": kept, "X-Content-Type-Options": "nosniff"}
        return Response(asset.body, media_type=asset.media_type, headers=headers)


def _read(file: Path) -> Asset:
    body = file.read_bytes()
    return Asset(body, MEDIA_TYPES[file.suffix], hashlib.sha256(body).hexdigest()[:12])
