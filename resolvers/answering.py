"""The fast finisher: a query whose every field is planned becomes bytes without graphql-core walking its rows.

It declines what it cannot do, and anything that goes wrong in it; the standard finisher then gives the answer, so
that errors, null propagation and extensions keep graphql-core's exact semantics.
"""

from __future__ import annotations

import asyncio
from functools import partial
from typing import TYPE_CHECKING, Any

import orjson
from graphql import GraphQLNonNull, OperationType

from .arguments import signature
from .reading import planned
from .selections import NotPlanned, Selections
from .variables import Variables

if TYPE_CHECKING:
    from graphql import FragmentDefinitionNode, GraphQLSchema, OperationDefinitionNode

    from .context import Context
    from .shaping import Run

WRITE = orjson.OPT_UTC_Z
VARIANTS, ENTRIES = 16, 1_000  # a document's plans, and what they want in all: each of it costs some hundred bytes
UNKNOWN: Any = object()


class PlannedOperation:
    """One operation of a validated document, with a plan for each variant of its variables that was met."""

    __slots__ = ("_entries", "_largest", "_variables", "_variants", "fragments", "node", "schema")

    def __init__(
        self,
        schema: GraphQLSchema,
        node: OperationDefinitionNode,
        fragments: dict[str, FragmentDefinitionNode],
        operations: int = 1,
    ) -> None:
        """Take an operation, and how many there are in its document: they share what may be kept of it."""
        self.schema = schema
        self.node = node
        self.fragments = fragments
        self._variables = Variables(schema, node.variable_definitions or ())
        self._variants: dict[Any, list[tuple[str, Run, bool]] | None] = {}
        self._entries = ENTRIES // operations
        self._largest = 1  # entries of one of them

    async def answer(self, context: Context, raw: dict[str, Any]) -> bytes | None:
        """Return the whole response body, or None where the standard finisher must answer."""
        if self.node.operation is not OperationType.QUERY:
            return None
        values = self._variables.coerced(raw)
        if values is None:
            return None
        viewer = context.viewer
        signs = [(name, str if type(value) is str else signature(value)) for name, value in values.items()]
        variant = (viewer.sight, viewer.kind, *signs)
        roots = self._variants.get(variant, UNKNOWN)
        if roots is UNKNOWN:
            roots = self._plan(context, variant, values)
        if roots is None:
            return None
        fetch, env = context.database.reader.fetch, context.env
        if len(roots) != 1:  # several; none where all is skipped
            return await _together(fetch, env, roots, values)
        key, run, needed = roots[0]
        value = await run(fetch, env, values)
        return None if value is None and needed else orjson.dumps({"data": {key: value}}, option=WRITE)

    def _plan(self, context: Context, variant: Any, values: dict[str, Any]) -> list[tuple[str, Run, bool]] | None:
        selections = Selections(self.schema, self.fragments, values)
        try:
            roots = self._roots(context, selections)
        except NotPlanned:
            roots = None
        if selections.arguments.lasting:
            self._keep(variant, roots, selections.entries)
        return roots

    def _keep(self, variant: Any, roots: list[tuple[str, Run, bool]] | None, entries: int) -> None:
        """Keep a plan for others; the oldest give way, so that nobody can take all places for good."""
        self._largest = max(self._largest, entries)
        most = min(VARIANTS, max(1, self._entries // self._largest))
        while len(self._variants) >= most:
            del self._variants[next(iter(self._variants))]
        self._variants[variant] = roots

    def _roots(self, context: Context, selections: Selections) -> list[tuple[str, Run, bool]]:
        query = self.schema.query_type
        assert query is not None  # noqa: S101 - the schema has a query root
        fragments = context.database.fragments(context.viewer.sight)
        roots: list[tuple[str, Run, bool]] = []
        for key, nodes in selections.fields(query, [self.node.selection_set]).items():
            if nodes[0].name.value == "__typename":
                roots.append((key, partial(_constant, query.name), True))
                continue
            field = query.fields.get(nodes[0].name.value)
            policy = (field.extensions or {}).get("policy") if field else None
            if field is None or policy is None or context.viewer.kind not in policy.value:
                raise NotPlanned
            run = planned(field, nodes, selections, fragments, typed=False)
            roots.append((key, run, isinstance(field.type, GraphQLNonNull)))
        return roots


async def _constant(value: Any, *_request: Any) -> Any:
    return value


async def _together(fetch: Any, env: Any, roots: list[tuple[str, Run, bool]], values: dict[str, Any]) -> bytes | None:
    answers = await asyncio.gather(*(run(fetch, env, values) for _key, run, _needed in roots))
    answer = {}
    for (key, _, needed), value in zip(roots, answers, strict=True):
        if value is None and needed:
            return None
        answer[key] = value
    return orjson.dumps({"data": answer}, option=WRITE)
