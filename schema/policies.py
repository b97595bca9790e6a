"""The second lock: which kind of caller may order a root field at all. Declared on every one of them."""

from enum import Enum
from typing import Any

import strawberry
from strawberry.schema_directive import Location

from db.refusals import Forbidden
from db.viewers import CallerKind, Viewer


class Scope(Enum):
    """Kinds of callers; the roles of people are asked for where the project is known (`db/access.py`)."""

    ANYBODY = frozenset({CallerKind.SESSION, CallerKind.INTEGRATION})
    PEOPLE = frozenset({CallerKind.SESSION})


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION], name="callers", description="Which kinds of callers may use the field."
)
class Callers:
    """Visible in the contract."""

    kinds: list[str] = strawberry.directive_field(name="kinds")


def callers(scope: Scope) -> Any:
    """Return a scope as the contract shows it."""
    return Callers(kinds=sorted(scope.value))


def require(viewer: Viewer, scope: Scope, field: str) -> None:
    """Raise Forbidden where this kind of caller may not use the field."""
    if viewer.kind not in scope.value:
        raise Forbidden(field, None)
