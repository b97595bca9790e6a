"""The statements whose lists hang on rows: LATERAL on PostgreSQL, and what comes nearest to it on SQLite."""

from __future__ import annotations

import os

from .statements import CARD, CLIENTS, LINKED, SOME_TASKS, TASK, TICKET, TWENTY, statement

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
    # Everything of fifty clients by one walk each, where the roll-up of each client took hundreds of looks.
    HEALTH = statement(f"""WITH c AS MATERIALIZED (SELECT id, name, name_folded FROM {CLIENTS}),
      met AS (
        SELECT p.id, p.client_id, p.progress_percent AS progress, CASE WHEN p.due_date < $4 THEN 1 ELSE 0 END AS overdue,
          CASE WHEN p.progress_percent = 0 AND p.start_date < $4 THEN 1 ELSE 0 END AS stalled
        FROM projects p WHERE p.org_id = $1 AND p.client_id = ANY (ARRAY(SELECT id FROM c)) AND p.status != 'COMPLETED'
          AND p.archived_at IS NULL),
      seen AS (SELECT * FROM met WHERE visible of met),
      late AS (
        SELECT m.project_id, count(*) AS number FROM milestones m WHERE m.org_id = $1 AND m.status != 'COMPLETED'
          AND m.due_date < $4 AND m.project_id = ANY (ARRAY(SELECT id FROM seen)) GROUP BY m.project_id),
      h AS (
        SELECT s.client_id, count(*) AS active, sum(s.overdue) AS overdue, sum(s.progress) AS progress,
          sum(coalesce(l.number, 0))::bigint AS late, sum(CASE WHEN coalesce(l.number, 0) + s.stalled > 0 THEN 1 ELSE 0 END) AS at_risk
        FROM seen s FULL JOIN late l ON l.project_id = s.id GROUP BY s.client_id)
      SELECT c.id, c.name, coalesce(active, 0), coalesce(overdue, 0), coalesce(progress, 0), coalesce(late, 0), coalesce(at_risk, 0)
      FROM c FULL JOIN h ON h.client_id = c.id ORDER BY c.name_folded, c.id""")
    ENTITIES = statement(f"SELECT r.id, p.* FROM unnest($2::text[]) r(id) JOIN LATERAL ({LINKED}) p ON true")
