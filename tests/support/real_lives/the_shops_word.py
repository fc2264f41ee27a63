"""Lives in which the shop speaks of parcels itself, or against the carrier: cancellations, refunds, deliveries."""

from __future__ import annotations

from tests.support.real_lives.script import life

LIVES = (
    life(
        "cancelled before it was packed",
        "2 09:00 shop confirmed paid > order_confirmed payment_received",
        "3 09:00 shop cancelled refunded > order_cancelled refunded",
        ends="A=cancelled",
    ),
    life(
        "cancelled on its way, and back",
        "2 09:00 shop shipped paid in=S > order_confirmed payment_received shipped",
        "3 10:00 S in_transit > in_transit",
        "4 10:00 shop cancelled paid in=S > order_cancelled",
        "5 10:00 S in_transit delayed",
        "6 10:00 S returning > returning",
        "9 10:00 S returned > returned",
        "10 10:00 shop cancelled refunded in=S > refunded",
        ends="A=cancelled S=returned",
    ),
    life(
        "cancelled on its way, and delivered all the same",
        "2 09:00 shop shipped in=S > order_confirmed shipped",
        "4 10:00 shop cancelled in=S > order_cancelled",
        "5 07:00 S out_for_delivery > out_for_delivery",
        "5 10:00 S delivered > delivered",
        ends="A=cancelled S=delivered",
    ),
    life(
        "cancelled after the delivery",
        "2 09:00 shop shipped paid in=S > order_confirmed payment_received shipped",
        "5 10:00 S delivered > delivered",
        "9 10:00 shop cancelled refunded in=S > order_cancelled refunded",
        ends="A=cancelled S=delivered",
    ),
    life(
        "delivered by the shop's own van: no scan ever",
        "2 09:00 shop shipped paid in=S > order_confirmed payment_received shipped",
        "6 10:00 shop delivered paid in=S > delivered",
        ends="A=delivered S=delivered",
    ),
    life(
        "the carrier forgot the last scan, the shop knows",
        "2 09:00 shop shipped in=S > order_confirmed shipped",
        "5 07:00 S out_for_delivery > out_for_delivery",
        "6 10:00 shop delivered in=S > delivered",
        ends="A=delivered S=delivered",
    ),
    life(
        "the shop says delivered and the carrier still carries it",
        "2 09:00 shop shipped in=S > order_confirmed shipped",
        "5 10:00 S in_transit > in_transit",
        "6 10:00 shop delivered in=S > delivered",
        "7 07:00 S out_for_delivery > out_for_delivery",
        "7 12:00 S delivered",
        ends="A=delivered S=delivered",
    ),
    life(
        "the carrier says returned and the shop, later, delivered",
        "2 09:00 shop shipped in=S > order_confirmed shipped",
        "5 10:00 S returning > returning",
        "9 10:00 S returned > returned",
        "10 10:00 shop delivered in=S",
        ends="A=returned S=returned",
    ),
    life(
        "returned by the shop's word, of which the carrier knows nothing",
        "2 09:00 shop shipped paid in=S > order_confirmed payment_received shipped",
        "5 10:00 S delivered > delivered",
        "20 10:00 shop returned refunded in=S > returned refunded",
        ends="A=returned S=returned",
    ),
    life(
        "first heard of when all was over",
        "6 10:00 shop delivered paid in=S > order_confirmed payment_received delivered",
        ends="A=delivered S=delivered",
    ),
    life(
        "paid at the door",
        "2 09:00 shop confirmed pending > order_confirmed",
        "3 09:00 shop shipped pending in=S > shipped",
        "5 10:00 S delivered > delivered",
        "6 10:00 shop delivered paid in=S > payment_received",
        ends="A=delivered S=delivered",
    ),
    life(
        "two contents under one sequence: the first said stands",
        "2 09:00 shop preparing in=S seq=2 > order_confirmed preparing",
        "2 10:00 shop preparing in=S,C seq=2",
        "4 10:00 C delivered",
        "5 10:00 S in_transit > in_transit",
        ends="A=shipped S=in_transit C=delivered",
    ),
    life(
        "the same snapshot sent again a day later",
        "2 09:00 shop shipped paid in=S seq=4 > order_confirmed payment_received shipped",
        "3 09:00 shop shipped paid in=S seq=4",
        "5 10:00 S in_transit > in_transit",
        ends="A=shipped S=in_transit",
    ),
    life(
        "a stale snapshot comes after the one that stands",
        "2 10:00 shop shipped in=S seq=3 > order_confirmed shipped",
        "2 09:00 shop preparing seq=2",
        "2 08:30 shop confirmed paid seq=1 > payment_received",
        ends="A=shipped S=registered",
    ),
)
