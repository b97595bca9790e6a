"""The statements whose lists hang on rows: LATERAL on PostgreSQL, and what comes nearest to it on SQLite."""

from __future__ import annotations

import os

from .statements import CARD, CLIENTS, LINKED, ROLL_UP, SOME_TASKS, TASK, TICKET, TWENTY, statement

SQLITE = os.environ["DATABASE_URL"].startswith("sqlite")

if SQLITE:
    DEEP = statement(
        f"SELECT p.id, p.name, p.status, {TASK} FROM {TWENTY} LEFT JOIN tasks t ON t.org_id = $1"
        f" AND t.id IN ({SOME_TASKS.replace('*', 't.id')}) {TICKET} ORDER BY p.id, t.id"
    )
    HEALTH = statement(
        "SELECT id, name, count(progress), sum(coalesce(overdue, 0)), sum(coalesce(progress, 0)),"
        " sum(coalesce(late, 0)), sum(coalesce(late, 0) + stalled > 0) FROM ("
        "SELECT c.id, c.name, c.name_folded, p.progress_percent AS progress, p.due_date < $4 AS overdue,"
        " coalesce(p.progress_percent = 0 AND p.start_date < $4, 0) AS stalled,"
        " (SELECT count(*) FROM milestones m WHERE m.org_id = $1 AND m.project_id = p.id AND m.status != 'COMPLETED'"
        f" AND m.due_date < $4) AS late FROM {CLIENTS} LEFT JOIN projects p ON p.org_id = $1 AND p.client_id = c.id"
        " AND p.status != 'COMPLETED' AND p.archived_at IS NULL AND visible(p)"
        ") GROUP BY id ORDER BY name_folded, id"
    )
    ENTITIES = statement(
        "SELECT r.value, p.id, p.name, p.progress_percent FROM json_each($2) r CROSS JOIN contract_links k"
        " ON k.org_id = $1 AND k.psa_contract_id = r.value AND k.unlinked_at IS NULL"
        " JOIN projects p ON p.org_id = $1 AND p.id = k.project_id WHERE visible(p) ORDER BY p.id"
    )
else:
    # The tickets of all cards at once: 400 looks into an index cost more than one walk through it.
    DEEP = statement(f"""WITH s AS MATERIALIZED (
        SELECT p.id AS project, p.name AS called, p.status AS stage, {CARD}
        FROM {TWENTY} LEFT JOIN LATERAL ({SOME_TASKS.replace("*", CARD)}) t ON true)
      SELECT s.project, s.called, s.stage, {TASK.replace("t.", "s.")} FROM s FULL JOIN (
        SELECT l.task_id, l.ticket_number, l.ticket_title, l.ticket_url FROM ticket_links l
        WHERE l.org_id = $1 AND l.newest AND l.task_id = ANY (ARRAY(SELECT id FROM s))) l ON l.task_id = s.id
      ORDER BY s.project, s.id""")
    HEALTH = statement(
        "SELECT c.id, c.name, h.active, h.overdue, h.progress::bigint, h.late::bigint, h.at_risk"
        f" FROM {CLIENTS} JOIN LATERAL ({ROLL_UP}) h ON true ORDER BY c.name_folded, c.id"
    )
    ENTITIES = statement(f"SELECT r.id, p.* FROM unnest($2::text[]) r(id) JOIN LATERAL ({LINKED}) p ON true")
