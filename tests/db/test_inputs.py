"""Values from outside are taken as they are stored, or refused with what is wrong with them."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest

from db import inputs, refusals
from db.refusals import InvalidInput, Refusal


class Colour(StrEnum):
    RED = "RED"


def nested(levels: int) -> dict[str, Any]:
    value: Any = 1
    for level in range(levels):
        value = {"a": value} if (levels - level) % 2 else [value]
    return value


GOOD: list[tuple[inputs.Check, Any, Any]] = [
    (inputs.name, "  Ä b ", "Ä b"),
    (inputs.name, "x" * 200, "x" * 200),
    (inputs.text, "", ""),
    (inputs.text, "x" * 10_000, "x" * 10_000),
    (inputs.money, Decimal("0.01"), Decimal("0.01")),
    (inputs.money, Decimal(10) ** 10, Decimal(10) ** 10),
    (inputs.decimal(24), Decimal("1.500"), Decimal("1.5")),
    (inputs.whole(5), 5, 5),
    (inputs.one_of(Colour), "RED", Colour.RED),
    (inputs.tags, ["b", " b", "a"], ["b", "a"]),
    (inputs.json_object, {"a": [1, None]}, {"a": [1, None]}),
    (inputs.json_object, {"a": [2**63 - 1, 1 - 2**63, 0.5, True]}, {"a": [2**63 - 1, 1 - 2**63, 0.5, True]}),
    (inputs.json_object, nested(20), nested(20)),
    (inputs.optional(inputs.name), None, None),
]
BAD: list[tuple[inputs.Check, Any]] = [
    (inputs.name, " "),
    (inputs.name, "x" * 201),
    (inputs.text, "x" * 10_001),
    (inputs.text, "a\0"),
    (inputs.text, "\ud83d"),
    (inputs.money, Decimal("-0.01")),
    (inputs.money, Decimal("0.001")),
    (inputs.money, Decimal("NaN")),
    (inputs.money, Decimal("Infinity")),
    (inputs.money, Decimal("1E+30")),
    (inputs.money, Decimal("1E-400000")),
    (inputs.whole(5), 6),
    (inputs.one_of(Colour), "BLUE"),
    (inputs.tags, ["x"] * 51),
    (inputs.tags, [""]),
    (inputs.json_object, []),
    (inputs.json_object, {"a": "x" * 10_000}),
    (inputs.json_object, {"a": "\ud83d"}),
    (inputs.json_object, {"a": ["x\0"]}),
    (inputs.json_object, {"a": {"x\0": 1}}),
    (inputs.json_object, {"\ud83d": 1}),
    (inputs.json_object, nested(21)),
    (inputs.json_object, nested(100_000)),
    (inputs.json_object, {"a": [float("inf")]}),
    (inputs.json_object, {"a": float("nan")}),
    (inputs.json_object, {"a": [{"b": 2**63}]}),
    (inputs.json_object, {"a": -(2**63)}),
    (inputs.json_object, {"a": float(-(2**63) - 1)}),
    (inputs.json_object, {"a": 1e19}),
    (inputs.json_object, {"a": object()}),
    (inputs.required(inputs.name), None),
    (inputs.given, None),
]


@pytest.mark.parametrize(("check", "value", "stored"), GOOD)
def test_good_values_are_taken(check: inputs.Check, value: Any, stored: Any):
    assert inputs.checked({"field": check}, {"field": value}) == {"field": stored}


@pytest.mark.parametrize(("value", "written"), [("1E+1", "10.00"), ("-0", "0.00"), ("0E+20", "0.00"), ("1.5", "1.50")])
def test_amounts_are_written_with_two_decimals(value: str, written: str):
    assert str(inputs.money(Decimal(value))) == written


@pytest.mark.parametrize(("check", "value"), BAD)
def test_bad_values_are_refused_by_name(check: inputs.Check, value: Any):
    with pytest.raises(InvalidInput) as refused:
        inputs.checked({"field": check}, {"field": value})

    assert list(refused.value.fields) == ["field"]


def test_every_refusal_has_a_code_of_its_own_made_from_its_name():
    kinds = [kind for kind in vars(refusals).values() if isinstance(kind, type) and issubclass(kind, Refusal)]

    assert len({kind.code for kind in kinds}) == len(kinds)
    assert refusals.ContractNotLinked.code == "CONTRACT_NOT_LINKED"
    assert refusals.TimeEntryNotFound("tme_1").message == "There is no time entry tme_1."
