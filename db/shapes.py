"""What is wanted of rows, in plain words: no GraphQL and no SQL. Selections make shapes, plans read them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PAGE_DEFAULT = 20
PAGE_MOST = 100


@dataclass(frozen=True, slots=True)
class Const:
    """A value written in the document."""

    value: Any


@dataclass(frozen=True, slots=True)
class Var:
    """A value that comes with each request: a variable's name and the way into it."""

    path: tuple[str, ...]


Given = Const | Var


@dataclass(frozen=True, slots=True)
class Typename:
    """The name of the row's type."""


@dataclass(frozen=True, slots=True)
class Fact:
    """A column of the row, or an expression over it, by its name in the entity."""

    name: str


@dataclass(frozen=True, slots=True)
class Computed:
    """A function of the asker and of named facts of the row, which arrive as clients would see them."""

    compute: Callable[..., Any]
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class One:
    """A to-one relation."""

    name: str


@dataclass(frozen=True, slots=True)
class Many:
    """A complete list, capped when it was written."""

    name: str


@dataclass(frozen=True, slots=True)
class Page:
    """A connection over a to-many relation."""

    name: str


@dataclass(frozen=True, slots=True)
class By:
    """A field that asks another product: `answer(context, rows)` gets the facts of all rows of its level at once."""

    answer: Callable[..., Any]
    needs: tuple[str, ...]


Reading = Typename | Fact | Computed | One | Many | Page | By


@dataclass(slots=True)
class Paging:
    """How a page is cut: the arguments of a connection, resolved as far as the document goes.

    One that `peeks` takes a row more than was asked for, to know whether there are more.
    """

    first: Given = field(default_factory=lambda: Const(PAGE_DEFAULT))
    after: Given | None = None
    filters: Mapping[str, Given] = field(default_factory=dict)
    order: tuple[str, bool] | None = None  # field, descending
    peeks: bool = False


@dataclass(slots=True)
class PageShape:
    """What a connection's selection asks for, in response order: key → part of the connection."""

    typename: str
    parts: dict[str, PagePart] = field(default_factory=dict)

    @property
    def counts(self) -> bool:
        """Tell whether the total is asked for."""
        return any(part.kind == "totalCount" for part in self.parts.values())

    @property
    def has_cursors(self) -> bool:
        """Tell whether any cursor is asked for."""
        return not self._kinds.isdisjoint({"cursor", "startCursor", "endCursor"})

    @property
    def peeks(self) -> bool:
        """Tell whether it is asked if there are more rows."""
        return "hasNextPage" in self._kinds

    @property
    def _kinds(self) -> set[str]:
        return {kind for part in self.parts.values() for kind, _ in part.keys.values()}


@dataclass(slots=True)
class PagePart:
    """One part: `kind` is nodes, edges, pageInfo, totalCount or typename; `shape` is of nodes, `keys` of the others.

    The keys of edges and pageInfo map a response key to cursor, node, typename, or a field of PageInfo.
    """

    kind: str
    typename: str = ""
    shape: Shape | None = None
    keys: dict[str, tuple[str, Shape | None]] = field(default_factory=dict)


@dataclass(slots=True)
class Want:
    """One entry of the answer: how it is read, and what is wanted below it."""

    reading: Reading
    shape: Shape | None = None
    page: PageShape | None = None
    paging: Paging | None = None


@dataclass(slots=True)
class Shape:
    """What is wanted of each row of one type: response keys in order, each with its want."""

    typename: str
    wants: dict[str, Want] = field(default_factory=dict)


@dataclass(slots=True)
class Root:
    """An entry of the whole answer: `entity` names where rows come from, `how` is one, keys or page."""

    entity: str
    how: str
    by: str = "id"
    key: Given | None = None
    shape: Shape | None = None
    page: PageShape | None = None
    paging: Paging | None = None
