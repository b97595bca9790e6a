"""The document gate: what a client sent becomes a validated document, or the reasons why it does not."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    parse,
    specified_rules,
    validate,
)
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from resolvers.answering import PlannedOperation

LONGEST = 15_000  # characters
MOST_TOKENS = 1_000
MOST_ERRORS = 5
RULES = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)


@dataclass(frozen=True, slots=True)
class Document:
    """A document that was parsed and found valid; `digest` names it in logs, where its text never goes."""

    ast: DocumentNode
    digest: str
    planned: Mapping[str | None, PlannedOperation]


class Gate:
    """Judges documents before anything runs: length, tokens, syntax, validity."""

    def __init__(self, schema: GraphQLSchema, *, introspection: bool = True) -> None:
        """Take the schema that documents are validated against, and whether they may ask about it."""
        self._schema = schema
        self._rules = RULES if introspection else (*RULES, NoSchemaIntrospectionCustomRule)

    def judge(self, query: str) -> Document | list[GraphQLError]:
        """Return the document, or what is wrong with it; each error carries a code."""
        if len(query) > LONGEST:
            return [_refusal(f"A document may have {LONGEST} characters at most.", "DOCUMENT_TOO_LONG")]
        try:
            ast = parse(query, max_tokens=MOST_TOKENS)
        except GraphQLSyntaxError as error:
            error.extensions = {"code": "GRAPHQL_PARSE_FAILED"}
            return [error]
        except RecursionError:
            return [_refusal("The document is nested too deeply.", "GRAPHQL_PARSE_FAILED")]
        errors = validate(self._schema, ast, self._rules, max_errors=MOST_ERRORS, hide_suggestions=True)
        if not errors:
            digest = hashlib.sha256(query.encode(errors="surrogatepass")).hexdigest()[:16]
            return Document(ast, digest, self._planned(ast))
        for error in errors:
            error.extensions = {"code": "GRAPHQL_VALIDATION_FAILED"} | (error.extensions or {})
        return errors[:MOST_ERRORS]

    def _planned(self, ast: DocumentNode) -> dict[str | None, PlannedOperation]:
        fragments = {node.name.value: node for node in ast.definitions if isinstance(node, FragmentDefinitionNode)}
        operations = [node for node in ast.definitions if isinstance(node, OperationDefinitionNode)]
        return {
            node.name.value if node.name else None: PlannedOperation(self._schema, node, fragments)
            for node in operations
        }


def _refusal(message: str, code: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": code})
