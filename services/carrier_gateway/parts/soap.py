"""Questions in SOAP 1.1 to services whose arguments have no namespace of their own, as Java's usually have none."""

from __future__ import annotations

from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

import httpx

_ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"


def soap_element(name: str, namespace: str, arguments: Mapping[str, str]) -> str:
    """The element in its namespace, the arguments in their order. Characters that XML has none for are left out."""
    fields = "".join(f"<{argument}>{escape(_legal(value))}</{argument}>" for argument, value in arguments.items())
    return f"<m:{name} xmlns:m={quoteattr(namespace)}>{fields}</m:{name}>"


def soap_request(url: str, action: str, call: str, header: str = "") -> httpx.Request:
    """`call` and `header` are elements. `action` is what the service's description names for the call; "" for none."""
    content = (
        f'<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="{_ENVELOPE}">'
        f"<soap:Header>{header}</soap:Header><soap:Body>{call}</soap:Body></soap:Envelope>"
    )
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{action}"'}
    return httpx.Request("POST", url, content=content.encode(), headers=headers)


def _legal(value: str) -> str:
    return "".join(character for character in value if character.isprintable())
