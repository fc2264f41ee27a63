from __future__ import annotations

import pytest

from services.carrier_gateway.parts.base import SKIP, UNMAPPED, Row
from services.carrier_gateway.parts.table_file import BrokenTable, read_table
from shared.contracts.vocabulary import Actor, Condition, DeliveredTo, Stage

HEADER = "code,stage,condition,action_by,delivered_to,mark,gloss\n"


def test_a_line_is_a_meaning_under_its_code() -> None:
    table = read_table(
        HEADER
        + "48,failed_attempt,recipient_absent,buyer,,V,missed\n"
        + 'P5,delivered,,,locker,V1,"in a locker, at last"\n'
        + "56,skip,,,,V,claim\n"
        + "00,unknown,,,,V,no information\n"
    )

    assert table == {
        "48": Row(Stage.FAILED_ATTEMPT, Condition.RECIPIENT_ABSENT, Actor.BUYER),
        "P5": Row(Stage.DELIVERED, delivered_to=DeliveredTo.LOCKER),
        "56": SKIP,
        "00": UNMAPPED,
    }


def test_a_thin_meaning_is_unknown_until_somebody_confirms_it() -> None:
    assert read_table(HEADER + "KB,delivered,,,,?,seen once\n") == {"KB": UNMAPPED}


def test_a_code_that_means_different_things_by_type_has_a_row_for_each() -> None:
    lines = "type," + HEADER + "X,DL,returning,,shop,,V,\nI,DL,in_transit,,,,V,\n"

    assert set(read_table(lines, lambda kind, code: f"{kind}/{code}")) == {"X/DL", "I/DL"}
    with pytest.raises(ValueError, match="DL"):
        read_table(lines)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("48,fail,,,,V,", "line 2: 'fail' is no Stage"),
        ("48,delivered,absent,,,V,", "line 2: 'absent' is no Condition"),
        ("48,delivered,,nobody,,V,", "line 2: 'nobody' is no Actor"),
        ("48,delivered,,,moon,V,", "line 2: 'moon' is no DeliveredTo"),
        ("48,delivered,,,,maybe,", "line 2: mark"),
        ("48,,,,,V,", "line 2: has no stage"),
        (",delivered,,,,V,", "line 2: has no code"),
        ("48, delivered,,,,V,", "line 2: has no code, or blanks"),
        ("48,delivered,,V,", "line 2: has 5 columns"),
        ("48,skip,held,,,V,", "line 2: a skip row"),
        ("48,unknown,,shop,,V,", "line 2: a unknown row"),
    ],
)
def test_a_line_that_cannot_be_right_is_named(line: str, told: str) -> None:
    with pytest.raises(BrokenTable, match=told):
        read_table(HEADER + line + "\n")


@pytest.mark.parametrize("text", ["", "code,stage\n", HEADER.replace("mark", "note")])
def test_a_file_with_other_columns_is_refused(text: str) -> None:
    with pytest.raises(BrokenTable, match="line 1"):
        read_table(text)
