"""Values that random documents may ask for: ids that are there, that are hidden, that are not, and answers' cursors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graphql import parse

from tests.reading.population import CLIENTS, PEOPLE

if TYPE_CHECKING:
    from db.viewers import Viewer
    from tests.reading.reference import Reference
    from tests.reading.values import Known

NODES = (
    "Project", "ActivityEvent", "Task", "Milestone", "TicketLink", "TimeEntry", "ExportLine", "ExportBatch",
    "Escalation", "ContractLink", "ProjectMember",
)  # fmt: skip
SEARCHES = (
    "a", "", " office MOVE ", "prj-00000", "PRJ-000002", "STRASSE", "ß", "öl", "%", "_", "\\", '"', "☕", "日本",
    "İ", "i̇stan", "CABLES", "größe", "ﬁ", "fi", "nothing has this", "\t", "'",
)  # fmt: skip
DAYS = ("2026-03-02", "2026-02-28", "2026-03-03", "0001-01-01", "9999-12-31")
MOMENTS = ("2026-03-02T00:00:00Z", "2026-03-01T09:30:00.123456+02:00", "2026-03-02T20:30:00Z", "0001-01-01T00:00:00Z")
ORDERS = {
    "projects": ("Project", ["CREATED", "NUMBER", "NAME", "DUE_DATE", "PROGRESS_PERCENT", "UPDATED_AT"]),
    "tasks": ("Task", ["CREATED", "NAME", "DUE_DATE", "UPDATED_AT"]),
    "timeEntries": ("TimeEntry", ["DATE", "CREATED"]),
    "clients": ("Client", ["NAME", "ID"]),
    "commandCenter": ("ClientHealth", []),
    "activity": ("ActivityEvent", []),
    "exportBatches": ("ExportBatch", []),
}


def known_values(reference: Reference, viewer: Viewer) -> Known:
    """Return what there is in the reference's world, with the cursors that it gives to somebody who sees all of it."""
    ids = {table: _ids(reference, table) for table in NODES}
    some = [id_ for table in NODES for id_ in ids[table][:6]]
    clients, contracts, tickets = (
        [*CLIENTS, "cl_9"],
        ["ctr_1", "ctr_2", "CTR-ä", "7", "none"],
        ["tkt_1", "TKT-é", "9", "none"],
    )
    by_key = {
        "Project": ids["Project"],
        "Task": ids["Task"][:9],
        "Client": clients,
        "Contract": contracts,
        "Ticket": tickets,
    }
    return {
        **ids, "User": [*PEOPLE, "usr_nobody"], "Client": clients, "Contract": contracts, "search": list(SEARCHES),
        "Date": list(DAYS), "DateTime": list(MOMENTS), "number": ["PRJ-000001", "PRJ-000007", "prj-000001", ""],
        "node": [*some, "usr_ann", "prj_unknown", "nothing", "", "zz_1"],
        "representation": [
            *({"__typename": name, "id": id_} for name, known in by_key.items() for id_ in known),
            {"__typename": "User", "id": "usr_ann"}, {"__typename": "Project"}, {"id": "x"},
        ],
        **_cursors(reference, viewer),
    }  # fmt: skip


def _ids(reference: Reference, table: str) -> list[str]:
    return [row["id"] for row in reference.world.tables[table]] + ["unknown"]


def _cursors(reference: Reference, viewer: Viewer) -> Known:
    found: Known = {}

    def ask(document: str) -> Any:
        result = reference.execute(parse(document), {}, viewer)
        assert result.errors is None
        return result.data

    for root, (kind, fields) in ORDERS.items():
        for name in ["own", *(f"{by} {way}" for by in fields for way in ("ASC", "DESC"))]:
            field, _, direction = name.partition(" ")
            by = f", orderBy: {{field: {field}, direction: {direction}}}" if direction else ""
            answer = ask(f"{{ {root}(first: 100{by}) {{ edges {{ cursor }} }} }}")
            found[f"{kind} {name}"] = [edge["cursor"] for edge in answer[root]["edges"]]
    batches = ask("{ exportBatches(first: 100) { nodes { lines { edges { cursor } } } } }")["exportBatches"]["nodes"]
    found["ExportLine own"] = [edge["cursor"] for batch in batches for edge in batch["lines"]["edges"]]
    found["elsewhere"] = [found["Task NAME ASC"][0], "", "bm9uc2Vuc2U=", "W10="]
    return found
