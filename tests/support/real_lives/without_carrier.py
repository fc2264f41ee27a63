"""Shops that name a parcel by its number alone."""

from __future__ import annotations

from tests.support.real_lives.script import life

LIVES = (
    life(
        "a number of several carriers: buyers hear of it once one of them speaks",
        "2 09:00 shop confirmed > order_confirmed",
        "3 10:00 shop shipped in=?N",
        "3 18:00 N accepted > shipped",
        "4 08:00 N out_for_delivery > out_for_delivery",
        "4 12:00 N delivered > delivered",
        ends="A=delivered N=delivered",
    ),
    life(
        "a number that only one carrier gives out is that carrier's at once",
        "2 09:00 shop confirmed > order_confirmed",
        "3 10:00 shop shipped in=?M > shipped",
        "4 08:00 M in_transit > in_transit",
        "5 12:00 M delivered > delivered",
        ends="A=delivered M=delivered",
    ),
    life(
        "a number that nobody knows waits until the shop names its carrier",
        "2 09:00 shop confirmed > order_confirmed",
        "3 10:00 shop shipped in=?S",
        "4 08:00 S in_transit",
        "5 09:00 shop shipped in=S > in_transit",
        "6 12:00 S delivered > delivered",
        ends="A=delivered S=delivered",
    ),
    life(
        "a label that another parcel had long before the order says nothing of whose the number is",
        "02-20 09:00 P delivered",
        "2 09:00 shop confirmed > order_confirmed",
        "3 10:00 shop shipped in=?N",
        "4 08:00 N in_transit > in_transit",
        ends="A=shipped N=in_transit P=registered",
    ),
)

CONTESTED = (
    life(
        "the shop names another carrier than the one that spoke of the number: it is right, and nothing is told twice",
        "2 09:00 shop confirmed > order_confirmed",
        "3 10:00 shop shipped in=?N",
        "3 18:00 P accepted > shipped",
        "4 09:00 shop shipped in=N",
        "4 10:00 N in_transit > in_transit",
        "5 12:00 N delivered > delivered",
        ends="A=delivered N=delivered P=accepted",
    ),
    life(
        "two carriers have the same number: the first to speak has the parcel",
        "2 09:00 shop confirmed > order_confirmed",
        "3 10:00 shop shipped in=?N",
        "3 18:00 N accepted > shipped",
        "4 08:00 N in_transit > in_transit",
        "4 09:00 P in_transit",
        "5 12:00 N delivered > delivered",
        ends="A=delivered N=delivered P=in_transit",
    ),
)
"""Another carrier spoke of the number as well: what was told of it, and amended, depends on when it was heard."""
