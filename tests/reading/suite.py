"""The documents that stand in the other tests, with values for their variables."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graphql import (
    GraphQLError,
    GraphQLNonNull,
    OperationDefinitionNode,
    OperationType,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    parse,
    type_from_ast,
    validate,
    visit,
)

from schema.limits import Ruler
from tests.reading.documents import Document, is_planned
from tests.reading.values import Values

if TYPE_CHECKING:
    from random import Random

    from graphql import DocumentNode, GraphQLSchema, VariableDefinitionNode

    from tests.reading.values import Known

PLACES = {"ID": "ids", "DateTime": "since", "Date": "dateFrom"}  # where values of such a type stand
TESTS = Path(__file__).parents[1]


def suite(schema: GraphQLSchema, known: Known, chance: Random) -> list[Document]:
    """Return every query that is written in a test, is valid, and asks nobody but the database."""
    texts = sorted({text for path in TESTS.rglob("*.py") for text in _texts(path)})
    found = [(text, document) for text in texts if (document := _query(text, schema)) is not None]
    return [Document(text, _variables(document, schema, known, chance)) for text, document in found]


def _texts(path: Path) -> list[str]:
    tree = ast.parse(path.read_text("utf-8"))
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return [text for text in texts if "{" in text]


def _query(text: str, schema: GraphQLSchema) -> DocumentNode | None:
    try:
        document = parse(text)
    except (GraphQLError, RecursionError):
        return None
    first = document.definitions[0]
    if not isinstance(first, OperationDefinitionNode) or first.operation is not OperationType.QUERY:
        return None
    if len([each for each in document.definitions if isinstance(each, OperationDefinitionNode)]) > 1:
        return None
    if Ruler(document).is_hollow:  # pieces that texts are put together from
        return None
    return document if not validate(schema, document) and _all_planned(document, schema) else None


def _all_planned(document: DocumentNode, schema: GraphQLSchema) -> bool:
    types, strange = TypeInfo(schema), []

    class Fields(Visitor):
        def enter_field(self, node: Any, *_rest: Any) -> None:
            parent, field = types.get_parent_type(), types.get_field_def()
            if field is None or not is_planned(parent, field, node.name.value):
                strange.append(node)

    visit(document, TypeInfoVisitor(types, Fields()))
    return not strange


def _variables(document: DocumentNode, schema: GraphQLSchema, known: Known, chance: Random) -> dict[str, Any]:
    operation = document.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    return {
        each.variable.name.value: _value(each, schema, Values(chance.randrange, known))
        for each in operation.variable_definitions or ()
    }


def _value(definition: VariableDefinitionNode, schema: GraphQLSchema, values: Values) -> Any:
    """Return a value that may or may not be there: of ids any, of texts a cursor as well as a number."""
    type_: Any = type_from_ast(schema, definition.type)  # pyright: ignore[reportArgumentType, reportCallIssue]
    name = definition.variable.name.value
    named = type_.of_type if isinstance(type_, GraphQLNonNull) else type_
    places = {"Int": lambda: values.pick([5, 1, 20]), "String": lambda: values.pick(values.known[_kind(name)])}
    if str(named) in places:
        return places[str(named)]()
    return values.plain(type_, PLACES.get(str(named).strip("[]!"), "representations")).make()


def _kind(name: str) -> str:
    return "number" if name == "number" else "search" if name == "search" else "Project own"
