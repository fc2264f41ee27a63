"""What httpx raises when nobody answers, as it is on uvloop.

A connection that is reset between its first byte and anyio's look at its peer is an AttributeError there, and no error
of the network's.
"""

from __future__ import annotations

import httpx

NO_ANSWER = (httpx.TransportError, AttributeError)
