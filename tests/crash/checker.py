"""The checker of reliability 6: it decides from the history alone. Its numbers are those of that list."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from db.ledger.tables import Attention, OpState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from db.ledger.tables import OutboundOp
    from tests.crash.histories import History

    Symptom = Callable[[History], list[str]]

EDGES = {
    ("PENDING", "SENT"), ("UNKNOWN", "SENT"), ("SENT", "SENT"), ("SENT", "PENDING"), ("SENT", "UNKNOWN"),
    ("SENT", "CONFIRMED"), ("SENT", "REJECTED"),
}  # fmt: skip
PLACES = 4  # calls of one process under way to one PSA
LATE = ("delay",)  # what the PSA was told to finish after our patience is over: its writes may outlive the next one
SAME = {"contractId": "contract_id", "userId": "user_id", "date": "date", "note": "note"}
FIGURES = ("hours", "amount")


@dataclass(frozen=True, slots=True)
class Flaw:
    """A broken promise: the number in reliability 6, the line it is about (None: all), and what is wrong."""

    number: int
    external_ref: str | None
    wrong: str

    def __str__(self) -> str:
        return f"({self.number}) {self.external_ref or 'all lines'}: {self.wrong}"


def flaws(history: History) -> list[Flaw]:
    """Return every broken promise, the gravest first."""
    checks = (_lines, _strangers, _sums, _sends, _moves, _markers, _crowds, _clients)
    return sorted((flaw for check in checks for flaw in check(history)), key=lambda flaw: flaw.number)


def duplicates(history: History) -> list[str]:
    """Return the references the PSA has more than once."""
    return [ref for ref, times in Counter(entry["externalRef"] for entry in history.kept).items() if times > 1]


def lost(history: History) -> list[str]:
    """Return the references that are confirmed here, and that the PSA does not have."""
    there = {entry["externalRef"] for entry in history.kept}
    return [op.external_ref for op in history.ops if op.state is OpState.CONFIRMED and op.external_ref not in there]


def found_by_audit(history: History) -> list[str]:
    """Return the references that a person has been told are there twice."""
    return [op.external_ref for op in history.ops if op.needs_attention == Attention.DUPLICATE_IN_PSA]


def _lines(history: History) -> Iterator[Flaw]:
    kept = defaultdict(list)
    for entry in history.kept:
        kept[entry["externalRef"]].append(entry)
    for op in history.ops:
        there = kept[op.external_ref]
        if len(there) > 1:
            yield Flaw(1, op.external_ref, f"is in the PSA {len(there)} times")
        if op.state in (OpState.PENDING, OpState.SENT):
            yield Flaw(11, op.external_ref, f"is still {op.state}")
        elif op.state is not OpState.CONFIRMED and op.error_code is None:
            yield Flaw(1, op.external_ref, f"is {op.state} without a reason")
        if op.state is OpState.REJECTED and there:
            yield Flaw(1, op.external_ref, "is refused here and kept there")
        if op.state is OpState.CONFIRMED:
            yield from _confirmed(op, there)


def _confirmed(op: OutboundOp, there: list[dict[str, Any]]) -> Iterator[Flaw]:
    ours = [entry for entry in there if entry["id"] == op.remote_id]
    if not ours:
        yield Flaw(2, op.external_ref, f"is confirmed and the PSA has no {op.remote_id}")
        return
    theirs = [ours[0][name] for name in SAME] + [Decimal(ours[0][name]) for name in FIGURES]
    said = [op.payload[name] for name in SAME.values()] + [Decimal(op.payload[name]) for name in FIGURES]
    if theirs != said:
        yield Flaw(2, op.external_ref, f"says {theirs} in the PSA and {said} here")


def _strangers(history: History) -> Iterator[Flaw]:
    ours = {op.external_ref for op in history.ops}
    for entry in history.kept:
        if entry["externalRef"] not in ours:
            yield Flaw(3, entry["externalRef"], "is in the PSA without a line")


def _sums(history: History) -> Iterator[Flaw]:
    """Add up what is settled; a doubt that a person has to settle is in neither sum."""
    in_doubt = {op.external_ref for op in history.ops if op.state is OpState.UNKNOWN}
    for name in FIGURES:
        there = sum(Decimal(entry[name]) for entry in history.kept if entry["externalRef"] not in in_doubt)
        here = sum(Decimal(op.payload[name]) for op in history.ops if op.state is OpState.CONFIRMED)
        if there != here:
            yield Flaw(4, None, f"{name} add up to {there} in the PSA and to {here} here")


def _sends(history: History) -> Iterator[Flaw]:
    """No two sends of one reference at the same time, and none of one contract but those that were told to be late."""
    busy: dict[str, float] = {}
    for call in _posts(history):
        if call["receivedAt"] < busy.get(call["externalRef"], 0):
            yield Flaw(5, call["externalRef"], "was sent while it was being sent")
        if call["fault"] not in LATE and call["receivedAt"] < busy.get(call["contractId"], 0):
            yield Flaw(8, call["externalRef"], f"was sent while {call['contractId']} was busy")
        until = call["finishedAt"] or call["receivedAt"]  # None: that PSA's process was killed
        busy[call["externalRef"]] = until
        if call["fault"] not in LATE:
            busy[call["contractId"]] = until


def _moves(history: History) -> Iterator[Flaw]:
    refs, at = {op.id: op.external_ref for op in history.ops}, dict.fromkeys((op.id for op in history.ops), "PENDING")
    for move in history.moves:
        if (move.was, move.became) not in EDGES or at[move.op_id] != move.was:
            yield Flaw(6, refs[move.op_id], f"went from {move.was} to {move.became}, having been {at[move.op_id]}")
        at[move.op_id] = move.became


def _markers(history: History) -> Iterator[Flaw]:
    """Count sends against markers: one that arrived without its marker would be one too many."""
    sent = Counter(call["externalRef"] for call in _posts(history))
    before: dict[str, int] = {}
    marked: Counter[str] = Counter()
    for move in history.moves:
        marked[move.op_id] += move.sends > before.get(move.op_id, 0)
        before[move.op_id] = move.sends
    for op in history.ops:
        if sent[op.external_ref] > marked[op.id]:
            times = f"{sent[op.external_ref]} times with {marked[op.id]} markers"
            yield Flaw(7, op.external_ref, f"was sent {times}")


def _crowds(history: History) -> Iterator[Flaw]:
    """Count what is under way at any moment; what outlives our patience in the PSA is under way no longer."""
    ends: list[float] = []
    for call in _posts(history):
        ends = [end for end in ends if end > call["receivedAt"]]
        if call["fault"] not in LATE:
            ends.append(call["finishedAt"] or call["receivedAt"])
        if len(ends) > PLACES * history.processes:
            yield Flaw(8, call["externalRef"], f"was one of {len(ends)} under way")


def _clients(history: History) -> Iterator[Flaw]:
    subjects = {op.subject_id: op for op in history.ops}
    for wish in history.wishes:
        told = {batch for heard, batch in wish.heard if heard == "ok"}
        if len(told) != 1:
            yield Flaw(10, None, f"request {wish.key} was told of the batches {sorted(map(str, told))}")
        for entry_id in wish.entry_ids:
            if entry_id not in subjects:
                yield Flaw(10, None, f"{entry_id} was asked for and taken, and has no line")


def _posts(history: History) -> list[dict[str, Any]]:
    return [call for call in history.calls if call["method"] == "POST" and call["path"] == "/api/time-entries"]
