"""One carrier's bearer token, bought with its key when a question needs it and used until shortly before it ends.

Token calls are limited as well: a token is shared by all questions of the process, and a refused call is an answer
like any other, so that the whole line rests. Kept in memory only.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import httpx
from pydantic import SecretStr

from services.carrier_gateway.parts.base import Malformed, Parsed, Refusal
from services.carrier_gateway.parts.bearer import TokenCall
from services.carrier_gateway.parts.pull import Pull, Query
from services.carrier_gateway.polling.asking import NO_VALIDATORS, Answer, Asked, Validators, ask, fetch

EARLY = timedelta(minutes=1)
"""A token is not used in the last minute of its life: clocks differ and questions take time."""


class TokenCache:
    def __init__(self, call: TokenCall, url: str, key: SecretStr) -> None:
        self._call, self._url, self._key = call, url, key
        self._token: SecretStr | None = None
        self._usable_until: datetime | None = None

    def kept(self, now: datetime) -> SecretStr | None:
        fresh = self._usable_until is not None and now < self._usable_until
        return self._token if fresh else None

    def forget(self) -> None:
        self._token = self._usable_until = None

    async def buy(self, client: httpx.AsyncClient, now: datetime) -> SecretStr | Answer:
        """A new token, or why there is none. One with no usable time left serves the question at hand."""
        fetched = await fetch(client, self._call.request(self._url, self._key.get_secret_value()), now)
        if isinstance(fetched, Answer):
            return _of_the_token_call(fetched)
        try:
            token = self._call.read(fetched.headers, fetched.body)
        except Malformed as error:
            return Answer(Parsed(refusal=Refusal.OUTAGE), malformed=str(error))
        self._token, self._usable_until = SecretStr(token.text), now + token.lifetime - EARLY
        return self._token


def _of_the_token_call(answer: Answer) -> Answer:
    """A client that is refused is answered 400 or 401 (RFC 6749, 5.2); no address there says anything of a parcel."""
    refusal = answer.parsed.refusal
    if refusal is Refusal.BAD_REFERENCE:
        return replace(answer, parsed=Parsed(refusal=Refusal.NOT_ALLOWED))
    if refusal in (None, Refusal.NOT_FOUND):
        return replace(answer, parsed=Parsed(refusal=Refusal.OUTAGE))
    return answer


class Access:
    """How one carrier is asked: with its API key, or with the token that the key buys."""

    def __init__(self, client: httpx.AsyncClient, pull: Pull, url: str, key: SecretStr) -> None:
        self._client, self._pull, self._url, self._key = client, pull, url, key
        self._tokens = TokenCache(pull.token, url, key) if pull.token else None

    async def ask(self, query: Query, now: datetime, last: Validators = NO_VALIDATORS) -> Answer:
        """One question; before it, one token call if none is kept. A kept token that the carrier no longer takes is
        an outage, short as they begin; a new one that it does not take is NOT_ALLOWED.
        """
        asked = Asked(query, last)
        if self._tokens is None:
            return await self._ask(asked, self._key, now)
        kept = self._tokens.kept(now)
        token = kept or await self._tokens.buy(self._client, now)
        if isinstance(token, Answer):
            return token
        answer = await self._ask(asked, self._handed(token), now)
        if answer.parsed.refusal is not Refusal.NOT_ALLOWED:
            return answer
        self._tokens.forget()
        return replace(answer, parsed=Parsed(refusal=Refusal.OUTAGE)) if kept else answer

    def _handed(self, token: SecretStr) -> SecretStr:
        assert self._pull.token is not None
        return SecretStr(self._pull.token.hand(self._key.get_secret_value(), token.get_secret_value()))

    async def _ask(self, asked: Asked, key: SecretStr, now: datetime) -> Answer:
        return await ask(self._client, self._pull, asked, self._url, key.get_secret_value(), now)
