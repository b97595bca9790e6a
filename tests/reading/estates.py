"""Two organisations of the same shape, one a hundred times the other, stored by one statement a table."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import asyncpg
from sqlalchemy import JSON, Boolean, Date, DateTime, Integer, make_url

from db.tables import Base

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from sqlalchemy import Column

SMALL, LARGE = "org_small", "org_large"
OWNER, EVERYWHERE, RARELY = "usr_owner", "usr_everywhere", "usr_rarely"  # who sees all, is a member of all, of five

# One row for each project: its number, as ids end in it, and the project that has the work of twenty.
GRAINS = f"""SELECT org, size, n, lpad(n::text, 6, '0') AS k, lpad((n / 10)::text, 6, '0') AS ten,
'prj_' || lpad((n / 20 * 20)::text, 6, '0') AS busy, timestamptz '2025-01-01' + n * interval '1 minute' AS moment
FROM (VALUES ('{SMALL}', 1000), ('{LARGE}', 100000)) AS o(org, size), generate_series(0, size - 1) AS n"""  # noqa: S608 - no input

# What is not said here is null, or means nothing where it may not be null. Names sort otherwise than ids; forty people
# share the work of either organisation, ten projects are a client's, two tasks a ticket's.
ROWS: dict[str, tuple[str, dict[str, str]]] = {
    "organizations": ("n = 0", {}),
    "users": ("n < 43", {
        "id": f"coalesce((ARRAY['{OWNER}', '{EVERYWHERE}', '{RARELY}'])[n - 39], 'usr_' || n)", "role": "'MEMBER'",
    }),
    "clients": ("n % 10 = 0", {"id": "'cli_' || ten", "name_folded": "md5(ten)"}),
    "projects": ("true", {
        "id": "'prj_' || k", "number": "'PRJ-' || k", "name_folded": "md5(k)", "owner_id": "'usr_' || n % 40",
        "client_id": "'cli_' || ten", "status": "(ARRAY['ACTIVE', 'PLANNING', 'ON_HOLD', 'COMPLETED'])[n % 4 + 1]",
        "due_date": "nullif(date '2026-01-15' + n * 31 % 300, '2026-02-01')", "progress_percent": "n % 11 * 10",
        "archived_at": "CASE WHEN n % 9 = 0 THEN moment END", "start_date": "date '2026-01-01' + n % 90",
        "updated_at": "moment + n * 17 % 1000 * interval '1 hour'",
    }),
    "project_members": ("true", {
        "id": "'mbr_' || k || person", "project_id": "'prj_' || k", "user_id": "person", "role": "'MEMBER'",
    }),
    "milestones": ("true", {
        "id": "'mst_' || k", "project_id": "busy", "due_date": "date '2026-02-15' + n % 90", "status": "'PENDING'",
    }),
    "tasks": ("true", {
        "id": "'tsk_' || k", "project_id": "busy", "name_folded": "md5(k)", "milestone_id": "'mst_' || ten",
        "assignee_id": "'usr_' || n % 40", "due_date": "nullif(date '2026-01-15' + n * 31 % 300, '2026-02-01')",
        "priority": "'LOW'", "status": "(ARRAY['TODO', 'IN_PROGRESS', 'IN_REVIEW', 'BLOCKED', 'DONE'])[n % 5 + 1]",
        "updated_at": "moment + n * 17 % 1000 * interval '1 hour'",
    }),
    "task_dependencies": ("n % 5 < 4", {
        "id": "'dep_' || k", "task_id": "'tsk_' || k",
        "depends_on_id": "'tsk_' || lpad((n / 5 * 5 + 4)::text, 6, '0')",
    }),
    "time_entries": ("true", {
        "id": "'tme_' || k", "project_id": "busy", "task_id": "'tsk_' || k", "user_id": "'usr_' || n % 40",
        "date": "date '2025-01-01' + n % 401", "billable": "n % 4 > 0", "source": "'PROJECTS'", "hours": "100",
        "approval_status": "(ARRAY['APPROVED', 'PENDING', 'REJECTED'])[n % 3 + 1]",
    }),
    "contract_links": ("n % 5 < 4", {
        "id": "'ctl_' || k", "project_id": "'prj_' || k", "contract_type": "'OTHER'",
        "psa_contract_id": "'con_' || ten",
    }),
    "ticket_links": ("n % 4 < 2", {
        "id": "'tkl_' || k", "task_id": "'tsk_' || k", "project_id": "busy", "newest": "true", "origin": "'LINKED'",
        "psa_ticket_id": "'tic_' || lpad((n / 4 * 4)::text, 6, '0')",
    }),
    "escalations": ("n % 20 = 0", {
        "id": "'esc_' || k", "task_id": "'tsk_' || k", "project_id": "busy", "priority": "'LOW'",
    }),
    "outbound_ops": ("n % 2 = 0", {
        "id": "'op_' || k", "subject_id": "'tme_' || k", "kind": "'TIME'", "newest": "true", "external_ref": "k",
        "state": "(ARRAY['CONFIRMED', 'REJECTED', 'UNKNOWN', 'VOIDED', 'PENDING'])[n / 2 % 5 + 1]", "order_key": "k",
    }),
    "export_batches": ("n % 20 = 0", {"id": "'exb_' || k", "project_id": "busy"}),
    "export_lines": ("n % 2 = 0", {
        "id": "'exl_' || k", "batch_id": "replace(busy, 'prj', 'exb')", "position": "n", "op_id": "'op_' || k",
        "time_entry_id": "'tme_' || k",
    }),
    "activity_events": ("true", {
        "id": "'act_' || k", "project_id": "busy", "client_id": "'cli_' || ten", "task_id": "'tsk_' || k",
        "at": "moment", "kind": "(ARRAY['PROJECT_CREATED', 'PROJECT_UPDATED'])[n % 2 + 1]",
    }),
}  # fmt: skip
FROM = {
    "project_members": f""", unnest(ARRAY['{EVERYWHERE}', 'usr_' || n % 40,
    CASE WHEN n % (size / 5) = 0 THEN '{RARELY}' ELSE 'usr_' || (n + 3) % 40 END]) AS person"""
}
INERT = {Boolean: "false", Integer: "1", Date: "date '2026-01-01'", DateTime: "moment", JSON: "'{}'"}


@asynccontextmanager
async def connected(url: str, **settings: str) -> AsyncIterator[Any]:
    """Open a connection of the driver that reads run on."""
    where = make_url(url)
    connection = await asyncpg.connect(
        host=where.query["host"], user=where.username, database=where.database, server_settings=settings
    )  # fmt: skip
    try:
        yield connection
    finally:
        await connection.close()


async def settle(url: str) -> None:
    """Store both organisations and have the database look at them."""
    await asyncio.gather(*(_fill(url, table) for table in ROWS))


async def _fill(url: str, table: str) -> None:
    which, columns = ROWS[table]
    said = {column.name: columns.get(column.name) or _inert(column) for column in Base.metadata.tables[table].c}
    stored = {name: value for name, value in said.items() if value}
    chosen = f"FROM ({GRAINS}) AS g{FROM.get(table, '')} WHERE {which}"
    rows = f"SELECT {', '.join(stored.values())} {chosen}"
    async with connected(url, session_replication_role="replica") as connection:  # keys fit; looking is slow
        await connection.execute(f"INSERT INTO {table} ({', '.join(stored)}) {rows}")
        await connection.execute(f"VACUUM ANALYZE {table}")


def _inert(column: Column[Any]) -> str:
    if column.name == "org_id":
        return "org"
    if column.nullable:
        return ""
    kind = getattr(column.type, "impl_instance", column.type)
    return next((value for type_, value in INERT.items() if isinstance(kind, type_)), "''")
