"""Parts of a plan as Python expressions over `r`, a row of its statement; `s` is a list of such rows."""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING, Any

import orjson

from db.plans.trees import Apply, Below, Cell, Constant, PageTree, Record, Tree
from db.shapes import Given, Var

from .rows import Asks, Row

if TYPE_CHECKING:
    from db.shapes import By


class Expressions:
    """Writes expressions and keeps the values they name; `typed` makes Rows, else plain dicts."""

    def __init__(self, *, typed: bool) -> None:
        self.typed = typed
        self.asked: list[tuple[str, By]] = []
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
            return "v" + "".join(f"[{step!r}]" for step in given.path)
        return self.constant(given.value if given else None)

    def constant(self, value: Any) -> str:
        """Return a value as source where it has one, else by name."""
        return repr(value) if type(value) in {str, int, bool, type(None)} else self.name(value)

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
                return f"(g{fetch.number}.get(r[{key}]) or {f'z{fetch.number}' if fetch.page else '[]'})"
            case Record():
                return self._record(tree)
        message = f"no such tree: {tree!r}"
        raise TypeError(message)

    def cell(self, cell: Cell, row: str = "r") -> str:
        """Return a cell as clients see it."""
        place = f"{row}[{cell.index}]"
        return place if cell.reader is None else f"(None if {place} is None else {self.name(cell.reader)}({place}))"

    def _record(self, record: Record) -> str:
        text = self._object(record.typename, {key: self.tree(entry) for key, entry in record.entries.items()})
        if record.asks and self.typed:
            facts = ", ".join(self._ask(*ask) for ask in record.asks)
            text = f"Asks().add({text}, {facts})"
        return text if record.presence is None else f"(None if r[{record.presence}] is None else {text})"

    def _ask(self, key: str, by: By, cells: list[Cell]) -> str:
        self.asked.append((key, by))
        return f"(a{len(self.asked) - 1}, ({''.join(self.cell(cell) + ', ' for cell in cells)}))"

    def page(self, page: PageTree, total: str) -> str:
        """Return a connection over the rows `s`, `more` saying whether there are more."""
        parts = {}
        for key, (kind, what) in page.parts.items():
            match kind:
                case "nodes":
                    parts[key] = f"[{self.tree(what)} for r in s]"
                case "edges":
                    typename, wanted = what
                    entries = {name: self._edge(page, kind, node, typename) for name, (kind, node) in wanted.items()}
                    parts[key] = f"[{self._object(typename, entries)} for r in s]"
                case "pageInfo":
                    entries = {name: self._info(page, kind, what[0]) for name, (kind, _) in what[1].items()}
                    parts[key] = self._object(what[0], entries)
                case "totalCount":
                    parts[key] = total
                case _:
                    parts[key] = repr(page.typename)
        return self._object(page.typename, parts)

    def _edge(self, page: PageTree, kind: str, record: Record | None, typename: str) -> str:
        if record is not None:
            return self.tree(record)
        return self._cursor(page, "r") if kind == "cursor" else repr(typename)

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

    def _cursor(self, page: PageTree, row: str) -> str:
        values = ", ".join(self.cell(cell, row) for cell in page.order)
        return f"b64(dumps([{page.sort!r}, {values}], option=UTC_Z), newline=False).decode()"

    def _object(self, typename: str, entries: dict[str, str]) -> str:
        text = "{" + ", ".join(f"{key!r}: {entry}" for key, entry in entries.items()) + "}"
        return f"Row({typename!r}, {text})" if self.typed else text
