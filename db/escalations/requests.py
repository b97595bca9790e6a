"""Asking for an escalation, and linking its task to the ticket it became (domain 8.5)."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from db import activity, contracts, idempotency, tickets
from db.access import Action, task_for
from db.activity import ActivityKind
from db.base import new_id
from db.inputs import checked, one_of, required, text
from db.ledger.intents import Intent, enqueue
from db.ledger.tables import OpKind, OutboundOp
from db.projects.tables import Project
from db.refusals import ListTooLong
from db.tasks.tables import Task
from db.tickets import LinkOrigin, TicketFacts, TicketPriority

from .tables import Escalation

if TYPE_CHECKING:
    from datetime import datetime

    from db.idempotency import Wish
    from db.session import ReadSession, WriteSession
    from db.viewers import Viewer

SUBJECT_LIMIT = 500  # the portal's limit (domain 5)
MOST_ESCALATIONS = 100  # of a task, which shows them whole


@dataclass(frozen=True, slots=True)
class Form:
    """What the form holds (the seed): subject of 1 to 500 characters, priority, a description that is not empty."""

    subject: str
    priority: TicketPriority
    description: str


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where people find things: the task in our app, and the PSA app's tickets (a ticket's id is put behind)."""

    task_url: str
    tickets_url: str


@dataclass(frozen=True, slots=True)
class Escalated:
    """An escalation and the op that takes it to the PSA; `replayed`: an earlier request had the key."""

    escalation: Escalation
    op_id: str
    replayed: bool


async def request(
    session: WriteSession, viewer: Viewer, task_id: str, form: Form, addresses: Addresses, *,
    idempotency_key: str, now: datetime,
) -> Escalated:  # fmt: skip
    """Put a task on its way to becoming a ticket of the project's client and, where linked, contract (domain 8.5).

    Raise TaskNotFound, Forbidden, ProjectArchived, InvalidInput, ListTooLong or IdempotencyKeyReused.
    """
    said, wished = _wish(viewer, task_id, form, idempotency_key)
    if (before := await _granted(session, viewer, wished)) is not None:
        return before
    task, project = await task_for(session, viewer, task_id, Action.ESCALATE_TASK)
    escalation = Escalation(
        org_id=viewer.org_id, id=new_id(Escalation.PREFIX), project_id=project.id, task_id=task.id,
        requested_by_id=viewer.user_id, requested_at=now, **said,
    )  # fmt: skip
    earlier = await idempotency.remember(session, viewer.org_id, wished, escalation.id, now=now)
    if earlier is not None:
        return await _replayed(session, viewer.org_id, earlier)
    await _check_room(session, task)
    session.add(escalation)
    await session.flush()
    contract = await contracts.active_link(session, project)
    payload = _payload(project, task, said, addresses) | {"contract_id": contract and contract.psa_contract_id}
    taken = await enqueue(session, [Intent(OpKind.TICKET, escalation.id, 1, payload, f"task:{task.id}")], now)
    activity.record(
        session, viewer, project, now, kind=ActivityKind.TASK_ESCALATED, task_id=task.id,
        summary=f"Escalated {task.name}: {escalation.subject}", details={"escalation_id": escalation.id},
    )  # fmt: skip
    return Escalated(escalation, taken[escalation.id], replayed=False)


async def asked_before(
    session: ReadSession, viewer: Viewer, task_id: str, form: Form, *, idempotency_key: str
) -> Escalated | None:
    """Return what an earlier request with this key brought about, whatever became of task and caller since, or None.

    Raise InvalidInput or IdempotencyKeyReused.
    """
    _, wished = _wish(viewer, task_id, form, idempotency_key)
    return await _granted(session, viewer, wished)


async def link(session: WriteSession, escalation_id: str, ticket: TicketFacts, now: datetime) -> None:
    """Link a task to the ticket that its escalation became, in the unit that settles it; nobody's role is asked for."""
    org_id = session.info["org_id"]
    escalation = await session.get_one(Escalation, (org_id, escalation_id))
    task = await session.get_one(Task, (org_id, escalation.task_id))
    project = await session.get_one(Project, (org_id, escalation.project_id))
    by_hand = {each.psa_ticket_id: each for each in await tickets.active_links(session, task)}
    linked = by_hand.get(ticket.psa_ticket_id) or await tickets.attach(
        session, task, ticket, LinkOrigin.ESCALATED, (escalation.requested_by_id, now)
    )
    escalation.ticket_link_id = linked.id
    activity.record(
        session, None, project, now, kind=ActivityKind.TICKET_CREATED, task_id=task.id,
        summary=f"Ticket {ticket.ticket_number} was opened for {task.name}",
        details={"escalation_id": escalation.id, "psa_ticket_id": ticket.psa_ticket_id},
    )  # fmt: skip


async def ticket_link_of(session: ReadSession | WriteSession, org_id: str, escalation_id: str) -> str | None:
    """Return the link to the ticket that an escalation became, None as long as there is none."""
    its = Escalation.org_id == org_id, Escalation.id == escalation_id
    return await session.scalar(select(Escalation.ticket_link_id).where(*its))


def _wish(viewer: Viewer, task_id: str, form: Form, idempotency_key: str) -> tuple[dict[str, Any], Wish]:
    said = checked(_CHECKS, asdict(form))
    of = {"caller": viewer.user_id, "task": task_id}
    return said, idempotency.wish(idempotency_key, "escalateTask", said | of)


async def _granted(session: ReadSession | WriteSession, viewer: Viewer, wished: Wish) -> Escalated | None:
    earlier = await idempotency.replay(session, viewer.org_id, wished)
    return None if earlier is None else await _replayed(session, viewer.org_id, earlier)


async def _check_room(session: WriteSession, task: Task) -> None:
    """Raise ListTooLong where a task was escalated, or has links, as often as may be."""
    its = Escalation.org_id == task.org_id, Escalation.task_id == task.id
    if (await session.scalar(select(func.count()).select_from(Escalation).where(*its)) or 0) >= MOST_ESCALATIONS:
        raise ListTooLong("escalations of a task", MOST_ESCALATIONS)
    tickets.check_room(await tickets.active_links(session, task))


def _payload(project: Project, task: Task, said: dict[str, Any], addresses: Addresses) -> dict[str, Any]:
    return {
        "subject": said["subject"],
        "description": said["description"],
        "priority": said["priority"].value,
        "client_id": project.client_id,
        "project_number": project.number,
        "task_id": task.id,
        "task_url": addresses.task_url,
        "tickets_url": addresses.tickets_url,
    }


async def _replayed(session: ReadSession | WriteSession, org_id: str, escalation_id: str) -> Escalated:
    escalation = await session.get_one(Escalation, (org_id, escalation_id))
    its = OutboundOp.org_id == org_id, OutboundOp.subject_id == escalation_id, OutboundOp.kind == OpKind.TICKET
    op_id = (await session.scalars(select(OutboundOp.id).where(*its, OutboundOp.newest))).one()
    return Escalated(escalation, op_id, replayed=True)


def _subject(value: str) -> str:
    value = text(value).strip()
    if not 0 < len(value) <= SUBJECT_LIMIT:
        raise ValueError(f"must be 1 to {SUBJECT_LIMIT} characters long")
    return value


def _description(value: str) -> str:
    value = text(value).strip()
    if not value:
        raise ValueError("must not be empty")
    return value


_CHECKS = {
    "subject": required(_subject),
    "priority": required(one_of(TicketPriority)),
    "description": required(_description),
}
