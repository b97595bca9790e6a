"""A closed list of documents: what it lets through, whom it binds, and what is said of a list that is no good."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest

from schema.documents import digest
from schema.manifests import Manifest
from schema.serving.settings import BadSettings
from tests.wire.serving import Front, front, settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

TINY = "query tiny($id: ID!) { project(id: $id) { id name } }"
OTHER = "query other($id: ID!) { project(id: $id) { id } }"
HASH = digest(TINY)
APOLLO = {
    "format": "apollo-persisted-query-manifest", "version": 1,
    "operations": [{"id": HASH, "name": "tiny", "type": "query", "body": TINY}],
}  # fmt: skip


def _file(folder: Path, said: object) -> Path:
    file = folder / "documents.json"
    file.write_bytes(said if isinstance(said, bytes) else orjson.dumps(said))
    return file


@pytest.fixture(scope="module")
async def closed(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Front]:
    """Serve one document."""
    file = _file(tmp_path_factory.mktemp("documents"), APOLLO)
    async with front(database_url, trusted_documents=str(file)) as opened:
        yield opened


@pytest.mark.parametrize(
    "said", [{"query": TINY}, {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": HASH}}}]
)
async def test_a_listed_document_is_served_by_text_and_by_hash_alone(closed: Front, said: dict[str, Any]):
    project = closed.place.project

    answer = await closed.client.post("/graphql", json=said | {"variables": {"id": project.id}}, headers=closed.owner)

    assert answer.json() == {"data": {"project": {"id": project.id, "name": project.name}}}


async def test_another_document_is_refused(closed: Front):
    answer = await closed.ask(OTHER, id=closed.place.project.id)

    assert [each["extensions"]["code"] for each in answer.json()["errors"]] == ["DOCUMENT_NOT_TRUSTED"]


async def test_another_document_cannot_be_registered_by_its_hash(closed: Front):
    said = {"query": OTHER, "extensions": {"persistedQuery": {"version": 1, "sha256Hash": digest(OTHER)}}}

    answer = await closed.client.post("/graphql", json=said, headers=closed.owner)

    assert [each["extensions"]["code"] for each in answer.json()["errors"]] == ["DOCUMENT_NOT_TRUSTED"]


async def test_a_gateway_writes_its_own_documents_and_the_panel_is_served(closed: Front):
    key = {"x-integration-key": closed.key}

    service = await closed.client.post("/graphql", json={"query": "{ _service { sdl } }"}, headers=key)
    panel = await closed.context(closed.place.project.id)

    assert "type Project" in service.json()["data"]["_service"]["sdl"]
    assert panel.status_code == 200


def test_a_plain_object_from_hash_to_text_is_a_list_too(tmp_path: Path):
    assert Manifest.read(_file(tmp_path, {HASH: TINY})).texts == Manifest.read(_file(tmp_path, APOLLO)).texts


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (b"{", "is no JSON"),
        ([TINY], "neither an Apollo manifest nor a JSON object from SHA-256 to document"),
        ({"operations": [APOLLO]}, "neither an Apollo manifest nor a JSON object from SHA-256 to document"),
        ({**APOLLO, "operations": [{"id": HASH}]}, "an operation has no id or no body"),
        ({digest(OTHER): TINY}, f"{digest(OTHER)} is not the SHA-256 of the document that goes by it"),
    ],
)
def test_a_list_that_cannot_be_used_is_told_in_a_sentence(tmp_path: Path, said: object, sentence: str):
    with pytest.raises(BadSettings, match=f"^PROJECTS_TRUSTED_DOCUMENTS: .*{sentence}$"):
        settings("sqlite:///x.db", trusted_documents=str(_file(tmp_path, said)))


def test_a_list_that_is_not_there_is_told_in_a_sentence(tmp_path: Path):
    with pytest.raises(BadSettings, match=r"cannot be read \(No such file or directory\)$"):
        settings("sqlite:///x.db", trusted_documents=str(tmp_path / "none.json"))
