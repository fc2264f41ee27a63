"""Bytes that nobody meant to send: whatever a line or a program does to a body, it is read or refused, never more.

`make fuzz` sends very many more of them, led by what they reach; what that found is kept and read here for ever.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.carrier_gateway.carriers import CARRIERS
from tests.support.grown_samples import grown
from tests.support.parsers import PARSERS, Parser, parser_named

FOUND = Path(__file__).parents[2] / "samples" / "found"
WORDS = (
    b"null",
    b"[]",
    b"{}",
    b'"',
    b"\\u0000",
    b"\xff",
    b"-1",
    b"1e400",
    b"&#0;",
    b"</",
    b"|",
    b"9" * 30,
    b"\r\n\r\n",
)
each_parser = pytest.mark.parametrize("parser", PARSERS, ids=str)


@st.composite
def spoilt(draw: st.DrawFn, samples: tuple[bytes, ...]) -> bytes:
    """A sample with up to six pieces cut out, put in, doubled, or taken from another."""
    body = draw(st.sampled_from(samples))
    for _ in range(draw(st.integers(1, 6))):
        begin, end = sorted(draw(st.tuples(*[st.integers(0, len(body))] * 2)))
        donor = draw(st.sampled_from(samples))
        inserted = draw(st.one_of(st.sampled_from(WORDS), st.binary(max_size=8), st.just(body[begin:end] * 2)))
        other = donor[begin:end] if draw(st.booleans()) else inserted
        body = body[:begin] + other + body[end if draw(st.booleans()) else begin :]
    return body


@each_parser
@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_a_spoilt_body_is_read_or_refused(parser: Parser, data: st.DataObject) -> None:
    body = data.draw(spoilt(parser.samples))

    parser.survives(body[: parser.longest])


@pytest.mark.parametrize("file", sorted(FOUND.glob("*/*")), ids=lambda file: f"{file.parent.name}-{file.name}")
def test_what_was_found_once_is_never_found_again(file: Path) -> None:
    parser_named(file.parent.name).survives(file.read_bytes())


def test_every_carrier_has_its_readers_here() -> None:
    names = {str(parser) for parser in PARSERS}

    assert all(f"push-{carrier.id}" in names for carrier in CARRIERS)
    assert {f"pull-{carrier.id}" for carrier in CARRIERS if carrier.pull} <= names


@each_parser
def test_the_heaviest_bodies_made_of_a_sample_are_read_or_refused(parser: Parser) -> None:
    for sample in parser.samples[:1]:
        for body in list(grown(sample, parser.longest))[-3:]:
            parser.survives(body)
