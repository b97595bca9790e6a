"""The limit, by text: one statement a document, in which PostgreSQL writes the JSON of the whole answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.documents import CLIENTS_BY_NAME, PROJECTS
from db.pages import read_cursor

from .rows import today
from .statements import CLIENTS, LINKED, ROLL_UP, SOME_TASKS, TICKET, TWENTY, statement

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Fetch = Callable[..., Awaitable[list[Any]]]

CARD = "'id', t.id, 'name', t.name, 'status', t.status, 'priority', t.priority, 'dueDate', t.due_date, 'ticketLink', "
ON_BOARD = "json_build_object('ticketNumber', l.ticket_number, 'ticketUrl', l.ticket_url)"
IN_FULL = "json_build_object('ticketNumber', l.ticket_number, 'ticketTitle', l.ticket_title, 'ticketUrl', l.ticket_url)"


def _cards(link: str, tasks: str) -> str:
    link = f"CASE WHEN l.id IS NOT NULL THEN {link} END"
    cards = f"SELECT json_build_object({CARD} {link}) AS card FROM ({tasks}) t {TICKET} ORDER BY t.id"
    return f"json_build_object('nodes', (SELECT coalesce(json_agg(s.card), '[]') FROM ({cards}) s))"


BOARD = statement(f"""SELECT json_build_object('project', (SELECT json_build_object('id', p.id, 'name', p.name,
  'tasks', {_cards(ON_BOARD, SOME_TASKS.replace("20", "100"))})
  FROM projects p WHERE p.org_id = $1 AND p.id = $2 AND visible(p)))::text""")

TINY = statement("""SELECT json_build_object('project', (SELECT json_build_object('id', p.id, 'name', p.name)
  FROM projects p WHERE p.org_id = $1 AND p.id = $2 AND visible(p)))::text""")

DEEP = statement(f"""SELECT json_build_object('projects', json_build_object('edges', coalesce(json_agg(
  json_build_object('node', json_build_object('id', p.id, 'name', p.name, 'status', p.status,
    'tasks', {_cards(IN_FULL, SOME_TASKS)})) ORDER BY p.id), '[]')))::text FROM {TWENTY}""")

CURSOR = f"encode(convert_to('[\"{PROJECTS}\",\"' || p.id || '\"]', 'UTF8'), 'base64')"
PAGE = """WITH page AS MATERIALIZED (SELECT * FROM projects p WHERE p.org_id = $1 AND p.id > $2 AND visible(p)
    ORDER BY p.id LIMIT {more}),
  shown AS (SELECT p.id, {cursor} AS cursor, json_build_object('id', p.id, 'number', p.number, 'name', p.name,
      'status', p.status, 'progressPercent', p.progress_percent, 'dueDate', p.due_date,
      'client', CASE WHEN c.id IS NOT NULL THEN json_build_object('id', c.id, 'name', c.name) END,
      'contractLink', CASE WHEN k.id IS NOT NULL THEN json_build_object('contractNumber', k.contract_number) END,
      'milestones', (SELECT coalesce(json_agg(json_build_object('id', m.id, 'name', m.name, 'dueDate', m.due_date)
          ORDER BY coalesce(m.due_date, '9999-12-31'), m.id), '[]')
        FROM milestones m WHERE m.org_id = $1 AND m.project_id = p.id)) AS node
    FROM (SELECT * FROM page ORDER BY id LIMIT {first}) p
    LEFT JOIN clients c ON c.org_id = $1 AND c.id = p.client_id
    LEFT JOIN contract_links k ON k.org_id = $1 AND k.project_id = p.id AND k.unlinked_at IS NULL)
  SELECT json_build_object('projects', json_build_object(
    'edges', (SELECT coalesce(json_agg(json_build_object('cursor', s.cursor, 'node', s.node) ORDER BY s.id), '[]')
      FROM shown s),
    'pageInfo', json_build_object('hasNextPage', (SELECT count(*) FROM page) > {first},
      'endCursor', (SELECT s.cursor FROM shown s ORDER BY s.id DESC LIMIT 1)),
    'totalCount', (seen())))::text"""

HEALTH = statement(f"""SELECT json_build_object('commandCenter', json_build_object('nodes', coalesce(json_agg(
  json_build_object('client', json_build_object('id', c.id, 'name', c.name), 'health', json_build_object(
    'activeProjects', h.active, 'overdueProjects', h.overdue,
    'averageProgress', round(h.progress * 10.0::float8 / nullif(h.active, 0)) / 10,
    'overdueMilestones', h.late, 'atRiskProjects', h.at_risk)) ORDER BY c.name_folded, c.id), '[]')))::text
  FROM {CLIENTS} JOIN LATERAL ({ROLL_UP}) h ON true""")

ENTITIES = statement(f"""SELECT json_build_object('_entities', json_agg(json_build_object('id', r.id, 'projects',
  json_build_object('nodes', (SELECT coalesce(json_agg(json_build_object('id', p.id, 'name', p.name,
    'progressPercent', p.progress_percent)), '[]') FROM ({LINKED}) p))) ORDER BY r.place))::text
  FROM unnest($2::text[]) WITH ORDINALITY r(id, place)""")


def lists(first: int) -> Callable[..., Awaitable[Any]]:
    """Return what asks for a page of so many projects."""
    page = statement(PAGE.format(more=first + 1, first=first, cursor=CURSOR))

    async def ask(fetch: Fetch, asked: dict[str, Any]) -> str:
        return (await fetch(page, read_cursor(asked["after"], PROJECTS, 0, 1)))[0][0]

    return ask


async def board(fetch: Fetch, asked: dict[str, Any]) -> str:
    """Ask for one project's board."""
    return (await fetch(BOARD, asked["id"]))[0][0]


async def deep(fetch: Fetch, asked: dict[str, Any]) -> str:
    """Ask for twenty projects with twenty tasks each."""
    return (await fetch(DEEP, read_cursor(asked["after"], PROJECTS, 0, 1)))[0][0]


async def health(fetch: Fetch, asked: dict[str, Any]) -> str:
    """Ask for the health of fifty clients."""
    name, key = (read_cursor(asked["after"], CLIENTS_BY_NAME, place, 2) for place in (0, 1))
    return (await fetch(HEALTH, name, key, today()))[0][0]


async def tiny(fetch: Fetch, asked: dict[str, Any]) -> str:
    """Ask for one project's name."""
    return (await fetch(TINY, asked["id"]))[0][0]


async def entities(fetch: Fetch, asked: dict[str, Any]) -> str:
    """Ask for contracts with their projects."""
    return (await fetch(ENTITIES, [representation["id"] for representation in asked["reps"]]))[0][0]
