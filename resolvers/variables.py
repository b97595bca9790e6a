"""A request's variables, coerced: plain ones at once, everything else (and every mistake) by graphql-core."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import ListTypeNode, NamedTypeNode, NonNullTypeNode, get_variable_values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from graphql import GraphQLSchema, TypeNode, VariableDefinitionNode

PLAIN: dict[str, type] = {"ID": str, "String": str, "Int": int, "Boolean": bool}
LARGEST_INT = 2**31 - 1
ANY = "_Any"


class Variables:
    """The variables of one operation. Most are an id, a cursor or a number, and need no walk over their types."""

    def __init__(self, schema: GraphQLSchema, definitions: Sequence[VariableDefinitionNode]) -> None:
        self._schema = schema
        self._definitions = definitions
        kinds = [(definition.variable.name.value, *_kind(definition.type)) for definition in definitions]
        defaults = any(definition.default_value for definition in definitions)
        self._plain = None if defaults or not all(kind for _, kind, _ in kinds) else kinds

    def coerced(self, raw: dict[str, Any]) -> dict[str, Any] | None:
        """Return the values by name, None where they do not fit the definitions."""
        values: dict[str, Any] = {}
        for name, kind, needed in self._plain or ():
            value = raw.get(name)
            if value is None:
                if needed:
                    return None
                if name in raw:
                    values[name] = None
            elif type(value) is not kind or (kind is int and abs(value) > LARGEST_INT):
                return self._walked(raw)
            elif kind is list and set(map(type, value)) - {dict}:
                return None
            else:
                values[name] = value
        return self._walked(raw) if self._plain is None else values

    def _walked(self, raw: dict[str, Any]) -> dict[str, Any] | None:
        values = get_variable_values(self._schema, self._definitions, raw)
        return None if isinstance(values, list) else values.coerced


def _kind(node: TypeNode) -> tuple[type | None, bool]:
    """Return the Python type whose values pass as they are, and whether null is refused."""
    needed = isinstance(node, NonNullTypeNode)
    inner = node.type if isinstance(node, NonNullTypeNode) else node
    if isinstance(inner, NamedTypeNode):
        return PLAIN.get(inner.name.value), needed
    entry = inner.type if isinstance(inner, ListTypeNode) else None
    named = entry.type if isinstance(entry, NonNullTypeNode) else None
    return (list if isinstance(named, NamedTypeNode) and named.name.value == ANY else None), needed
