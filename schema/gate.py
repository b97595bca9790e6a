"""The document gate: what a client sent becomes a validated document, or the reasons why it does not."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    OperationType,
    parse,
    validate,
)

from resolvers.answering import PlannedOperation

from .acceptance.walks import Acceptance
from .limits import LIMITS, Limits, Ruler
from .validation import rules_for
from .weights import weight

LONGEST = 15_000  # characters
MOST_TOKENS = 1_000
MOST_ERRORS = 5
NO_NUL = "Text may not hold the character NUL: PostgreSQL cannot store it."
NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u(0000|\{0+\})")  # as a document writes it, the backslash being no escaped one
TOO_MANY_DIGITS = "A number may have 400 digits at most; a text of so many belongs into a variable."
ENDLESS = re.compile(r"(?<!\d)\d{401}")  # digits; Python reads a few thousand of them, and takes long over it


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of a valid document; `digest` names the document in logs, where its text never goes.

    What is `heavy` may come to too many values, as the variables of a request decide.
    """

    document: DocumentNode
    digest: str
    name: str | None
    kind: OperationType
    planned: PlannedOperation
    heavy: bool


@dataclass(frozen=True, slots=True)
class Document:
    """A document that was parsed and found valid: its operations by name, and under None the one that needs no name."""

    operations: Mapping[str | None, Operation]


class Gate:
    """Judges documents before anything runs: length, tokens, syntax, size, validity."""

    def __init__(self, schema: GraphQLSchema, *, introspection: bool = True, limits: Limits = LIMITS) -> None:
        """Take the schema of the documents, whether they may ask about it, and how large they may be."""
        self._schema = schema
        self._introspection = introspection
        self._limits = limits
        self._acceptance = Acceptance(schema)

    def judge(self, query: str) -> Document | list[GraphQLError]:
        """Return the document, or what is wrong with it; each error carries a code."""
        ast = self._parsed(query)
        if isinstance(ast, GraphQLError):
            return [ast]
        refusal = self._measured(Ruler(ast))
        if refusal is not None:
            return [refusal]
        errors = [] if self._acceptance.is_sure(ast) else self._wrong(query, ast)
        return errors or self._document(ast, hashlib.sha256(query.encode(errors="surrogatepass")).hexdigest()[:16])

    def _parsed(self, query: str) -> DocumentNode | GraphQLError:
        if len(query) > LONGEST:
            return _refusal(f"A document may have {LONGEST} characters at most.", "DOCUMENT_TOO_LONG")
        if "\\u" in query and NUL.search(query):
            return _refusal(NO_NUL, "BAD_USER_INPUT")
        if ENDLESS.search(query):
            return _refusal(TOO_MANY_DIGITS, "BAD_USER_INPUT")
        try:
            return parse(query, max_tokens=MOST_TOKENS)
        except GraphQLSyntaxError as error:
            error.extensions = {"code": "GRAPHQL_PARSE_FAILED"}
            return error
        except RecursionError:
            return _refusal("The document is nested too deeply.", "GRAPHQL_PARSE_FAILED")

    def _measured(self, ruler: Ruler) -> GraphQLError | None:
        if ruler.is_hollow:
            return _refusal("A selection names at least one field.", "GRAPHQL_PARSE_FAILED")
        complaint = ruler.complaint(self._limits)
        return None if complaint is None else _refusal(complaint, "DOCUMENT_TOO_LARGE")

    def _wrong(self, query: str, ast: DocumentNode) -> list[GraphQLError]:
        rules = rules_for(query, introspection=self._introspection)
        errors = validate(self._schema, ast, rules, max_errors=MOST_ERRORS, hide_suggestions=True)
        for error in errors:
            error.extensions = {"code": "GRAPHQL_VALIDATION_FAILED"} | (error.extensions or {})
        return errors[:MOST_ERRORS]

    def _document(self, ast: DocumentNode, digest: str) -> Document | list[GraphQLError]:
        fragments = {node.name.value: node for node in ast.definitions if isinstance(node, FragmentDefinitionNode)}
        nodes = [node for node in ast.definitions if isinstance(node, OperationDefinitionNode)]
        operations: dict[str | None, Operation] = {}
        for node in nodes:
            name = node.name.value if node.name else None
            planned = PlannedOperation(self._schema, node, fragments, len(nodes))
            values, joins = weight(planned, None)
            if joins > self._limits.joins:
                return [_refusal(f"Each row may lead to {self._limits.joins} others at most.", "DOCUMENT_TOO_LARGE")]
            heavy = values > self._limits.values
            operations[name] = Operation(ast, digest, name, node.operation, planned, heavy)
        if len(operations) == 1:
            operations[None] = next(iter(operations.values()))
        return Document(operations)

    def weighed(self, operation: Operation, variables: Mapping[str, Any]) -> list[GraphQLError]:
        """Return why a heavy operation may not run with these variables, nothing where it may."""
        values = weight(operation.planned, variables).values
        if values <= self._limits.values:
            return []
        message = (
            f"This may be answered with {values:,} values, and {self._limits.values:,} are the most."
            " Ask for shorter pages (first), or for fewer lists within lists."
        )
        return [_refusal(message, "ANSWER_TOO_LARGE")]


def _refusal(message: str, code: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": code})
