"""What a plan is made of: fetches (statements) and trees that say where in a row each part of the answer stands."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from db.shapes import By, Given

    Reader = Callable[[Any], Any] | None


@dataclass(slots=True)
class Cell:
    """A place in the row; `reader` turns what the driver gives into what clients see, null staying null."""

    index: int
    reader: Reader = None


@dataclass(slots=True)
class Constant:
    """Text that is the same in every row."""

    value: str


@dataclass(slots=True)
class Apply:
    """A function of cells."""

    function: Callable[..., Any]
    cells: list[Cell]


@dataclass(slots=True)
class Record:
    """A row of the answer; null where the cell `presence` is null. `asks` are fields that other products answer."""

    typename: str
    presence: int | None
    entries: dict[str, Tree] = field(default_factory=dict)
    asks: list[tuple[str, By, list[Cell]]] = field(default_factory=list)


@dataclass(slots=True)
class Below:
    """The rows of another fetch that belong to this one, found by the key in cell `key`."""

    fetch: Fetch
    key: int


Tree = Cell | Constant | Apply | Record | Below


@dataclass(slots=True)
class PageTree:
    """How a connection is put together from its rows; `order` are the cells that make a cursor.

    One that `peeks` was given a row more than it may show, to tell whether there are more.
    """

    typename: str
    parts: dict[str, tuple[str, Any]]
    first: Given
    sort: str
    order: list[Cell] = field(default_factory=list)
    continued: bool = False
    peeks: bool = False
    total: int | None = None

    @property
    def is_plain(self) -> bool:
        """Tell whether it comes to one list of rows, so that each row can go to its place when it is met."""
        kinds = [kind for kind, _ in self.parts.values()]
        return sum(map(self.of_rows, kinds)) == 1 and set(kinds) <= {"nodes", "edges", "typename"}

    @staticmethod
    def of_rows(kind: str) -> bool:
        """Tell whether a part is a list of rows."""
        return kind in {"nodes", "edges"}


@dataclass(slots=True)
class Argument:
    """A parameter of a statement: a fact of the asker (`env`), a given value, or the keys of the parent.

    `convert` makes the given value what the driver takes; it is applied to values that are not null.
    """

    kind: str
    name: str = ""
    given: Given | None = None
    convert: list[Callable[[Any], Any]] = field(default_factory=list)


@dataclass(slots=True)
class Fetch:
    """One statement and what its rows become; a `joined` fetch reads its parent's rows instead.

    `width` is the number of cells, `group` the cell with the parent's key; `present` is the cell that is null where
    there is no row, None where there always is one. `ids` is the cell by which the rows are still to be
    sorted, from the last where `descending`.
    """

    number: int
    sql: str = ""
    width: int = 1
    arguments: list[Argument] = field(default_factory=list)
    parent: Fetch | None = None
    parent_key: int = 0
    joined: bool = False
    group: int | None = None
    present: int | None = None
    ids: int | None = None
    descending: bool = False
    record: Record | None = None
    page: PageTree | None = None


@dataclass(slots=True)
class Plan:
    """The fetches in the order in which they run, the first being the root's."""

    how: str
    fetches: list[Fetch]
    key: Given | None = None
