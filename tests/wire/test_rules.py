"""A document is held only to rules that can say something about it: what is wrong with it is found all the same."""

from __future__ import annotations

import pytest
from graphql import NoSchemaIntrospectionCustomRule, parse, validate

from schema import roots
from schema.gate import Document, Gate
from schema.validation import ABOUT, RULES, rules_for

SCHEMA = roots.build()._schema
WRONG = [
    "{ nobody }",
    "{ viewer }",
    "{ viewer { id { id } } }",
    "{ viewer { id(first: 1) } }",
    "{ __schema { types { name } } }",
    "{ projects(first: 1, first: 2) { nodes { id } } }",
    '{ projects(first: "x") { nodes { id } } }',
    "{ project { id } }",
    "{ viewer { a: id a: name } }",
    "query A { viewer { id } } query A { viewer { id } }",
    "type A { b: C }",
    "{ viewer { id } } query A { viewer { id } }",
    '{ projects(filter: {search: "a", search: "b"}) { nodes { id } } }',
    "fragment F on Project { id } { viewer { id } }",
    "{ viewer { ...F } }",
    "{ viewer { ... on Nothing { id } } }",
    "{ viewer { ... on Project { id } } }",
    "{ viewer { ...F } } fragment F on User { ...F }",
    "{ viewer { ...F } } fragment F on User { id } fragment F on User { name }",
    "{ viewer { ...F } } fragment F on ID { id }",
    "query ($a: Nothing) { project(id: $a) { id } }",
    "query ($a: ID!) { viewer { id } }",
    "{ project(id: $a) { id } }",
    "query ($a: ID!, $a: ID!) { project(id: $a) { id } }",
    "query ($a: Project) { project(id: $a) { id } }",
    "query ($a: Int) { project(id: $a) { id } }",
    "query ($a: ID!) { viewer { ...F } } fragment F on User { id }",
    "{ viewer { id @nothing } }",
    "{ viewer { id @skip } }",
    "{ viewer { id @skip(if: true) @skip(if: true) } }",
    "{ viewer @deprecated { id } }",
    "query @include(if: true) { viewer { id } }",
    "{ viewer { id @include(if: 1) } }",
    'subscription { a: projectActivity(projectId: "x") { id } b: projectActivity(projectId: "y") { id } }',
    "subscription { __typename }",
    "query ($a: Boolean!) { viewer { id @skip(if: $a) ... on User { name @include(if: $b) } } }",
]
FINE = [
    "{ viewer { id } }",
    "query ($id: ID!) { project(id: $id) { ...F } } fragment F on Project { id @skip(if: false) }",
]


@pytest.mark.parametrize("query", WRONG)
def test_nothing_wrong_goes_unseen(query: str):
    told = Gate(SCHEMA, introspection=False).judge(query)
    rules = (*RULES, NoSchemaIntrospectionCustomRule)
    all_told = validate(SCHEMA, parse(query), rules, max_errors=5, hide_suggestions=True)

    assert isinstance(told, list)
    assert [error.message for error in told] == [error.message for error in all_told[:5]]
    assert told


@pytest.mark.parametrize("query", FINE)
def test_what_is_fine_is_let_through(query: str):
    assert isinstance(Gate(SCHEMA).judge(query), Document)


def test_each_word_spares_its_rules():
    bare = {rule.__name__ for rule in rules_for("{ viewer { id } }", introspection=True)}

    spared = {rule.__name__ for rules in ABOUT.values() for rule in rules}
    assert bare == {rule.__name__ for rule in RULES} - spared
    for words, rules in ABOUT.items():
        for word in words:
            assert {rule.__name__ for rule in rules_for(word, introspection=True)} == bare | {
                rule.__name__ for rule in rules
            }
