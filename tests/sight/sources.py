"""Where valid documents come from: the repository's own texts, and the writer of random ones."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError, parse, validate

from bench.documents import DOCUMENTS
from tests.reading.documents import Writer

if TYPE_CHECKING:
    from graphql import ASTValidationRule, DocumentNode, GraphQLSchema

ROOT = Path(__file__).parents[2]
PLACES = ("tests", "bench", "schema/tour")


class Anything(dict[str, list[Any]]):
    """Values for random arguments. Nobody runs these documents: all that counts is of which kind they are."""

    def __missing__(self, name: str) -> list[Any]:
        """Return a few texts."""
        return ["x", "", 'quoted "ß"']


KNOWN = Anything(
    {"Date": ["2026-03-02"], "DateTime": ["2026-03-02T00:00:00Z"], "representation": [{"__typename": "Project"}]}
)


def written(schema: GraphQLSchema, rules: list[type[ASTValidationRule]]) -> list[str]:
    """Return every valid document that stands in the tests, the benchmark, the tour and the page for people."""
    files = [path for place in PLACES for path in (ROOT / place).rglob("*.py") if "node_modules" not in path.parts]
    found = {text for path in files for text in _texts(path)}
    page = (ROOT / "schema/ide/plain.html").read_text("utf-8")
    found |= set(re.findall(r"<textarea id=\"query\"[^>]*>(.*?)</textarea>", page, re.DOTALL)) | set(DOCUMENTS.values())
    return sorted(text for text in found if (node := parsed(text)) and not validate(schema, node, rules))


def random_document(schema: GraphQLSchema, number: int) -> str:
    """Return the random document of this number, the same in every run."""
    return Writer(Random(number).randrange, schema, KNOWN).document().text  # noqa: S311 - as it says


def parsed(text: str) -> DocumentNode | None:
    """Return a document as the gate reads it; None for what is none."""
    try:
        return parse(text, max_tokens=1_000)
    except (GraphQLError, RecursionError):
        return None


def _texts(path: Path) -> list[str]:
    tree = ast.walk(ast.parse(path.read_text("utf-8")))
    return [node.value for node in tree if isinstance(node, ast.Constant) and isinstance(node.value, str)]
