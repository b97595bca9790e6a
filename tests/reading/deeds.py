"""The later rows of the population: time with its ledger, exports, escalations, and the timeline."""

from __future__ import annotations

from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from db.activity import ActivityEvent, ActivityKind
from db.escalations.tables import Escalation
from db.exports.tables import ExportBatch, ExportLine
from db.ledger.settlements import PARKED
from db.ledger.tables import Attention, OpKind, OpState, OutboundOp
from db.tickets import TicketPriority
from db.time_entries.tables import ApprovalStatus, TimeSource
from tests import given

if TYPE_CHECKING:
    from collections.abc import Sequence

    from db.base import Base
    from db.projects.tables import Project
    from db.tasks.tables import Task
    from db.tickets import TicketLink
    from db.time_entries.tables import TimeEntry
    from tests.reading.population import Population

HOURS = [Decimal("0.00"), Decimal("0.01"), Decimal("1.50"), Decimal("7.25"), Decimal("24.00"), Decimal("0.05")]
RATES = [None, Decimal("0.00"), Decimal("0.50"), Decimal("120.50"), Decimal("99.99"), Decimal("33.30")]
OVER = (OpState.REJECTED, OpState.VOIDED)
SETTLED = (OpState.CONFIRMED, *OVER)
UNFINISHED = (OpState.PENDING, OpState.UNKNOWN, OpState.REJECTED)


class Deeds:
    """What was done in an organisation's projects."""

    def __init__(
        self, among: Population, projects: list[Project], tasks: list[Task], tickets: list[TicketLink]
    ) -> None:
        self.among = among
        self.projects = projects
        self.tasks = tasks
        self.tickets = tickets
        self.sent: set[str] = set()  # of one contract or task, one thing is on its way at a time
        self.entries = [self._entry(project) for project in projects for _ in range(self.among.any.randrange(10))]

    def groups(self) -> list[Sequence[Base]]:
        """Return the rows; what is pointed to stands in an earlier group."""
        ops = [op for entry in self.entries for op in self._ops(entry)]
        batches, lines = self._batches(ops)
        escalations, tickets = self._escalations()
        voids = [self._void(op, OpState.CONFIRMED) for op in ops if op.state is OpState.VOIDED]
        asked = [self._void(op, self.among.of(*UNFINISHED)) for op in ops if op.state is OpState.CONFIRMED]
        voids += self.among.any.sample(asked, len(asked) // 2)
        events = [self._event() for _ in range(90)]
        return [self.entries, ops, batches, lines, escalations, tickets, voids, events]

    def _entry(self, project: Project) -> TimeEntry:
        of, approval = self.among.of, self.among.of(ApprovalStatus.APPROVED, *ApprovalStatus)
        mine = [task for task in self.tasks if task.project_id == project.id]
        task = of(None, *mine)
        decided = approval is not ApprovalStatus.PENDING
        return given.time_entry(
            project, self.among.person(), id=self.among.id(given.TimeEntry), task_id=task.id if task else None,
            milestone_id=task.milestone_id if task else None, hours=of(*HOURS),
            date=given.TODAY - timedelta(self.among.any.randrange(5)), description=of("On site", "", "Söhne 🔧"),
            billable=of(True, True, False), billing_rate=of(*RATES), approval_status=approval,
            approved_by_id=of(None, "usr_ann", "usr_mona") if decided else None,
            approved_at=self.among.moment() if decided else None,
            source=of(*[TimeSource.PROJECTS] * 4, TimeSource.PSA),
            rejection_reason=of("Too long ☹", "") if approval is ApprovalStatus.REJECTED else None,
            revision=of(1, 2, 9), created_at=self.among.moment(), updated_at=self.among.moment(),
        )  # fmt: skip

    def _ops(self, entry: TimeEntry) -> list[OutboundOp]:
        """Let an entry be sent never, once or again; only what was refused or taken back is sent again."""
        states = self.among.of([], [self.among.of(*OpState)], [self.among.of(*OVER), self.among.of(*OpState)])
        return [
            self._op(OpKind.TIME, entry.id, state, newest=place == len(states), entry=entry)
            for place, state in enumerate(states, 1)
        ]

    def _op(
        self, kind: OpKind, subject: str, state: OpState, *, newest: bool = True, entry: TimeEntry | None = None
    ) -> OutboundOp:
        of, id_ = self.among.of, self.among.id(OutboundOp)
        contract = of("ctr_1", "ctr_2", "CTR-ä", "7")
        key = f"contract:{contract}" if entry else f"task:{subject}"
        if state is OpState.SENT and key in self.sent:
            state = OpState.PENDING
        self.sent |= {key} if state is OpState.SENT else set()
        refused, settled = state is OpState.REJECTED, state in SETTLED
        return OutboundOp(
            org_id=self.among.org_id, id=id_, kind=kind, subject_id=subject, newest=newest, revision=of(1, 2),
            external_ref=f"projects:{self.among.org_id}:{id_}", idempotency_key=id_, payload={"contract_id": contract},
            payload_sha256="hash", hours=entry.hours if entry else None, amount=_amount(entry) if entry else None,
            order_key=key, state=state, attempts=of(0, 1, 3), not_before=of(PARKED, *[self.among.moment()] * 3),
            created_at=self.among.moment(),
            last_sent_at=of(None, self.among.moment()), settled_at=self.among.moment() if settled else None,
            remote_id=of("te_1", "té_2") if settled and not refused else None,
            error_code="PSA_REJECTED" if refused else None, error_message=of("Nö", "") if refused else None,
            needs_attention=of(None, None, *Attention),
        )  # fmt: skip

    def _void(self, taken_back: OutboundOp, state: OpState) -> OutboundOp:
        void = self._op(OpKind.VOID, taken_back.id, state)
        void.payload = {"remote_id": taken_back.remote_id, "reason": self.among.of("Wrong client", "Ü ☹")}
        return void

    def _batches(self, ops: list[OutboundOp]) -> tuple[list[Base], list[Base]]:
        """Put ops of one project and contract into batches of up to four; one batch stays without lines."""
        batches: list[Base] = [self._batch(self.projects[0].id, "ctr_1")]
        lines: list[Base] = []
        project_of = {entry.id: entry.project_id for entry in self.entries}
        together: dict[tuple[str, str], list[OutboundOp]] = {}
        for op in ops:
            together.setdefault((project_of[op.subject_id], op.payload["contract_id"]), []).append(op)
        for (project_id, contract), mine in together.items():
            while mine:
                size = self.among.any.randint(1, 4)
                batch = self._batch(project_id, contract)
                batches.append(batch)
                lines += [self._line(batch, place, op) for place, op in enumerate(reversed(mine[:size]))]
                del mine[:size]
        return batches, lines

    def _batch(self, project_id: str, contract: str) -> ExportBatch:
        return ExportBatch(
            org_id=self.among.org_id, id=self.among.id(ExportBatch), project_id=project_id, psa_contract_id=contract,
            contract_number=f"C-{contract}", requested_by_id=self.among.person().id,
            requested_at=self.among.moment(), refused={},
        )  # fmt: skip

    def _line(self, batch: ExportBatch, place: int, op: OutboundOp) -> ExportLine:
        return ExportLine(
            org_id=self.among.org_id, id=self.among.id(ExportLine), batch_id=batch.id, position=place, op_id=op.id,
            time_entry_id=op.subject_id,
        )  # fmt: skip

    def _escalations(self) -> tuple[list[Base], list[Base]]:
        escalations: list[Base] = []
        ops: list[Base] = []
        for number, state in enumerate([state for state in OpState if state is not OpState.VOIDED] * 3):
            task = self.among.any.choice(self.tasks)
            made = [link for link in self.tickets if link.task_id == task.id] if state is OpState.CONFIRMED else []
            escalation = Escalation(
                org_id=self.among.org_id, id=self.among.id(Escalation), project_id=task.project_id, task_id=task.id,
                subject=f"Help {number} ☎", description=self.among.of("It burns", "Ä\nÖ"),
                priority=self.among.of(*TicketPriority),
                requested_by_id=self.among.person().id, requested_at=self.among.moment(),
                ticket_link_id=made[0].id if made else None,
            )  # fmt: skip
            escalations.append(escalation)
            ops.append(self._op(OpKind.TICKET, escalation.id, state))
        return escalations, ops

    def _event(self) -> ActivityEvent:
        """Let most things happen in a project, some to a task of it, a few outside of any."""
        project = self.among.of(None, *self.projects[:12])
        task = self.among.of(None, *(task for task in self.tasks if project and task.project_id == project.id))
        said: dict[str, Any] = self.among.of({}, {"from": None, "to": "Ünï ☃", "n": [1, 2.5, True]})
        return ActivityEvent(
            org_id=self.among.org_id, id=self.among.id(ActivityEvent), project_id=project.id if project else None,
            client_id=project.client_id if project else None, task_id=task.id if task else None,
            actor_id=self.among.of(None, "usr_ann", "usr_mick"), kind=self.among.of(*ActivityKind),
            summary=self.among.of("Did it", "Täten ☃"), at=self.among.moment(), details=said,
        )  # fmt: skip


def _amount(entry: TimeEntry) -> Decimal:
    worth = entry.hours * entry.billing_rate if entry.billable and entry.billing_rate else Decimal(0)
    return worth.quantize(Decimal("0.01"), ROUND_HALF_UP)
