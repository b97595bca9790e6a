"""Whatever the walk is sure of, graphql-core finds nothing wrong with; and it is sure of what ordinary clients send.

`SEED=7 SLIPS=100000` makes another, larger lot of slips.
"""

from __future__ import annotations

import os
from random import Random

import pytest
from graphql import NoSchemaIntrospectionCustomRule, parse, validate

from bench.documents import DOCUMENTS
from schema import roots
from schema.acceptance.walks import Acceptance
from schema.validation import RULES
from tests.sight.borders import FINE, WRONG
from tests.sight.slips import Slips
from tests.sight.sources import parsed, random_document, written

SEED, SLIPS = int(os.environ.get("SEED", "20260302")), int(os.environ.get("SLIPS", "2000"))
SCHEMA = roots.build()._schema
ALL_RULES = [*RULES, NoSchemaIntrospectionCustomRule]
LEFT_TO_OTHERS = ("subscription", '{__typename: "Project"}')  # the latter is a whole object for a scalar, _Any
ACCEPTANCE = Acceptance(SCHEMA)
WRITTEN = written(SCHEMA, ALL_RULES)
RANDOM = [random_document(SCHEMA, number) for number in range(300)]


def is_sure(text: str) -> bool:
    return ACCEPTANCE.is_sure(parse(text, max_tokens=1_000))


def complaints(text: str) -> list[str]:
    return [error.message for error in validate(SCHEMA, parse(text), ALL_RULES)]


@pytest.mark.parametrize("text", WRONG)
def test_it_is_not_sure_of_what_is_wrong(text: str):
    assert complaints(text)
    assert not is_sure(text)


@pytest.mark.parametrize("text", FINE)
def test_it_is_sure_of_what_is_odd_and_fine(text: str):
    assert complaints(text) == []
    assert is_sure(text)


@pytest.mark.parametrize("name", DOCUMENTS)
def test_it_is_sure_of_every_document_of_the_benchmark(name: str):
    assert is_sure(DOCUMENTS[name])


@pytest.mark.parametrize("lot", [WRITTEN, RANDOM], ids=["written", "random"])
def test_it_is_sure_of_what_ordinary_clients_send(lot: list[str]):
    unsure = [text for text in lot if not is_sure(text)]

    assert len(lot) > 100
    assert [text for text in unsure if not any(left in text for left in LEFT_TO_OTHERS)] == []
    assert len(unsure) < len(lot) * 0.06


@pytest.mark.parametrize("lot", [[*WRITTEN, *RANDOM]], ids=[f"{SLIPS} slips, seed {SEED}"])
def test_no_slip_gets_past_it(lot: list[str]):
    chance = Random(SEED)  # noqa: S311 - the same slips for the same seed
    slips = Slips(chance, SCHEMA)
    texts = [slips.slipped(chance.choice(lot)) for _ in range(SLIPS)]
    sure = [text for text in texts if (document := parsed(text)) and ACCEPTANCE.is_sure(document)]

    wrong = {text: found for text in sure if (found := complaints(text))}

    assert len(sure) > SLIPS / 20
    assert not wrong
