"""Linking tasks to tickets that exist in the PSA; nothing syncs afterwards (the seed)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from db import tickets
from db.access import Action
from db.refusals import TicketNotFound
from db.tickets import TicketFacts
from psa.errors import PsaNotFound

from .permissions import may_with_task

if TYPE_CHECKING:
    from .context import Context


async def link_task_to_ticket(context: Context, asked: Any) -> dict[str, Any]:
    """Link a task to a ticket of the PSA; of a pair that is linked already the link stays as it is."""
    await may_with_task(context, asked.task_id, Action.LINK_TICKET)
    psa = await context.psa()
    try:
        ticket = await psa.ticket(asked.ticket_id)
    except PsaNotFound:
        raise TicketNotFound(asked.ticket_id) from None
    url = context.links.ticket(ticket.id)
    facts = TicketFacts(ticket.id, ticket.number, ticket.title, ticket.status, ticket.priority, url)
    async with context.database.write(context.viewer.org_id) as session:
        link, already = await tickets.link(session, context.viewer, asked.task_id, facts, now=context.now)
    return {"task_id": link.task_id, "link_id": link.id, "already_linked": already}


async def unlink_task_from_ticket(context: Context, asked: Any) -> dict[str, Any]:
    """Close a link, whether or not the PSA still has the ticket; it is not asked."""
    async with context.database.write(context.viewer.org_id) as session:
        link = await tickets.unlink(session, context.viewer, asked.link_id, now=context.now)
    return {"task_id": link.task_id, "link_id": link.id}
