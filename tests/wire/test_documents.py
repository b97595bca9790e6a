"""What is kept of the documents that clients send, and what a hostile client can do to it."""

import orjson
import pytest
from graphql import GraphQLError

from schema import roots
from schema.documents import KEPT, ON_TRIAL, Documents, digest
from schema.gate import Document, Gate
from schema.serving.requests import has_nul

TINY = "query tiny($id: ID!) { project(id: $id) { id name } }"
JUDGE = Gate(roots.build()._schema).judge


def counting() -> tuple[Documents, list[str]]:
    """Documents that note what the gate had to judge."""
    judged: list[str] = []

    def judge(text: str) -> Document | list[GraphQLError]:
        judged.append(text)
        return JUDGE(text)

    return Documents(judge), judged


def codes(found: Document | list[GraphQLError]) -> list[str]:
    assert isinstance(found, list)
    return [(error.extensions or {})["code"] for error in found]


def test_a_document_is_judged_once():
    documents, judged = counting()

    first, second, third = (documents.find(TINY) for _ in range(3))

    assert first is second is third
    assert judged == [TINY]


def test_a_document_that_is_no_good_is_not_kept():
    documents, judged = counting()

    assert codes(documents.find("{ nothing }")) == ["GRAPHQL_VALIDATION_FAILED"]
    assert codes(documents.find("{ nothing }")) == ["GRAPHQL_VALIDATION_FAILED"]
    assert len(judged) == 2


def test_a_flood_of_new_documents_pushes_out_no_document_that_was_sent_twice():
    documents, judged = counting()
    documents.find(TINY)
    documents.find(TINY)

    for number in range(ON_TRIAL * 2):
        documents.find(f"query flood{number} {{ __typename }}")
    documents.find(TINY)

    assert judged.count(TINY) == 1


def test_a_flood_pushes_out_what_was_sent_once():
    documents, judged = counting()
    documents.find(TINY)

    for number in range(ON_TRIAL * 2):
        documents.find(f"query flood{number} {{ __typename }}")
    documents.find(TINY)

    assert judged.count(TINY) == 2


def test_what_is_kept_is_bounded():
    documents, _judged = counting()

    for number in range(KEPT + 50):
        for _ in range(2):
            documents.find(f"query q{number} {{ __typename }}")

    assert len(documents._kept.documents) == KEPT
    assert len(documents._trial.documents) <= ON_TRIAL


def test_a_hash_finds_the_text_it_was_sent_with():
    documents, _judged = counting()

    assert codes(documents.find(None, digest(TINY))) == ["PERSISTED_QUERY_NOT_FOUND"]
    sent = documents.find(TINY, digest(TINY))

    assert documents.find(None, digest(TINY)) is sent


def test_a_hash_finds_a_text_that_was_kept_before_somebody_named_the_hash():
    documents, _judged = counting()
    kept = [documents.find(TINY) for _ in range(2)][-1]

    assert documents.find(TINY, digest(TINY)) is kept
    assert documents.find(None, digest(TINY)) is kept


def test_nul_is_refused_however_a_document_writes_it():
    for written in (r"\u0000", r"\u{0}", r"\u{000}"):
        assert codes(JUDGE(f'{{ project(id: "{written}") {{ id }} }}')) == ["BAD_USER_INPUT"]
    for text in (r"\u{10}\u0001", r"\\u0000", r"\\\\u{0}"):
        assert isinstance(JUDGE(f'{{ project(id: "{text}") {{ id }} }}'), Document)


@pytest.mark.parametrize(
    ("json", "holds"), [(rb'"a\u0000"', True), (rb'"\\\u0000"', True), (rb'"a\\u0000"', False), (b"{}", False)]
)
def test_nul_is_told_from_its_name_in_a_body(json: bytes, *, holds: bool):
    assert ("\0" in str(orjson.loads(json))) is holds
    assert has_nul(json) is holds


def test_numbers_without_end_are_refused_before_python_reads_them():
    for document in (
        "{ project(id: %s) { id } }",
        "{ projects(first: %s) { totalCount } }",
        "{ project(id: -%s) { id } }",
    ):
        assert codes(JUDGE(document % ("1" * 401))) == ["BAD_USER_INPUT"]
        assert codes(JUDGE(document % ("1" * 5_000))) == ["BAD_USER_INPUT"]
    assert isinstance(JUDGE("{ project(id: %s) { id } }" % ("1" * 400)), Document)


def test_a_text_is_not_kept_under_a_hash_that_is_not_its_own():
    documents, _judged = counting()

    assert codes(documents.find(TINY, digest("{ __typename }"))) == ["PERSISTED_QUERY_HASH_MISMATCH"]
    assert codes(documents.find(None, digest("{ __typename }"))) == ["PERSISTED_QUERY_NOT_FOUND"]


def test_a_closed_list_serves_its_documents_by_text_and_by_hash_and_no_others():
    documents = Documents(JUDGE, {digest(TINY): TINY})

    assert isinstance(documents.find(None, digest(TINY)), Document)
    assert isinstance(documents.find(TINY), Document)
    assert codes(documents.find("{ __typename }")) == ["DOCUMENT_NOT_TRUSTED"]
    assert codes(documents.find(None, digest("{ __typename }"))) == ["PERSISTED_QUERY_NOT_FOUND"]
