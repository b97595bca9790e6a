"""What is there beside GraphQL: the page for browsers, the contract, whether the server is ready, other origins."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from alembic.script import ScriptDirectory

from app import create_app
from db.migrating import STEPS
from db.versions import HEAD
from schema.ide.fetch import FOLDER
from schema.serving.ide import ASSETS, Ide
from tests.wire.serving import front, served, settings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.wire.serving import Front

HTML = {"accept": "text/html,application/xhtml+xml"}
ORIGIN = "https://app.example"


async def test_a_browser_gets_a_page_that_runs_only_its_own_scripts(door: Front):
    answer = await door.client.get("/graphql", headers=HTML)

    policy, nonce = answer.headers["content-security-policy"], re.search(r'nonce="([\w-]+)"', answer.text)
    assert answer.status_code == 200
    assert nonce is not None
    assert f"'nonce-{nonce[1]}'" in policy
    assert "frame-ancestors 'none'" in policy
    assert not re.findall(r'(?:src|href|from)="?https?://', answer.text)
    assert "canary" not in answer.text


async def test_a_link_with_a_query_opens_the_page_and_runs_nothing(door: Front):
    linked = "/graphql?query=mutation{archiveProject(input:{id:%22canary%22}){__typename}}"

    page, program = await door.client.get(linked, headers=HTML), await door.client.get(linked)

    assert page.status_code == 200
    assert "canary" not in page.text  # only the browser reads what the link says
    assert program.status_code == 405


async def test_every_page_has_a_nonce_of_its_own(door: Front):
    pages = [(await door.client.get("/graphql", headers=HTML)).text for _ in range(2)]

    assert pages[0] != pages[1]


@pytest.mark.parametrize("accept", ["*/*", "application/json", ""])
async def test_who_does_not_name_html_gets_no_page(door: Front, accept: str):
    answer = await door.client.get("/graphql", headers={"accept": accept})

    assert answer.status_code == 405


async def test_graphiql_comes_from_this_server_once_it_was_fetched(tmp_path: Path):
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "ruru.js").write_text("export const here = true\n")
    ide = Ide(tmp_path)

    page = ide.page().body.decode()

    assert f'await import("{ASSETS}/ruru.js")' in page
    assert [route.path for route in ide.routes()] == [ASSETS]


@pytest.mark.skipif(not FOLDER.is_dir(), reason="GraphiQL was not fetched here: make ide")
async def test_the_pages_files_are_kept_for_a_year(door: Front):
    answer = await door.client.get(f"{ASSETS}/ruru.js")

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"


async def test_without_graphiql_there_is_a_plain_page_that_says_so(tmp_path: Path):
    ide = Ide(tmp_path)

    page = ide.page().body.decode()

    assert "GraphiQL was not fetched" in page
    assert [name for name in ("query", "variables", "headers") if f'<textarea id="{name}"' not in page] == []
    assert ide.routes() == []


async def test_the_contract_is_there_for_whom_introspection_is(door: Front):
    answer = await door.client.get("/schema.graphql")

    assert answer.status_code == 200
    assert "type Project implements Node" in answer.text


async def test_a_closed_installation_shows_neither_page_nor_contract_nor_introspection(database_url: str):
    async with front(database_url) as closed:
        page = await closed.client.get("/graphql", headers=HTML)
        contract = await closed.client.get("/schema.graphql")
        asked = await closed.ask("{ __schema { queryType { name } } }")

    assert (page.status_code, contract.status_code) == (405, 404)
    assert asked.json()["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"


async def test_a_migrated_database_is_ready(door: Front):
    alive, ready = await door.client.get("/livez"), await door.client.get("/readyz")

    assert (alive.status_code, ready.status_code) == (200, 200)
    assert (alive.json(), ready.json()) == ({"status": "alive"}, {"status": "ready"})


async def test_an_empty_database_is_not_ready(tmp_path: Path):
    async with served(settings(f"sqlite+aiosqlite:///{tmp_path}/empty.db")) as client:
        alive, ready = await client.get("/livez"), await client.get("/readyz")

    assert alive.status_code == 200
    assert (ready.status_code, ready.json()) == (503, {"status": "unready", "reason": "database"})


async def test_other_tables_than_this_versions_are_not_ready(database_url: str):
    async with front(database_url) as opened:
        await _version(opened, "0000")
        ready = await opened.client.get("/readyz")
        await _version(opened, HEAD)

    assert (ready.status_code, ready.json()) == (503, {"status": "unready", "reason": "migrations"})


def test_the_version_that_is_waited_for_is_the_newest_step():
    assert ScriptDirectory(str(STEPS)).get_heads() == [HEAD]


async def test_no_other_origin_is_told_anything_unless_it_is_listed(door: Front):
    answer = await door.ask("{ viewer { name } }", {"origin": ORIGIN})

    assert [name for name in answer.headers if name.startswith("access-control")] == []


async def test_a_listed_origin_may_ask_and_no_other(database_url: str):
    asks = {"access-control-request-method": "POST", "access-control-request-headers": "authorization"}
    async with front(database_url, allowed_origins=f"{ORIGIN}, https://two.example") as opened:
        preflight = await opened.client.options("/graphql", headers={"origin": ORIGIN, **asks})
        answer = await opened.ask("{ viewer { name } }", {"origin": ORIGIN})
        foreign = await opened.ask("{ viewer { name } }", {"origin": f"{ORIGIN}.evil.example"})

    assert preflight.headers["access-control-allow-origin"] == ORIGIN
    assert answer.headers["access-control-allow-origin"] == ORIGIN
    assert "access-control-allow-origin" not in foreign.headers
    assert "access-control-allow-credentials" not in answer.headers
    assert answer.headers["access-control-expose-headers"] == "retry-after, x-request-id"


def test_building_the_application_opens_nothing(tmp_path: Path):
    create_app(settings(f"sqlite+aiosqlite:///{tmp_path}/never.db"))

    assert list(tmp_path.iterdir()) == []


async def _version(opened: Front, version: str) -> None:
    async with opened.database._writer.begin() as connection:
        await connection.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{version}'")  # noqa: S608 - ours
