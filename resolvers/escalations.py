"""Escalating tasks: the wish is written down first, then the outbox opens the ticket while somebody waits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from db.access import Action
from db.escalations.requests import Addresses, Form, asked_before, request, ticket_link_of

from .exports import PATIENCE, require_configured
from .permissions import may_with_task

if TYPE_CHECKING:
    from db.escalations.requests import Escalated

    from .context import Context


async def escalate_task(context: Context, asked: Any) -> dict[str, Any]:
    """Ask for a ticket out of a task and wait a while until it is there and linked back."""
    form = Form(asked.subject, asked.priority, asked.description)
    escalated = await _escalated_before(context, asked, form) or await _escalate(context, asked, form)
    org_id = context.viewer.org_id
    await context.outbox.run_for(org_id, [escalated.op_id], PATIENCE)
    async with context.database.read(org_id) as session:
        link_id = await ticket_link_of(session, org_id, escalated.escalation.id)
    return {
        "task_id": asked.task_id,
        "escalation_id": escalated.escalation.id,
        "link_id": link_id,
        "replayed": escalated.replayed,
    }


async def _escalated_before(context: Context, asked: Any, form: Form) -> Escalated | None:
    async with context.database.read(context.viewer.org_id) as session:
        return await asked_before(session, context.viewer, asked.task_id, form, idempotency_key=asked.idempotency_key)


async def _escalate(context: Context, asked: Any, form: Form) -> Escalated:
    await may_with_task(context, asked.task_id, Action.ESCALATE_TASK)
    await require_configured(context)
    addresses = Addresses(context.links.task(asked.task_id), context.links.tickets)
    async with context.database.write(context.viewer.org_id) as session:
        return await request(
            session, context.viewer, asked.task_id, form, addresses,
            idempotency_key=asked.idempotency_key, now=context.now,
        )  # fmt: skip
