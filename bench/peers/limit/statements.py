"""The statements written by hand, once: with the visibility predicate for a member, without it for who sees everything.

`$1` is the organisation, a member's id comes last. `visible(p)` stands for the predicate of a project, `served(c)`
for that of a client; neither is there for an owner. `visible of met` asks for all projects in `met` at once, `seen()`
counts the projects that the predicate lets through.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

PLACE = re.compile(r"[$](\d+)")
MEMBER = "EXISTS (SELECT 1 FROM project_members m WHERE m.org_id = $1 AND m.project_id = {0}.id AND m.user_id = {1})"
OF_MET = (
    "(met.id IN (SELECT m.project_id FROM project_members m WHERE m.org_id = $1 AND m.user_id = {0}"
    " AND m.project_id = ANY (ARRAY(SELECT id FROM met)))) IS TRUE"
)
SERVED = "EXISTS (SELECT 1 FROM projects q WHERE q.org_id = $1 AND q.client_id = c.id AND visible(q))"


@dataclass(frozen=True, slots=True)
class Statement:
    """One text for members, one for those who see everything."""

    member: str
    owner: str


SEEN = "SELECT count(*) AS total FROM project_members m WHERE m.org_id = $1 AND m.user_id = {0}"
ALL = "SELECT count(*) AS total FROM projects p WHERE p.org_id = $1"


def statement(text: str) -> Statement:
    """Write out the predicates of a text; the member's place is the one after the highest."""
    place = f"${max(map(int, PLACE.findall(text))) + 1}"
    member = re.sub(r"visible\((\w)\)", lambda found: MEMBER.format(found[1], place), text.replace("served(c)", SERVED))
    member = member.replace("visible of met", OF_MET.format(place)).replace("seen()", SEEN.format(place))
    owner = re.sub(r"(visible|served)\(\w\)|visible of met", "true", text)
    return Statement(member, owner.replace("seen()", ALL))


ROLL_UP = """SELECT count(*) AS active, coalesce(sum(e.overdue), 0) AS overdue, coalesce(sum(e.progress), 0) AS progress,
    coalesce(sum(e.late), 0) AS late, coalesce(sum(CASE WHEN e.late + e.stalled > 0 THEN 1 ELSE 0 END), 0) AS at_risk
  FROM (SELECT p.progress_percent AS progress, CASE WHEN p.due_date < $4 THEN 1 ELSE 0 END AS overdue,
      CASE WHEN p.progress_percent = 0 AND p.start_date < $4 THEN 1 ELSE 0 END AS stalled,
      (SELECT count(*) FROM milestones m
        WHERE m.org_id = $1 AND m.project_id = p.id AND m.status != 'COMPLETED' AND m.due_date < $4) AS late
    FROM projects p WHERE p.org_id = $1 AND p.client_id = c.id AND p.status != 'COMPLETED' AND p.archived_at IS NULL
      AND visible(p) OFFSET 0) e"""

CLIENTS = """(SELECT * FROM clients c WHERE c.org_id = $1 AND (c.name_folded, c.id) > ($2, $3) AND served(c)
  ORDER BY c.name_folded, c.id LIMIT 50) c"""

PROJECT = """SELECT p.id, p.name, t.id, t.name, t.status, t.priority, t.due_date, l.ticket_number, l.ticket_url
  FROM projects p LEFT JOIN tasks t ON t.org_id = $1 AND t.project_id = p.id
  LEFT JOIN ticket_links l ON l.org_id = $1 AND l.task_id = t.id AND l.newest
  WHERE p.org_id = $1 AND p.id = $2 AND visible(p) ORDER BY t.id LIMIT 100"""

PAGE = """SELECT n.total, p.id, p.number, p.name, p.status, p.progress_percent, p.due_date, c.id, c.name, k.contract_number
  FROM (seen()) n
  LEFT JOIN (SELECT * FROM projects p WHERE p.org_id = $1 AND p.id > $2 AND visible(p) ORDER BY p.id LIMIT {more}) p
    ON true
  LEFT JOIN clients c ON c.org_id = $1 AND c.id = p.client_id
  LEFT JOIN contract_links k ON k.org_id = $1 AND k.project_id = p.id AND k.unlinked_at IS NULL
  ORDER BY p.id"""

LINKED = """SELECT p.id, p.name, p.progress_percent FROM contract_links k
  JOIN projects p ON p.org_id = $1 AND p.id = k.project_id
  WHERE k.org_id = $1 AND k.psa_contract_id = r.id AND k.unlinked_at IS NULL AND visible(p) ORDER BY p.id LIMIT 20"""

SOME_TASKS = "SELECT * FROM tasks t WHERE t.org_id = $1 AND t.project_id = p.id ORDER BY t.id LIMIT 20"
CARD = "t.id, t.name, t.status, t.priority, t.due_date"
TASK = f"{CARD}, l.ticket_number, l.ticket_title, l.ticket_url"
TWENTY = "(SELECT * FROM projects p WHERE p.org_id = $1 AND p.id > $2 AND visible(p) ORDER BY p.id LIMIT 20) p"
TICKET = "LEFT JOIN ticket_links l ON l.org_id = $1 AND l.task_id = t.id AND l.newest"
