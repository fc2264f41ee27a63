"""(c) The same state kept as tutorials keep it: FastStream, one message, one ORM transaction, then its acknowledgement.

Select, then insert or update, for the event, the parcel, the order and the outgoing row.
`python -m tests.bench.tracking.tutorial <topic> <group>` with KAFKA_BOOTSTRAP and DATABASE_URL set.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import uvloop
from faststream import AckPolicy, FastStream
from faststream.kafka import KafkaBroker, KafkaMessage
from sqlalchemy import DateTime, ForeignKey, insert, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.contracts.envelope import Outgoing as Message
from shared.contracts.orders import Order as OrderTold
from shared.contracts.shipments import ShipmentEvent


class Base(DeclarativeBase):
    type_annotation_map = {datetime: DateTime(timezone=True), dict[str, Any]: JSONB}  # noqa: RUF012  as SQLAlchemy asks


class Order(Base):
    __tablename__ = "orders"
    order_id: Mapped[str] = mapped_column(primary_key=True)
    state: Mapped[str]


class Parcel(Base):
    __tablename__ = "parcels"
    parcel: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("orders.order_id"), index=True)
    stage: Mapped[str | None]
    occurred_at: Mapped[datetime | None]


class Event(Base):
    __tablename__ = "events"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    parcel: Mapped[str] = mapped_column(ForeignKey("parcels.parcel"), index=True)
    occurred_at: Mapped[datetime]
    payload: Mapped[dict[str, Any]]


class Outgoing(Base):
    __tablename__ = "outgoing"
    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[bytes]
    value: Mapped[bytes]


async def prepare(url: str, orders: Sequence[Message]) -> None:
    """The tables, and the orders with their parcels as if taken in before."""
    told = [OrderTold.model_validate_json(message.value or b"") for message in orders]
    parcels = [
        {"parcel": f"{shipment.carrier}/{shipment.reference}", "order_id": order.order_id}
        for order in told
        for shipment in order.shipments
    ]
    engine = create_async_engine(url)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        await connection.execute(insert(Order), [{"order_id": o.order_id, "state": o.state} for o in told])
        await connection.execute(insert(Parcel), parcels)
    await engine.dispose()


async def keep(session: AsyncSession, id: UUID, event: ShipmentEvent, key: bytes, value: bytes) -> None:
    """One scan in the caller's transaction; one that is known changes nothing."""
    if await session.get(Event, id) is not None:
        return
    parcel = (await session.execute(select(Parcel).where(Parcel.parcel == event.key).with_for_update())).scalar_one()
    order = (await session.execute(select(Order).where(Order.order_id == parcel.order_id))).scalar_one()
    session.add(Event(id=id, parcel=event.key, occurred_at=event.occurred_at, payload=event.model_dump(mode="json")))
    if parcel.occurred_at is None or event.occurred_at > parcel.occurred_at:
        parcel.stage, parcel.occurred_at = event.stage.value, event.occurred_at
        order.state = event.stage.value
    session.add(Outgoing(key=key, value=value))


def consumer(topic: str, group: str, bootstrap: str, url: str) -> FastStream:
    sessions = async_sessionmaker(create_async_engine(url), expire_on_commit=False)
    broker = KafkaBroker(bootstrap, logger=None)  # it would write two lines a message

    @broker.subscriber(topic, group_id=group, auto_offset_reset="earliest", ack_policy=AckPolicy.MANUAL)
    async def take_in(event: ShipmentEvent, message: KafkaMessage) -> None:
        raw: Any = message.raw_message
        async with sessions() as session, session.begin():
            await keep(session, UUID(message.headers["ce_id"]), event, raw.key, raw.value)
        await message.ack()

    return FastStream(broker)


if __name__ == "__main__":
    uvloop.run(consumer(sys.argv[1], sys.argv[2], os.environ["KAFKA_BOOTSTRAP"], os.environ["DATABASE_URL"]).run())
