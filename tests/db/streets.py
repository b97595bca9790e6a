"""A street: two organisations whose ops have the same ids, so that one's deeds can be seen to spare the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, select, update

from db.ledger.intents import DUE
from db.ledger.tables import INCARNATION, OpState, OutboundAttempt, OutboundOp, OutboundSender
from db.organizations import Role
from tests import given

if TYPE_CHECKING:
    from db.session import Database

STATES = {f"op_{state.lower()}": state for state in OpState}


@dataclass(frozen=True, slots=True)
class Street:
    """Two organisations, each with an op of every state; the ops' ids are the same."""

    database: Database
    here: str
    there: str

    async def ops(self, org: str) -> dict[str, OutboundOp]:
        async with self.database.read(org) as session:
            return {op.id: op for op in await session.scalars(select(OutboundOp).where(OutboundOp.org_id == org))}

    async def senders(self) -> dict[str, OutboundSender]:
        async with self.database.read(None) as session:
            return {sender.org_id: sender for sender in await session.scalars(select(OutboundSender))}

    async def change(self, org: str, *op_ids: str, **facts: Any) -> None:
        async with self.database.write(org) as session:
            await session.execute(update(OutboundOp).where(OutboundOp.id.in_(op_ids)).values(facts))


async def built(database: Database) -> Street:
    """Store a street."""
    orgs = []
    for _ in range(2):
        place = await given.workplace(database)
        person = place.users[Role.MEMBER]
        ops = [
            given.export_op(given.time_entry(place.project, person), state, id=op_id) for op_id, state in STATES.items()
        ]
        await given.stored(database, OutboundSender(org_id=place.org, served_at=DUE, rests_until=DUE), *ops)
        orgs.append(place.org)
    return Street(database, *orgs)


async def cleared(database: Database) -> None:
    """Leave nothing of the ledger that another test could claim."""
    async with database.write(None) as session:
        for table in (OutboundAttempt, OutboundOp, OutboundSender, INCARNATION):
            await session.execute(delete(table))
