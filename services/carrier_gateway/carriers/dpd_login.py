"""DPD's login: a SOAP call that sells a token for a name (`delisId`) and password; CARRIER_DPD_KEY is `name:password`.

Version 2.0 of the login does not say how long its token lives. Four hours are well under the day that is told of it,
and six logins a day are few.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import httpx

from services.carrier_gateway.parts.base import Malformed
from services.carrier_gateway.parts.bearer import BearerToken, TokenCall
from services.carrier_gateway.parts.soap import soap_element, soap_request
from services.carrier_gateway.parts.xml_payload import read_xml

LANGUAGE = "en_EN"
LIFETIME = timedelta(hours=4)
AUTHENTICATION = "http://dpd.com/common/service/types/Authentication/2.0"
_TYPES = "http://dpd.com/common/service/types/LoginService/2.0"
_LONGEST_TOKEN = 4_000


@dataclass(frozen=True)
class SoapLogin(TokenCall):
    """The token it yields is `name:token`: a question carries both."""

    def request(self, url: str, key: str) -> httpx.Request:
        name, _, password = key.partition(":")
        login = {"delisId": name, "password": password, "messageLanguage": LANGUAGE}
        return soap_request(url.rstrip("/") + self.path, f"{_TYPES}/getAuth", soap_element("getAuth", _TYPES, login))

    def read(self, headers: Mapping[str, str], body: bytes) -> BearerToken:
        """Raises Malformed, which never quotes it."""
        answer = next((each.child("return") for each in read_xml(body).everywhere("getAuthResponse")), None)
        name, token = (answer.said("delisId"), answer.said("authToken")) if answer else (None, None)
        if not name or not token or len(token) > _LONGEST_TOKEN or not (name + token).isascii():
            raise Malformed([("getAuthResponse.return.authToken", "is missing")])
        return BearerToken(f"{name}:{token}", LIFETIME)


LOGIN = SoapLogin("/soap/services/LoginService/V2_0")
