"""The same wish under the same key has one effect, also at the same moment."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from db.base import new_id
from db.idempotency import IdempotencyKey, Wish, remember, replay, wish
from db.projects import commands
from db.projects.tables import Project
from db.refusals import IdempotencyKeyReused, InvalidInput
from tests import given
from tests.acting import rows
from tests.given import NOW

if TYPE_CHECKING:
    from db.session import Database
    from db.viewers import Viewer


async def created_once(database: Database, viewer: Viewer, wished: Wish, *, fail: bool = False) -> str:
    async with database.write(viewer.org_id) as session:
        project_id = new_id(Project.PREFIX)
        earlier = await remember(session, viewer.org_id, wished, project_id, now=NOW)
        if earlier is None:
            await commands.create(session, viewer, {"name": "Once"}, now=NOW, project_id=project_id)
        if fail:
            raise ConnectionError
        return earlier or project_id


async def test_twins_at_the_same_moment_make_one_thing_and_both_hear_of_it(database: Database):
    place = await given.workplace(database)
    wished = wish("key-1", "createProject", {"name": "Once"})

    answers = await asyncio.gather(*(created_once(database, place.viewer(), wished) for _ in range(6)))

    made = await rows(database, place.org, Project, name="Once")
    assert set(answers) == {project.id for project in made}
    assert len(made) == 1


async def test_a_wish_that_failed_leaves_the_key_free(database: Database):
    place = await given.workplace(database)
    wished = wish("key-1", "createProject", {"name": "Once"})

    with pytest.raises(ConnectionError):
        await created_once(database, place.viewer(), wished, fail=True)
    async with database.read(place.org) as session:
        before = await replay(session, place.org, wished)
    project_id = await created_once(database, place.viewer(), wished)
    async with database.read(place.org) as session:
        after = await replay(session, place.org, wished)

    assert (before, after) == (None, project_id)


async def test_another_wish_under_the_same_key_is_refused(database: Database):
    place = await given.workplace(database)
    await created_once(database, place.viewer(), wish("key-1", "createProject", {"name": "Once"}))

    for other in (wish("key-1", "createProject", {"name": "Twice"}), wish("key-1", "createTask", {"name": "Once"})):
        with pytest.raises(IdempotencyKeyReused):
            await created_once(database, place.viewer(), other)

    assert len(await rows(database, place.org, IdempotencyKey)) == 1


async def test_organisations_do_not_share_keys(database: Database):
    place, elsewhere = await given.workplace(database), await given.workplace(database)
    wished = wish("key-1", "createProject", {"name": "Once"})

    first = await created_once(database, place.viewer(), wished)
    second = await created_once(database, elsewhere.viewer(), wished)

    assert first != second


def test_a_fingerprint_depends_on_what_is_said_and_not_on_its_order():
    said = wish("k", "logTime", {"hours": Decimal("1.50"), "note": "a"})

    assert said == wish("k", "logTime", {"note": "a", "hours": Decimal("1.50")})
    assert said != wish("k", "logTime", {"note": "b", "hours": Decimal("1.50")})


@pytest.mark.parametrize(
    "notations", [("1.5", "1.50", "15E-1"), ("10", "1E+1", "10.00"), ("0", "-0", "0E+20", "0.00"), ("1E+9999999",)]
)
def test_an_amount_is_the_same_in_every_notation(notations: tuple[str, ...]):
    said = [wish("k", "logTime", {"hours": Decimal(each), "more": [Decimal(each)]}) for each in notations]

    assert said == said[:1] * len(notations)
    assert said[0] != wish("k", "logTime", {"hours": Decimal("1.51"), "more": [Decimal("1.51")]})


def test_amounts_that_differ_in_the_last_of_many_digits_are_two():
    first, second = ("1." + "0" * 27 + digit for digit in "12")

    assert wish("k", "logTime", {"hours": Decimal(first)}) != wish("k", "logTime", {"hours": Decimal(second)})


@pytest.mark.parametrize("key", ["", "  ", "x" * 201, "a\0b"])
def test_a_key_of_no_use_is_refused(key: str):
    with pytest.raises(InvalidInput):
        wish(key, "logTime", {})
