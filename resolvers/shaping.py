"""Rows become the answer: a plan is written out once as Python source, which then runs and shapes every request.

Generated, because a call per field or per row is what makes GraphQL servers slow (performance 4: unit costs).
The same source serves both finishers: the standard one gets `Row`s that know their type, the fast one plain dicts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from db.shapes import Const

from .expressions import Expressions

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from db.plans.trees import Argument, Fetch, PageTree, Plan

    Run = Callable[..., Awaitable[Any]]


def shaper(plan: Plan, *, typed: bool) -> Run:
    """Return `run(fetch, env, variables, asked)`: it runs a plan's statements and returns the root's answer.

    `typed` makes Rows (for graphql-core), else dicts. `asked` collects (key, By, Asks) for fields of other products.
    """
    return _Writer(plan, Expressions(typed=typed)).function()


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
        exec(compile(source, "<plan>", "exec"), self.write.names)  # noqa: S102 - made from our declarations only
        return self.write.names["run"]

    def _fetch(self, fetch: Fetch) -> None:
        arguments = "".join(f"{self._argument(argument, fetch)}, " for argument in fetch.arguments)
        call = f"await fetch({self.write.name(fetch.sql)}, ({arguments}))"
        if fetch.parent is not None:
            keys = f"{{r[{fetch.parent_key}] for r in {_rows(fetch.parent)}}}"
            self.lines.append(f"k{fetch.number} = list({keys} - {{None}})")
            call = f"{call} if k{fetch.number} else ()"
        elif self.plan.how == "keys":
            self.lines.append(f"k{fetch.number} = {self.write.given(self.plan.key)}")
        self.lines.append(f"r{fetch.number} = {call}")

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
        """Sort a fetch's rows by the parent they belong to, shaped."""
        n = fetch.number
        if fetch.page is not None:
            self._group_pages(fetch, fetch.page)
            return
        self.lines += [f"g{n} = {{}}", f"for r in {_rows(fetch)}:"]
        if fetch.present is not None:
            self.lines.append(f"    if r[{fetch.present}] is None: continue")
        self.lines += [
            f"    x = {self.write.tree(fetch.record)}",
            f"    if (s := g{n}.get(r[{fetch.group}])) is None: g{n}[r[{fetch.group}]] = [x]",
            "    else: s.append(x)",
        ]

    def _group_pages(self, fetch: Fetch, page: PageTree) -> None:
        n = fetch.number
        total = "" if page.total is None else f"; t{n}[k] = r[{page.total}]"
        self.lines += [
            f"g{n} = {{}}; t{n} = {{}}",
            f"for r in {_rows(fetch)}:",
            f"    k = r[{fetch.group}]",
            f"    if (s := g{n}.get(k)) is None: g{n}[k] = s = []{total}",
            f"    if r[{fetch.present}] is not None: s.append(r)",
            f"for k, s in g{n}.items():",
            *(f"    {line}" for line in self._cut(page)),
            f"    g{n}[k] = {self.write.page(page, f't{n}[k]')}",
            f"s = (); more = False; z{n} = {self.write.page(page, '0')}",
        ]

    def _answer(self, fetch: Fetch) -> None:
        """Shape the root's rows."""
        rows, page = f"r{fetch.number}", fetch.page
        if page is not None:
            present = f"[r for r in {rows} if r[{fetch.present}] is not None]"
            self.lines.append(f"s = {f'list({rows})' if page.total is None else present}")
            total = "0" if page.total is None else f"{rows}[0][{page.total}]"
            self.lines += [*self._cut(page), f"return {self.write.page(page, total)}"]
        elif self.plan.how == "keys":
            key, record = f"r[{fetch.group}]", self.write.tree(fetch.record)
            self.lines += ["d = {}", f"for r in {rows}:", f"    if {key} not in d: d[{key}] = {record}", "return d"]
        else:
            self.lines += [f"if not {rows}: return None", f"r = {rows}[0]", f"return {self.write.tree(fetch.record)}"]

    def _cut(self, page: PageTree) -> list[str]:
        first = self.write.given(page.first)
        return [f"more = len(s) > {first}", f"if more: del s[{first}:]"]


def _rows(fetch: Fetch) -> str:
    while fetch.joined and fetch.parent is not None:
        fetch = fetch.parent
    return f"r{fetch.number}"
