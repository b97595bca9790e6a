"""What a run leaves behind, from three books that do not know each other: the PSA's, the ledger's, the client's."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, text

from db.escalations.tables import Escalation
from db.exports.tables import ExportLine
from db.ledger.tables import OpKind, OutboundAttempt, OutboundOp
from db.tickets import TicketLink

if TYPE_CHECKING:
    from db.session import Database
    from tests.psa_sandbox import Sandbox

# The database itself notes every move and every marker, whoever made it and whatever became of them.
MOVES = (
    "CREATE TABLE crash_moves (number INTEGER PRIMARY KEY {serial}, op_id TEXT, was TEXT, became TEXT, epoch INTEGER,"
    " sends INTEGER)"
)
CHANGED = "OLD.state <> NEW.state OR OLD.sends <> NEW.sends"
NOTED = (
    "INSERT INTO crash_moves (op_id, was, became, epoch, sends)"
    " VALUES (NEW.id, OLD.state, NEW.state, NEW.epoch, NEW.sends)"
)
ON_SQLITE = (
    MOVES.format(serial="AUTOINCREMENT"),
    f"CREATE TRIGGER noted AFTER UPDATE ON outbound_ops WHEN {CHANGED} BEGIN {NOTED}; END",
)
ON_POSTGRES = (
    MOVES.format(serial="GENERATED ALWAYS AS IDENTITY"),
    f"CREATE FUNCTION crash_note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {NOTED}; RETURN NEW; END $$",
    f"CREATE TRIGGER noted AFTER UPDATE ON outbound_ops FOR EACH ROW WHEN ({CHANGED}) EXECUTE FUNCTION crash_note()",
)


@dataclass(frozen=True, slots=True)
class Move:
    """One change of an op's state or of its markers, in the order in which they were committed."""

    op_id: str
    was: str
    became: str
    epoch: int
    sends: int


@dataclass(frozen=True, slots=True)
class Wish:
    """What the client knows of one request: each try's outcome (ok, fail, unknown), and the batch or op it was told.

    `about` names the time entries to export, the task to escalate, or the line to take back.
    """

    kind: OpKind
    key: str
    about: tuple[str, ...]
    heard: list[tuple[str, str | None]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class History:
    """The three books at rest; `kept` and `tickets` are the PSA's, `lines` the ops that are lines of a batch.

    `links` is {escalation: the tickets its task is linked to}.
    """

    wishes: list[Wish]
    ops: list[OutboundOp]
    attempts: list[OutboundAttempt]
    moves: list[Move]
    calls: list[dict[str, Any]]
    kept: list[dict[str, Any]]
    tickets: list[dict[str, Any]]
    lines: set[str]
    links: dict[str, list[str]]
    processes: int

    @property
    def there(self) -> list[dict[str, Any]]:
        """Return everything the PSA keeps."""
        return self.kept + self.tickets

    def ops_of(self, *kinds: OpKind) -> list[OutboundOp]:
        """Return what the ledger has of some kinds."""
        return [op for op in self.ops if op.kind in kinds]

    def of(self, external_ref: str) -> list[str]:
        """Tell everything that happened to one line, and to its void, for a person to read."""
        (op,) = (op for op in self.ops if op.external_ref == external_ref)
        its = {each.id: each.kind for each in self.ops if op.id in (each.id, each.subject_id)}
        moves = [
            f"ledger: {its[m.op_id]} {m.was} -> {m.became} epoch {m.epoch} sends {m.sends}"
            for m in self.moves
            if m.op_id in its
        ]
        tries = [
            f"attempt: {a.started_at:%H:%M:%S.%f} {a.kind} {a.outcome} {a.remote_id}"
            for a in self.attempts
            if a.op_id in its
        ]
        told = ("receivedAt", "finishedAt", "method", "fault", "status", "remoteId")
        calls = [
            " ".join(["psa:", *(f"{name}={call[name]}" for name in told)])
            for call in self.calls
            if call["externalRef"] == external_ref or (op.remote_id and call["path"].endswith(op.remote_id))
        ]
        end = f"end: {op.state} {op.remote_id} {op.error_code} {op.needs_attention}"
        return [external_ref, *moves, *tries, *calls, end]


async def watch(database: Database) -> None:
    """Let the database note every move from now on."""
    async with database.write(None) as session:
        for statement in ON_SQLITE if database.is_sqlite else ON_POSTGRES:
            await session.execute(text(statement))


async def gathered(database: Database, sandbox: Sandbox, tenant: str, wishes: list[Wish], processes: int) -> History:
    """Read the three books."""
    async with database.read(tenant) as session:
        ops = list(await session.scalars(select(OutboundOp).order_by(OutboundOp.id)))
        attempts = list(await session.scalars(select(OutboundAttempt).order_by(OutboundAttempt.id)))
        lines = set(await session.scalars(select(ExportLine.op_id)))
        linked = select(Escalation.id, TicketLink.psa_ticket_id).join(
            TicketLink, TicketLink.task_id == Escalation.task_id
        )
        links: dict[str, list[str]] = {}
        for escalation_id, ticket_id in await session.execute(linked):
            links.setdefault(escalation_id, []).append(ticket_id)
        said = text("SELECT op_id, was, became, epoch, sends FROM crash_moves ORDER BY number")
        moves = [Move(*row) for row in await session.execute(said)]
    calls, kept, tickets = await sandbox.log(tenant), await sandbox.time_entries(tenant), await sandbox.tickets(tenant)
    return History(wishes, ops, attempts, moves, calls, kept, tickets, lines, links, processes)
