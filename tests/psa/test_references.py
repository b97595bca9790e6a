"""Time entries by their references: the order, the bounds and the batch, over the wire written twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from psa.errors import PsaNotFound
from tests.psa.conftest import HOUR, hour

if TYPE_CHECKING:
    from psa.port import Psa
    from tests.psa_sandbox import Sandbox

PREFIX = "projects:org_acme:"
ALWAYS = (date(2026, 1, 1), date(2026, 12, 31))


def ref(number: int) -> str:
    return hour(number).external_ref


async def test_a_list_goes_by_references_page_by_page_with_twins_side_by_side(sandbox: Sandbox, psa: Psa):
    things = [{"id": f"e-{number}", "externalRef": f"{PREFIX}tme_{number:03}:1"} for number in range(150)]
    twin = {"id": "twin", "externalRef": f"{PREFIX}tme_007:1"}
    same = {"contractId": "k-1", "date": "2026-11-20", "hours": "1.00"}
    await sandbox.seed(timeEntries=[each | same for each in [*reversed(things), twin]])

    first = await psa.list_time("k-1", PREFIX, ALWAYS, None, None)
    second = await psa.list_time("k-1", PREFIX, ALWAYS, None, first.next)

    seen = [record.external_ref for page in (first, second) for record in page.items]
    assert seen == sorted([*(each["externalRef"] for each in things), twin["externalRef"]])
    assert (len(first.items), second.next, first.total) == (100, None, 151)


@pytest.mark.parametrize("overlooked", [False, True])
async def test_only_what_was_asked_for_is_listed_even_if_the_psa_overlooks_it(
    sandbox: Sandbox,
    psa: Psa,
    overlooked: bool,  # noqa: FBT001 - a column of the table
):
    for number in (1, 2, 3):
        await psa.record_time(hour(number), f"key-{number}")
    await psa.record_time(replace(hour(4), contract_id="k-2"), "key-4")
    await psa.record_time(replace(hour(5), date=date(2026, 11, 21)), "key-5")
    await psa.record_time(replace(HOUR, external_ref="tracker:1"), "key-6")
    await sandbox.settings(ignoresFilters=overlooked)

    found = await psa.list_time("k-1", PREFIX, (date(2026, 11, 20), date(2026, 11, 20)), ref(1), None)

    assert [record.external_ref for record in found.items] == [ref(2), ref(3)]


async def test_many_references_are_one_call_wherever_their_entries_lie(sandbox: Sandbox, psa: Psa):
    await psa.record_time(hour(1), "key-1")
    await psa.record_time(replace(hour(2), contract_id="k-2"), "key-2")
    await psa.record_time(hour(2), "key-3")
    await psa.record_time(hour(3), "key-4")

    found = await psa.time_by_refs([ref(1), ref(2), ref(9)])

    assert [record.external_ref for record in found] == [ref(1), ref(2), ref(2)]
    assert len([call for call in await sandbox.log() if call["path"].endswith("/batch")]) == 1


async def test_a_psa_without_such_a_batch_never_says_absent(sandbox: Sandbox, psa: Psa):
    await sandbox.settings(ignoresFilters=True)

    with pytest.raises(PsaNotFound):
        await psa.time_by_refs([ref(1)])
