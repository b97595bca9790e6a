"""A PSA that cannot be searched: one send, and what is in doubt waits for a person (reliability 2, kind C)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from db.ledger.settlements import PARKED
from db.ledger.tables import Attention, OpState
from tests.kinds import only
from tests.outbox.checks import flaws
from tests.outbox.test_turns import COMMITTED_UNHEARD, NOT_COMMITTED, POST, _name

if TYPE_CHECKING:
    from tests.outbox.stage import Stage


async def test_a_psa_that_ignores_the_filter_gets_one_post_and_a_person_settles_the_doubt(stage: Stage):
    await stage.export(await stage.entries(1))
    await stage.settle(stage.outbox())
    await stage.sandbox.settings(ignoresFilters=True)
    await stage.export(await stage.entries(2))
    await stage.sandbox.faults({"do": "drop_after_commit", "match": POST, "times": 1})

    await stage.settle(stage.outbox())

    _, parked, sent = await stage.ops()
    await stage.sandbox.settings(ignoresFilters=False)
    assert (parked.state, parked.needs_attention) == (OpState.UNKNOWN, Attention.CANNOT_BE_LOOKED_UP)
    assert parked.not_before == PARKED
    assert sent.state is OpState.CONFIRMED
    assert len(await stage.calls("POST")) == 3


@only("C", because="the others are asked")
@pytest.mark.parametrize("fault", [*COMMITTED_UNHEARD, *NOT_COMMITTED], ids=_name)
async def test_where_nothing_can_be_looked_up_an_unclear_answer_is_a_persons_to_settle(
    stage: Stage, fault: dict[str, Any]
):
    await stage.export(await stage.entries(2))
    await stage.sandbox.faults(fault | {"match": POST, "times": 1})

    await stage.settle(stage.outbox())

    doubtful, other = await stage.ops()
    assert (doubtful.state, doubtful.needs_attention) == (OpState.UNKNOWN, Attention.CANNOT_BE_LOOKED_UP)
    assert (doubtful.not_before, other.state) == (PARKED, OpState.CONFIRMED)
    assert len(await stage.calls("POST")) == 2
    assert await flaws(stage) == []
