"""Parts of a plan as Python expressions over the cells `c0`, `c1`, … of a row; `s` is a list of such rows."""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING, Any

import orjson

from db.plans.trees import Apply, Below, Cell, Constant, Fetch, PageTree, Record, Tree
from db.shapes import Given, Var

from .literals import Literals
from .rows import Asks, Row

if TYPE_CHECKING:
    from db.shapes import By


class Expressions:
    """Writes expressions and keeps the values they name; `typed` makes Rows, else plain dicts."""

    def __init__(self, *, typed: bool) -> None:
        self.typed = typed
        self.asked: list[tuple[str, By]] = []
        self.literals = Literals()
        self.names: dict[str, Any] = {
            "Row": Row,
            "Asks": Asks,
            "b64": binascii.b2a_base64,
            "dumps": orjson.dumps,
            "UTC_Z": orjson.OPT_UTC_Z,
        }

    def name(self, value: Any) -> str:
        """Return the name under which the written code finds a value."""
        for name, known in self.names.items():
            if known is value:
                return name
        name = f"n{len(self.names)}"
        self.names[name] = value
        return name

    def given(self, given: Given | None) -> str:
        """Return a value of the request, `v` being its variables, or the document's own."""
        if isinstance(given, Var):
            return "v" + "".join(f"[{self.literals.mark(step)}]" for step in given.path)
        return self.constant(given.value if given else None)

    def constant(self, value: Any) -> str:
        """Return a value as source: by its mark where it is a document's word or number, else by name."""
        if type(value) in {str, int}:
            return self.literals.mark(value)
        return repr(value) if type(value) in {bool, type(None)} else self.name(value)

    def tree(self, tree: Tree | None) -> str:
        """Return a part of a row."""
        match tree:
            case Cell():
                return self.cell(tree)
            case Constant(value):
                return repr(value)
            case Apply(function, cells):
                return f"{self.name(function)}({', '.join(['e', *(self.cell(cell) for cell in cells)])})"
            case Below(fetch, key):
                return self._below(fetch, f"g{fetch.number}[c{key}]")
            case Record():
                return self._record(tree)
        message = f"no such tree: {tree!r}"
        raise TypeError(message)

    def cell(self, cell: Cell, row: str = "") -> str:
        """Return a cell as clients see it, of the row whose cells have names or of another one."""
        place = f"{row}[{cell.index}]" if row else f"c{cell.index}"
        return place if cell.reader is None else f"(None if {place} is None else {self.name(cell.reader)}({place}))"

    def _record(self, record: Record) -> str:
        text = self._object(record.typename, {key: self.tree(entry) for key, entry in record.entries.items()})
        if record.asks and self.typed:
            facts = ", ".join(self._ask(*ask) for ask in record.asks)
            text = f"Asks().add({text}, {facts})"
        return text if record.presence is None else f"(None if c{record.presence} is None else {text})"

    def _ask(self, key: str, by: By, cells: list[Cell]) -> str:
        self.asked.append((key, by))
        return f"(a{len(self.asked) - 1}, ({''.join(self.cell(cell) + ', ' for cell in cells)}))"

    def _below(self, fetch: Fetch, rows: str) -> str:
        page = fetch.page
        if page is None or not page.is_plain:
            return rows  # the list, or the whole connection
        parts = {key: rows if page.of_rows(kind) else repr(page.typename) for key, (kind, _) in page.parts.items()}
        return self._object(page.typename, parts)

    def page(self, page: PageTree, rows: str, total: str) -> str:
        """Return a connection over `rows`, the loop that takes `s` apart; `more` says whether there are more."""
        parts = {}
        for key, (kind, what) in page.parts.items():
            match kind:
                case "nodes" | "edges":
                    parts[key] = f"[{self.entry(page, kind, what)} for {rows}]"
                case "pageInfo":
                    entries = {name: self._info(page, kind, what[0]) for name, (kind, _) in what[1].items()}
                    parts[key] = self._object(what[0], entries)
                case "totalCount":
                    parts[key] = total
                case _:
                    parts[key] = repr(page.typename)
        return self._object(page.typename, parts)

    def only_entry(self, page: PageTree) -> str:
        """Return what a row becomes in a connection that comes to one list of rows."""
        ((kind, what),) = [part for part in page.parts.values() if page.of_rows(part[0])]
        return self.entry(page, kind, what)

    def entry(self, page: PageTree, kind: str, what: Any) -> str:
        """Return what a row becomes in a connection: a node, or an edge with it."""
        if kind == "nodes":
            return self.tree(what)
        typename, wanted = what
        return self._object(
            typename, {name: self._edge(page, kind, node, typename) for name, (kind, node) in wanted.items()}
        )

    def _edge(self, page: PageTree, kind: str, record: Record | None, typename: str) -> str:
        if record is not None:
            return self.tree(record)
        return self._cursor(page) if kind == "cursor" else repr(typename)

    def _info(self, page: PageTree, kind: str, typename: str) -> str:
        match kind:
            case "hasNextPage":
                return "more"
            case "hasPreviousPage":
                return str(page.continued)
            case "startCursor" | "endCursor":
                row = "s[0]" if kind == "startCursor" else "s[-1]"
                return f"({self._cursor(page, row)} if s else None)"
        return repr(typename)

    def _cursor(self, page: PageTree, row: str = "") -> str:
        values = ", ".join(self.cell(cell, row) for cell in page.order)
        return f"b64(dumps([{page.sort!r}, {values}], option=UTC_Z), newline=False).decode()"

    def _object(self, typename: str, entries: dict[str, str]) -> str:
        text = "{" + ", ".join(f"{self.literals.mark(key)}: {entry}" for key, entry in entries.items()) + "}"
        return f"Row({typename!r}, {text})" if self.typed else text
