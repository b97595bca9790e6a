"""Rows become the answer: a plan is written out once as Python source, which then shapes every request's rows.

Generated, because a call per field or per row is what makes GraphQL servers slow (performance 4: unit costs).
The same source serves both finishers: the standard one gets `Row`s that know their type, the fast one plain dicts.
"""

from __future__ import annotations

import binascii
from typing import TYPE_CHECKING, Any

import orjson

from db.plans.trees import Apply, Argument, Below, Cell, Constant, Fetch, PageTree, Plan, Record, Tree
from db.shapes import Const, Given, Var

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Run = Callable[..., Awaitable[Any]]


class Row(dict[str, Any]):
    """A row of the answer by response keys. Its type is an attribute: any name may be a response key."""

    __slots__ = ("typename",)

    def __init__(self, typename: str, entries: dict[str, Any]) -> None:
        super().__init__(entries)
        self.typename = typename


class Asks(list[tuple[Row, tuple[Any, ...]]]):
    """The rows of one level whose field another product answers, with the facts that its question needs."""

    def add(self, row: Row, *facts: tuple[Asks, str, tuple[Any, ...]]) -> Row:
        """Remember a row; return it."""
        for asks, _key, needed in facts:
            asks.append((row, needed))
        return row


def shaper(plan: Plan, *, typed: bool) -> Run:
    """Return `run(fetch, env, variables, asked)`: it runs a plan's statements and returns the root's answer.

    `typed` makes Rows (for graphql-core); else dicts. `asked` collects (key, By, Asks) for fields of other products.
    """
    return _Writer(plan, typed=typed).function()


class _Writer:
    def __init__(self, plan: Plan, *, typed: bool) -> None:
        self.plan = plan
        self.typed = typed
        self.lines: list[str] = []
        self.names: dict[str, Any] = {"Row": Row, "Asks": Asks, "b64": binascii.b2a_base64, "dumps": orjson.dumps}
        self.names["UTC_Z"] = orjson.OPT_UTC_Z
        self.asks = 0

    def function(self) -> Run:
        for fetch in self.plan.fetches:
            self._fetch(fetch)
        preamble = len(self.lines)
        for fetch in reversed(self.plan.fetches[1:]):
            self._group(fetch)
        self._answer(self.plan.fetches[0])
        asked = [f"a{n} = Asks(); asked.append((*A{n}, a{n}))" for n in range(self.asks)]
        self.lines[preamble:preamble] = asked
        source = "async def run(fetch, e, v, asked=None):\n" + "".join(f"    {line}\n" for line in self.lines)
        exec(compile(source, "<plan>", "exec"), self.names)  # noqa: S102 - source is made from our declarations only
        return self.names["run"]

    def _name(self, value: Any) -> str:
        for name, known in self.names.items():
            if known is value:
                return name
        name = f"n{len(self.names)}"
        self.names[name] = value
        return name

    # Statements

    def _fetch(self, fetch: Fetch) -> None:
        if fetch.joined:
            return
        arguments = "".join(f"{self._argument(argument, fetch)}, " for argument in fetch.arguments)
        call = f"await fetch({self._name(fetch.sql)}, ({arguments}))"
        if fetch.parent is None:
            if self.plan.how == "keys":
                self.lines.append(f"k{fetch.number} = {self._given(self.plan.key)}")
            self.lines.append(f"r{fetch.number} = {call}")
            return
        rows = _rows(fetch.parent)
        self.lines.append(f"k{fetch.number} = list({{r[{fetch.parent_key}] for r in {rows}}} - {{None}})")
        self.lines.append(f"r{fetch.number} = {call} if k{fetch.number} else ()")

    def _argument(self, argument: Argument, fetch: Fetch) -> str:
        if argument.kind == "const" or isinstance(argument.given, Const):
            value = argument.given.value if isinstance(argument.given, Const) else argument.value
            for convert in argument.convert:
                value = convert(value)
            return self._name(value) if not isinstance(value, (str, int, type(None))) else repr(value)
        text = {"env": f"e.{argument.name}", "keys": f"k{fetch.number}"}.get(argument.kind)
        text = text or self._given(argument.given)
        for convert in argument.convert:
            text = f"{self._name(convert)}({text})"
        return text

    def _given(self, given: Given | None) -> str:
        if isinstance(given, Var):
            return "v" + "".join(f"[{step!r}]" for step in given.path)
        value = given.value if given else None
        return repr(value) if isinstance(value, (str, int)) else self._name(value)

    # Rows

    def _group(self, fetch: Fetch) -> None:
        n, page = fetch.number, fetch.page
        self.lines += [f"g{n} = {{}}", f"for r in {_rows(fetch)}:"]
        if page is None:
            if fetch.present is not None:
                self.lines.append(f"    if r[{fetch.present}] is None: continue")
            self.lines += [
                f"    x = {self._tree(fetch.record)}",
                f"    if (s := g{n}.get(r[{fetch.group}])) is None: g{n}[r[{fetch.group}]] = [x]",
                "    else: s.append(x)",
            ]
            return
        total = "" if page.total is None else f"; t{n}[k] = r[{page.total}]"
        self.lines[-1:-1] = [f"t{n} = {{}}"] if total else []
        self.lines += [
            f"    k = r[{fetch.group}]",
            f"    if (s := g{n}.get(k)) is None: g{n}[k] = s = []{total}",
            f"    if r[{fetch.present}] is not None: s.append(r)",
            f"for k, s in g{n}.items():",
            *(f"    {line}" for line in self._cut(page)),
            f"    g{n}[k] = {self._page(page, f't{n}[k]')}",
            f"s = (); more = False; z{n} = {self._page(page, '0')}",
        ]

    def _answer(self, fetch: Fetch) -> None:
        n = fetch.number
        if fetch.page is not None:
            rows = f"[r for r in r{n} if r[{fetch.present}] is not None]" if fetch.page.total is not None else f"list(r{n})"
            total = f"r{n}[0][{fetch.page.total}]" if fetch.page.total is not None else "0"
            self.lines += [f"s = {rows}", *self._cut(fetch.page), f"return {self._page(fetch.page, total)}"]
        elif self.plan.how == "keys":
            self.lines += ["d = {}", f"for r in r{n}:"]
            self.lines += [f"    if r[{fetch.group}] not in d: d[r[{fetch.group}]] = {self._tree(fetch.record)}", "return d"]
        else:
            self.lines += [f"if not r{n}: return None", f"r = r{n}[0]", f"return {self._tree(fetch.record)}"]

    def _cut(self, page: PageTree) -> list[str]:
        first = self._given(page.first)
        return [f"more = len(s) > {first}", f"if more: del s[{first}:]"]

    def _page(self, page: PageTree, total: str) -> str:
        parts = {}
        for key, (kind, what) in page.parts.items():
            match kind:
                case "nodes":
                    parts[key] = f"[{self._tree(what)} for r in s]"
                case "edges":
                    entries = {name: self._edge(page, *entry, what[0]) for name, entry in what[1].items()}
                    parts[key] = f"[{self._dict(what[0], entries)} for r in s]"
                case "pageInfo":
                    entries = {name: self._info(page, kind, what[0]) for name, (kind, _) in what[1].items()}
                    parts[key] = self._dict(what[0], entries)
                case "totalCount":
                    parts[key] = total
                case _:
                    parts[key] = repr(page.typename)
        return self._dict(page.typename, parts)

    def _edge(self, page: PageTree, kind: str, record: Record | None, typename: str) -> str:
        if record is not None:
            return self._tree(record)
        return self._cursor(page, "r") if kind == "cursor" else repr(typename)

    def _info(self, page: PageTree, kind: str, typename: str) -> str:
        return {
            "hasNextPage": "more",
            "hasPreviousPage": str(page.continued),
            "startCursor": f"({self._cursor(page, 's[0]')} if s else None)",
            "endCursor": f"({self._cursor(page, 's[-1]')} if s else None)",
        }.get(kind, repr(typename))

    def _cursor(self, page: PageTree, row: str) -> str:
        values = ", ".join(self._cell(cell, row) for cell in page.order)
        return f"b64(dumps([{page.sort!r}, {values}], option=UTC_Z), newline=False).decode()"

    def _cell(self, cell: Cell, row: str = "r") -> str:
        place = f"{row}[{cell.index}]"
        return place if cell.reader is None else f"(None if {place} is None else {self._name(cell.reader)}({place}))"

    def _tree(self, tree: Tree | None) -> str:
        match tree:
            case Cell():
                return self._cell(tree)
            case Constant(value):
                return repr(value)
            case Apply(function, cells):
                return f"{self._name(function)}({', '.join(['e', *(self._cell(cell) for cell in cells)])})"
            case Below(fetch, key):
                return f"(g{fetch.number}.get(r[{key}]) or {f'z{fetch.number}' if fetch.page else '[]'})"
            case Record():
                return self._record(tree)
        message = f"no such tree: {tree!r}"
        raise TypeError(message)

    def _record(self, record: Record) -> str:
        text = self._dict(record.typename, {key: self._tree(entry) for key, entry in record.entries.items()})
        if record.asks and self.typed:
            facts = []
            for key, by, cells in record.asks:
                self.names[f"A{self.asks}"] = (key, by)
                facts.append(f"(a{self.asks}, {key!r}, ({''.join(self._cell(cell) + ', ' for cell in cells)}))")
                self.asks += 1
            text = f"Asks().add({text}, {', '.join(facts)})"
        return text if record.presence is None else f"(None if r[{record.presence}] is None else {text})"

    def _dict(self, typename: str, entries: dict[str, str]) -> str:
        text = "{" + ", ".join(f"{key!r}: {entry}" for key, entry in entries.items()) + "}"
        return f"Row({typename!r}, {text})" if self.typed else text


def _rows(fetch: Fetch) -> str:
    while fetch.joined:
        assert fetch.parent is not None  # noqa: S101 - only a root has no parent, and a root is never joined
        fetch = fetch.parent
    return f"r{fetch.number}"
