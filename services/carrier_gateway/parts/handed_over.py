"""How answers come in of carriers that push nothing, or push nothing that proves where it comes from: a shop's own
system hands them over, under a token of ours in the header `Hito-Hook-Token`.
"""

from __future__ import annotations

from services.carrier_gateway.parts.authenticity import token_header

TOKEN_HEADER = "Hito-Hook-Token"  # noqa: S105  the header's name
HANDED_OVER = token_header(TOKEN_HEADER)
