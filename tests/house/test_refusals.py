"""What a mutation may answer is what its resolver, and all that it calls, may refuse with: neither less nor more."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, Any

import pytest

import resolvers
from db.access import Action, project_for
from db.refusals import (
    ClientNotFound,
    EntryLocked,
    EntryNotPending,
    Forbidden,
    InvalidInput,
    ListTooLong,
    ProjectArchived,
    ProjectNotFound,
    UserNotFound,
)
from schema.building import DEFINITION
from schema.errors import MEANINGS
from schema.roots import build
from tests.house.raising import raised

if TYPE_CHECKING:
    from collections.abc import Callable

ALWAYS = {Forbidden, InvalidInput}  # a caller of the wrong kind or role, a text that cannot be stored
# What the source alone seems to allow, and why it never comes to that.
NEVER = {
    ("createProject", ListTooLong): "a new project has two members at most",
    ("approveTimeEntries", EntryNotPending): "it is the verdict on one entry of many",
    ("rejectTimeEntries", EntryLocked): "it is the verdict on one entry of many",
}
MUTATIONS: dict[str, Any] = build()._schema.mutation_type.fields  # type: ignore[union-attr]


@pytest.mark.parametrize("field", MUTATIONS)
def test_a_mutation_answers_every_refusal_it_can_meet_and_no_other(field: str) -> None:
    possible = {_answered(kind) for kind in raised(_resolver(field))} | ALWAYS
    never = {kind for name, kind in NEVER if name == field}

    assert never <= possible
    assert _names(answers(field)) == _names(possible - never)


def test_every_refusal_that_has_a_type_is_met_somewhere() -> None:
    met = set().union(*(answers(field) for field in MUTATIONS))

    assert set(MEANINGS) - met == {EntryNotPending}  # met in a list, as a verdict


@pytest.mark.parametrize(
    ("function", "kinds"),
    [
        ("plain", {UserNotFound}),
        ("deep", {UserNotFound}),
        ("handed", {ClientNotFound}),
        ("caught", set()),
        ("turned", {ClientNotFound}),
        ("linked", {ProjectNotFound, Forbidden}),
        ("planned", {ProjectNotFound, Forbidden, ProjectArchived}),
    ],
)
def test_what_a_function_may_refuse_with_is_read_out_of_its_source(function: str, kinds: set[type[Exception]]) -> None:
    assert raised(globals()[function]) == kinds


def answers(field: str) -> set[type[Exception]]:
    """Return the refusals that stand in a mutation's union."""
    members = {each.name for each in MUTATIONS[field].type.of_type.types}
    return {kind for kind in MEANINGS if f"{kind.__name__}Error" in members}


def _answered(kind: type[Exception]) -> type[Exception]:
    return next(each for each in kind.__mro__ if each in MEANINGS)


def _resolver(field: str) -> Callable[..., Any]:
    name = MUTATIONS[field].extensions[DEFINITION].python_name
    modules = [importlib.import_module(f"resolvers.{each.name}") for each in pkgutil.iter_modules(resolvers.__path__)]
    (found,) = [
        vars(each)[name] for each in modules if getattr(vars(each).get(name), "__module__", "") == each.__name__
    ]
    return found


def _names(kinds: set[type[Exception]]) -> set[str]:
    return {kind.__name__ for kind in kinds}


def plain() -> None:
    raise UserNotFound("x")


def deep() -> None:
    plain()


def handed(missing: type[Exception] = ClientNotFound) -> None:
    raise [missing, ClientNotFound][1]("x")


def caught() -> None:
    try:
        plain()
    except UserNotFound:
        return


def turned() -> None:
    try:
        plain()
    except UserNotFound:
        raise ClientNotFound("x") from None


async def linked(session: Any, viewer: Any) -> None:
    await project_for(session, viewer, "x", Action.LINK_CONTRACT)


async def planned(session: Any, viewer: Any) -> None:
    await project_for(session, viewer, "x", Action.EDIT_TASKS)
