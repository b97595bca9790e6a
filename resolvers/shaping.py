"""Rows become the answer: a plan is written out once as Python source, which then runs and shapes every request.

Generated, because a call per field or per row is what makes GraphQL servers slow (performance 4: unit costs).
The same source serves both finishers: the standard one gets `Row`s that know their type, the fast one plain dicts.
"""

from __future__ import annotations

from itertools import filterfalse
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from db.shapes import Const

from .expressions import Expressions

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from db.plans.trees import Argument, Fetch, PageTree, Plan

    Run = Callable[..., Awaitable[Any]]


def shaper(plan: Plan, *, typed: bool) -> Run:
    """Return `run(fetch, env, variables, asked)`: it runs a plan's statements and returns the root's answer.

    `typed` makes Rows (for graphql-core), else dicts. `asked` collects (key, By, Asks) for fields of other products.
    """
    return _Writer(plan, Expressions(typed=typed)).function()


def by_ids(rows: Sequence[Any], id_of: Callable[[Any], Any], *, descending: bool) -> list[Any]:
    """Put rows in the order of their ids: what is compared byte by byte in the database is so here, too."""
    try:
        return sorted(rows, key=id_of, reverse=descending)
    except TypeError:  # a row without an id, which stands for an empty list, cannot be compared
        return [*filterfalse(id_of, rows), *sorted(filter(id_of, rows), key=id_of, reverse=descending)]


class _Writer:
    def __init__(self, plan: Plan, write: Expressions) -> None:
        self.plan = plan
        self.write = write
        self.lines: list[str] = []

    def function(self) -> Run:
        for fetch in self.plan.fetches:
            if not fetch.joined:
                self._fetch(fetch)
        fetched = len(self.lines)
        for fetch in reversed(self.plan.fetches[1:]):
            self._group(fetch)
        self._answer(self.plan.fetches[0])
        for number, asked in enumerate(self.write.asked):
            self.lines.insert(fetched, f"a{number} = Asks(); asked.append((*{self.write.name(asked)}, a{number}))")
        source = "async def run(fetch, e, v, asked=None):\n" + "".join(f"    {line}\n" for line in self.lines)
        exec(self.write.literals.compiled(source), self.write.names)  # noqa: S102 - made from our declarations only
        return self.write.names["run"]

    def _fetch(self, fetch: Fetch) -> None:
        arguments = "".join(f"{self._argument(argument, fetch)}, " for argument in fetch.arguments)
        call = f"await fetch({self.write.name(fetch.sql)}, ({arguments}))"
        if fetch.parent is not None:
            keys = f"set(map({self._cell_of(fetch.parent_key)}, {_source(fetch.parent)}))"
            self.lines.append(f"k{fetch.number} = list({keys} - {{None}})")
            call = f"{call} if k{fetch.number} else ()"
        elif self.plan.how == "keys":
            self.lines.append(f"k{fetch.number} = {self.write.given(self.plan.key)}")
        self.lines.append(f"r{fetch.number} = {self._sorted(call, fetch)}")
        if self._repeats(fetch):
            rows = f"r{fetch.number}"
            self.lines.append(f"o = dict(zip(map({self._cell_of(fetch.group)}, {rows}), {rows})).values()")

    def _sorted(self, rows: str, fetch: Fetch) -> str:
        if fetch.ids is None:
            return rows
        return f"{self.write.name(by_ids)}({rows}, {self._cell_of(fetch.ids)}, descending={fetch.descending})"

    def _cell_of(self, index: int | None) -> str:
        """Return the name of what takes a cell from a row without a step of Python's."""
        return self.write.name(itemgetter(index))

    def _argument(self, argument: Argument, fetch: Fetch) -> str:
        if isinstance(argument.given, Const):
            value = argument.given.value
            for convert in argument.convert:
                value = convert(value)
            return self.write.constant(value)
        text = {"env": f"e.{argument.name}", "keys": f"k{fetch.number}"}.get(argument.kind)
        text = text or self.write.given(argument.given)
        for convert in argument.convert:
            text = f"{self.write.name(convert)}({text})"
        return text

    def _group(self, fetch: Fetch) -> None:
        """Put a fetch's rows, shaped, where the parents they belong to find them."""
        group, page = f"g{fetch.number}", fetch.page
        keys = f"k in k{fetch.number}"
        if fetch.joined:
            keys = f"k in map({self._cell_of(fetch.parent_key)}, {self._parents(fetch)})"
        self.lines.append(f"{group} = {{k: [] for {keys}}}; {group}[None] = []")
        if page is not None and not page.is_plain:
            self._group_pages(fetch, page, group)
            return
        entry = self.write.tree(fetch.record) if page is None else self.write.only_entry(page)
        present = "" if fetch.present is None else f"if c{fetch.present} is not None: "
        self.lines += [f"for {_rows(fetch)}:", f"    {present}{group}[c{fetch.group}].append({entry})"]

    def _group_pages(self, fetch: Fetch, page: PageTree, group: str) -> None:
        present = "" if fetch.present is None else f"if r[{fetch.present}] is not None: "
        totals, total = f"t{fetch.number}", "0"
        self.lines.append(f"for r in {_source(fetch)}:")
        if page.total is not None:
            self.lines.insert(-1, f"{totals} = {{}}")
            self.lines.append(f"    {totals}[r[{fetch.group}]] = r[{page.total}]")
            total = f"{totals}.get(k, 0)"
        self.lines += [
            f"    {present}{group}[r[{fetch.group}]].append(r)",
            f"for k, s in {group}.items():",
            *(f"    {line}" for line in self._cut(page)),
            f"    {group}[k] = {self.write.page(page, f'{_cells(fetch)} in s', total)}",
        ]

    def _parents(self, fetch: Fetch) -> str:
        assert fetch.parent is not None  # noqa: S101 - it is joined to somebody
        return "o" if self._repeats(fetch.parent) else f"{_source(fetch)}[:1]"

    def _answer(self, fetch: Fetch) -> None:
        """Shape the root's rows."""
        rows, page = f"r{fetch.number}", fetch.page
        if page is not None:
            # An empty page that has a total came as one row of nulls beside it.
            empty = "" if page.total is None else f"[] if {rows}[0][{fetch.present}] is None else "
            total = "0" if page.total is None else f"{rows}[0][{page.total}]"
            answer = self.write.page(page, f"{_cells(fetch)} in s", total)
            self.lines += [
                f"s = {empty}{f'list({rows})' if page.peeks else rows}",
                *self._cut(page),
                f"return {answer}",
            ]
        elif self.plan.how == "keys":
            record = f"c{fetch.group}: {self.write.tree(fetch.record)}"
            once = "o" if self._repeats(fetch) else rows
            self.lines.append(f"return {{{record} for {_cells(fetch)} in {once}}}")
        else:
            answer = self.write.tree(fetch.record)
            self.lines += [f"if not {rows}: return None", f"{_cells(fetch)} = {rows}[0]", f"return {answer}"]

    def _repeats(self, fetch: Fetch) -> bool:
        """Tell whether the root's rows, of which there are many, come once for each row of a list that rides along."""
        is_root = fetch is self.plan.fetches[0]
        return is_root and self.plan.how == "keys" and any(below.joined for below in self.plan.fetches)

    def _cut(self, page: PageTree) -> list[str]:
        first = self.write.given(page.first)
        return [f"more = len(s) > {first}", f"if more: del s[{first}:]"] if page.peeks else []


def _rows(fetch: Fetch) -> str:
    return f"{_cells(fetch)} in {_source(fetch)}"


def _cells(fetch: Fetch) -> str:
    """Return the names of a row's cells: taking a row apart at once is cheaper than asking it for each."""
    return "".join(f"c{index}, " for index in range(_statement(fetch).width)).rstrip()


def _source(fetch: Fetch) -> str:
    return f"r{_statement(fetch).number}"


def _statement(fetch: Fetch) -> Fetch:
    while fetch.joined and fetch.parent is not None:
        fetch = fetch.parent
    return fetch
