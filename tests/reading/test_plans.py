"""What is declared has its index: no read of a large organisation reads all of it, whoever asks.

On PostgreSQL only: it chooses by what it knows of the tables, so a plan can be right on a small one and wrong on a
large one. SQLite's statements walk the same indexes; it knows nothing of the tables and explains no numbers of rows.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from db.drivers.postgresql import READ_SETTINGS
from db.session import Database
from db.shapes import Const, Fact, One, Page, PagePart, PageShape, Paging, Root, Shape, Var, Want
from tests.reading.estates import EVERYWHERE, OWNER, RARELY, connected, settle
from tests.reading.explaining import Explainer, Finding
from tests.reading.inquiries import Inquiry, inquiries

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from tests.postgres import Postgres

ASKERS = (OWNER, EVERYWHERE, RARELY)
SEARCH = "(search)"  # text within text has no index without an extension: the order is walked until a page is full
MOST = 25_000  # rows, of 100,000 in each of the large tables: what reads may touch that no index answers by itself
# The active projects of the first fifty clients that somebody sees, in the large organisation.
ACTIVE = """WITH mine AS (
    SELECT p.* FROM projects p JOIN project_members m ON m.org_id = p.org_id AND m.project_id = p.id
    WHERE p.org_id = 'org_large' AND m.user_id = $1)
  SELECT FROM mine WHERE status <> 'COMPLETED' AND archived_at IS NULL AND client_id IN (
    SELECT c.id FROM clients c WHERE c.org_id = 'org_large' AND c.id IN (SELECT client_id FROM mine)
    ORDER BY c.name_folded, c.id LIMIT 50)"""
# An index that one read lives by.
NEEDED = {
    "Project() by progress_percent": "ix_projects_org_id_progress_percent_id",
    "Task() by -due_date continued": "ix_tasks_due_date_earliest",
    "Ticket.links": "ix_ticket_links_by_ticket",
    "Task.time_entries": "ix_time_entries_org_id_task_id_date_id",
}


@pytest.fixture(scope="module")
async def explainer(postgres: Postgres, postgres_template: str) -> AsyncIterator[Explainer]:
    """Give a connection as reads have it, to a database with both organisations in it."""
    url = postgres.create_database("estates", postgres_template)
    await settle(url)
    database = Database(url)
    async with connected(url, **READ_SETTINGS) as connection:
        yield Explainer(database, connection)
    await database.close()
    postgres.drop_database("estates")


@pytest.fixture(scope="module")
async def findings(explainer: Explainer) -> list[Finding]:
    """Give what every read takes; pairs of filter and order are asked for by one, to save time."""
    pairs = [inquiry for inquiry in inquiries() if inquiry.paired]
    plain = [inquiry for inquiry in inquiries() if not inquiry.paired]
    return [*await explainer.findings(plain, ASKERS), *await explainer.findings(pairs, (OWNER,))]


async def test_no_read_scans_a_table(findings: list[Finding]):
    scanned = {finding.name: set(finding.scanned) for finding in findings if finding.scanned}

    assert scanned == {}


async def test_a_read_costs_the_same_in_an_organisation_a_hundred_times_as_large(findings: list[Finding]):
    # A filter in another order than the entity's own has no index for the two: one is used, the other sorts or sifts.
    answered = [finding for finding in findings if not finding.paired and SEARCH not in finding.name]

    grown = {finding.name: (finding.small, finding.large) for finding in answered if finding.grows}

    assert grown == {}


async def test_no_read_touches_more_than_a_part_of_a_large_organisation(findings: list[Finding]):
    large = {finding.name: finding.large for finding in findings if finding.large.rows > MOST}

    assert large == {}


async def test_what_the_rows_of_many_pages_lead_to_is_found_in_one_walk(explainer: Explainer):
    shape = Shape("Task", {"link": Want(One("ticket_link"), shape=Shape("TicketLink", {"id": Want(Fact("id"))}))})
    page = PageShape("Connection", {"nodes": PagePart("nodes", shape=shape)})
    tasks = Want(Page("tasks"), page=page, paging=Paging(Const(20)))
    several = Root("Project", "keys", key=Var(("key",)), shape=Shape("Project", {"first": tasks, "second": tasks}))
    busy = [f"prj_{number:06}" for number in range(0, 1000, 20)]

    riding, alone = await explainer.walks("ticket_links", Inquiry("tasks", several, {"key": busy}), OWNER)

    assert alone == 1
    assert riding == len(busy) * 20  # on the row itself each is looked up, which few rows are quickest with


@pytest.mark.parametrize("user", [EVERYWHERE, RARELY])
async def test_what_is_summed_up_for_a_page_of_clients_is_found_in_one_walk(explainer: Explainer, user: str):
    figures = Want(One("figures"), shape=Shape("Figures", {"late": Want(Fact("overdue_milestones"))}))
    health = Want(One("health"), shape=Shape("ClientHealth", {"figures": figures}))
    page = PageShape("Connection", {"nodes": PagePart("nodes", shape=Shape("CommandCenter", {"health": health}))})
    counted = PageShape("Connection", {**page.parts, "total": PagePart("totalCount")})
    at_once, each = (Root("CommandCenter", "page", page=asked, paging=Paging(Const(50))) for asked in (page, counted))

    [alone] = await explainer.walks("milestones", Inquiry("health", at_once, {}), user)
    [beside_a_total] = await explainer.walks("milestones", Inquiry("health", each, {}), user)

    assert alone == 1
    assert beside_a_total == len(await explainer.connection.fetch(ACTIVE, user))  # each project's are looked up


@pytest.mark.parametrize("name", NEEDED)
async def test_a_read_that_lost_its_index_is_found(explainer: Explainer, name: str):
    async with changed(explainer, "SET TRANSACTION READ WRITE", f"DROP INDEX {NEEDED[name]}"):
        found = await explainer.finding(named(name), OWNER)

    assert found.grows
    assert not (await explainer.finding(named(name), OWNER)).grows


async def test_a_scanned_table_is_found(explainer: Explainer):
    async with changed(explainer, *(f"SET LOCAL enable_{way} TO off" for way in ("indexscan", "bitmapscan"))):
        found = await explainer.finding(named("Task.time_entries"), OWNER)

    assert "time_entries" in found.scanned


def named(name: str) -> Inquiry:
    [inquiry] = [each for each in inquiries() if each.name == name]
    return inquiry


@asynccontextmanager
async def changed(explainer: Explainer, *statements: str) -> AsyncIterator[None]:
    """Have the database changed for as long as this lasts."""
    change = explainer.connection.transaction()
    await change.start()
    try:
        await explainer.connection.execute("; ".join(statements))
        yield
    finally:
        await change.rollback()
