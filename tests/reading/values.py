"""Arguments of random documents: literals, variables, defaults, nulls, and nothing at all, for every input there is."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graphql import GraphQLEnumType, GraphQLInputObjectType, GraphQLList, GraphQLNonNull, Undefined

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from graphql import GraphQLArgument, GraphQLField

    Below = Callable[[int], int]

Known = dict[str, list[Any]]  # by what it is a value of: "project", "user", "search", …; cursors by "Type order"
IDS = {
    "projectId": "Project", "taskId": "Task", "milestoneId": "Milestone", "assigneeId": "User", "ownerId": "User",
    "userId": "User", "clientId": "Client", "contractId": "Contract", "search": "search", "dateFrom": "Date",
    "dateTo": "Date", "since": "DateTime", "number": "number", "ids": "node", "representations": "representation",
    "project.id": "Project", "task.id": "Task", "client.id": "Client", "exportBatch.id": "ExportBatch",
    "node.id": "node",
}  # fmt: skip
SMALL, ANY = [2, 1, 3, 0, 7], [5, 1, 0, 2, 20, 100]


@dataclass(frozen=True)
class Plain:
    """What makes up plain values for a place, and, of a list, its entries."""

    make: Callable[[], Any]
    each: Plain | None = None


@dataclass
class Variables:
    """The variables of a document: how they are declared, and what is sent for them."""

    declared: dict[str, str] = field(default_factory=dict)
    sent: dict[str, Any] = field(default_factory=dict)
    effective: dict[str, Any] = field(default_factory=dict)

    def add(self, type_: str, default: Any, value: Any, literal: Callable[[Any], str]) -> str:
        """Declare one more; Undefined stands for no default, and for not sent."""
        name = f"v{len(self.declared)}"
        self.declared[name] = f"${name}: {type_}" + ("" if default is Undefined else f" = {literal(default)}")
        if value is not Undefined:
            self.sent[name] = value
        self.effective[name] = default if value is Undefined else value
        return name

    @property
    def text(self) -> str:
        """Return the declarations."""
        return f"({', '.join(self.declared.values())})" if self.declared else ""


class Values:
    """Writes values for inputs. Every method that writes one returns its text and what it comes to."""

    def __init__(self, below: Below, known: Known) -> None:
        self.below = below
        self.known = known
        self.variables = Variables()

    def pick(self, options: Sequence[Any]) -> Any:
        """Return one of the options; the first is the simplest."""
        return options[self.below(len(options))]

    def chance(self, percent: int) -> bool:
        """Return True so often."""
        return self.below(100) >= 100 - percent

    def arguments(self, field: GraphQLField, name: str, *, root: bool) -> str:
        """Return a field's arguments, parentheses included, or nothing."""
        if {"first", "after"} <= field.args.keys():
            texts = self._paging(field, root=root)
        else:
            texts = [f"{key}: {self._argument(argument, f'{name}.{key}')[0]}" for key, argument in field.args.items()]
        return f"({', '.join(texts)})" if texts else ""

    def condition(self) -> str:
        """Return the value of a directive's `if`."""
        wanted = bool(self.below(2))
        if self.chance(50):
            return _literal(wanted, None)
        if self.chance(5):
            return f"${self.variables.add('Boolean', wanted, None, json.dumps)}"
        kind = self.pick(["Boolean!", "Boolean! = true", "Boolean = false"])
        return f"${self.variables.add(kind, Undefined, wanted, json.dumps)}"

    def _paging(self, field: GraphQLField, *, root: bool) -> list[str]:
        """Write a connection's arguments: the cursor belongs to the order that the others ask for."""
        texts: dict[str, str] = {}
        order: Any = None
        for name in sorted(field.args.keys() - {"first", "after"}):
            if self.chance(45):
                texts[name], value = self._argument(field.args[name], name)
                order = value if name == "orderBy" else order
        if self.chance(70):
            texts["first"], _ = self._value(
                field.args["first"].type, Plain(lambda: self._size(root=root)), has_default=True
            )
        if self.chance(30):
            cursors = self._cursors(str(field.type).rstrip("!").removesuffix("Connection"), order)
            if root and self.chance(5):
                cursors = self.known["elsewhere"]
            texts["after"], _ = self._value(
                field.args["after"].type, Plain(lambda: self.pick(cursors)), has_default=True
            )
        return [f"{name}: {text}" for name, text in texts.items()]

    def _size(self, *, root: bool) -> int:
        if root and self.chance(2):
            return self.pick([101, -1])
        return self.pick(ANY if root else SMALL)

    def _cursors(self, kind: str, order: Any) -> list[str]:
        name = f"{order['field']} {order.get('direction') or 'ASC'}" if isinstance(order, dict) else "own"
        return self.known.get(f"{kind} {name}") or self.known[f"{kind} own"]

    def _argument(self, argument: GraphQLArgument, place: str) -> tuple[str, Any]:
        default = argument.default_value is not Undefined
        return self._value(argument.type, self.plain(argument.type, place), has_default=default)

    def _value(self, type_: Any, plain: Plain, *, has_default: bool) -> tuple[str, Any]:
        """Write a value for a place of a type: a literal, a variable, or null where there may be one."""
        nullable = not isinstance(type_, GraphQLNonNull)
        named = type_ if nullable else type_.of_type
        if nullable and self.chance(6):
            return "null", None
        if self.chance(60):
            return self._literal(named, plain)
        name = self._variable(named, plain, nullable=nullable, has_default=has_default)
        return f"${name}", self.variables.effective[name]

    def _variable(self, named: Any, plain: Plain, *, nullable: bool, has_default: bool) -> str:
        value = plain.make()

        def literal(default: Any) -> str:
            return _literal(default, named)

        ways: list[tuple[str, Any, Any]] = [
            (f"{named}!", Undefined, value), (f"{named}", plain.make(), Undefined), (f"{named}!", plain.make(), value),
        ]  # fmt: skip
        if nullable or has_default:
            ways += [(f"{named}", Undefined, value), (f"{named}", Undefined, Undefined)]
        if nullable:
            ways += [(f"{named}", Undefined, None), (f"{named}", plain.make(), None)]
        elif self.chance(5):
            ways = [(f"{named}", plain.make(), None)]  # valid, and an error when it runs
        kind, default, sent = self.pick(ways)
        return self.variables.add(kind, default, sent, literal)

    def _literal(self, named: Any, plain: Plain) -> tuple[str, Any]:
        if isinstance(named, GraphQLInputObjectType):
            return self._object(named)
        if plain.each is not None and self.chance(35):
            parts = [self._value(named.of_type, plain.each, has_default=False) for _ in range(self.below(3))]
            return f"[{', '.join(text for text, _ in parts)}]", [value for _, value in parts]
        value = plain.make()
        return _literal(value, named), value

    def _object(self, named: GraphQLInputObjectType) -> tuple[str, dict[str, Any]]:
        texts, values = [], {}
        for name, entry in named.fields.items():
            if (isinstance(entry.type, GraphQLNonNull) and entry.default_value is Undefined) or self.chance(35):
                default = entry.default_value is not Undefined
                text, value = self._value(entry.type, self.plain(entry.type, name), has_default=default)
                texts.append(f"{name}: {text}")
                values |= {} if value is Undefined else {name: value}
        return f"{{{', '.join(texts)}}}", values

    def plain(self, type_: Any, place: str) -> Plain:
        """Return what makes up plain values for a place."""
        named = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
        if isinstance(named, GraphQLList):
            each = self.plain(named.of_type, place)
            return Plain(lambda: each.make() if self.chance(5) else [each.make() for _ in range(self.below(4))], each)
        if isinstance(named, GraphQLEnumType):
            return Plain(lambda: self.pick(list(named.values)))
        if isinstance(named, GraphQLInputObjectType):
            return Plain(lambda: self._whole(named))
        if named.name == "Boolean":
            return Plain(lambda: bool(self.below(2)))
        kind = IDS.get(place) or IDS.get(place.rpartition(".")[2])
        assert kind is not None, f"Say in IDS what kind of value `{place}` takes."
        return Plain(lambda: self.pick(self.known[kind]))

    def _whole(self, named: GraphQLInputObjectType) -> Mapping[str, Any]:
        return {
            name: self.plain(entry.type, name).make()
            for name, entry in named.fields.items()
            if isinstance(entry.type, GraphQLNonNull) or self.chance(35)
        }


def _literal(value: Any, named: Any) -> str:
    """Return a JSON value as a document writes it."""
    named = named.of_type if isinstance(named, GraphQLNonNull) else named
    inner = named.of_type if isinstance(named, GraphQLList) else None
    if isinstance(value, list):
        return f"[{', '.join(_literal(each, inner) for each in value)}]"
    if isinstance(value, dict):
        fields = named.fields if isinstance(named, GraphQLInputObjectType) else {}
        entries = (
            f"{key}: {_literal(each, fields[key].type if key in fields else None)}" for key, each in value.items()
        )
        return f"{{{', '.join(entries)}}}"
    if inner is not None:
        return _literal(value, inner)  # one entry stands for a list of it
    return str(value) if isinstance(named, GraphQLEnumType) else json.dumps(value, ensure_ascii=False)
