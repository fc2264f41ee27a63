"""A buyer whose every detail can be recognised wherever it turns up, and a look into every table for it."""

from __future__ import annotations

from shared.contracts.orders import Buyer, Consent, Recipient
from shared.contracts.vocabulary import Channel
from shared.database import Database
from tests.support.deliveries import at
from tests.support.migrated import ask

CANARIES = ("Canaria", "canary.buyer", "600765431", "Tomasito", "canary.friend", "600765432", "ticked the canary box")

BUYER = Buyer(
    name="Lucia Canaria",
    email="canary.buyer@example.com",
    phone="+34600765431",
    locale="es-ES",
    timezone="Atlantic/Canary",
    consents=(Consent(channel=Channel.WHATSAPP, granted_at=at(2), evidence="ticked the canary box"),),
)
FRIEND = Recipient(role="receiver", name="Tomasito", email="canary.friend@example.com", phone="+34600765432")


async def tables_holding(database: Database, *canaries: str) -> set[str]:
    """The tables in which any of these words stands, as text or in bytes; all canaries when none is named."""
    tables = await ask(database, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    looked_for = [spelt for word in canaries or CANARIES for spelt in (word, word.encode().hex())]
    holding = set()
    for name in (str(row["tablename"]) for row in tables):
        rows = await ask(database, f"SELECT CAST(t AS text) AS whole FROM {name} AS t")
        if any(word in row["whole"] for row in rows for word in looked_for):
            holding.add(name)
    return holding
