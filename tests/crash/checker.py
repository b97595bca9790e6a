"""The checker of reliability 6: it decides from the history alone. Its numbers are those of that list."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from db.ledger.tables import Attention, OpKind, OpState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from db.ledger.tables import OutboundOp
    from tests.crash.histories import History, Wish

    Symptom = Callable[[History], list[str]]

EDGES = {
    ("PENDING", "SENT"), ("UNKNOWN", "SENT"), ("SENT", "SENT"), ("SENT", "PENDING"), ("SENT", "UNKNOWN"),
    ("SENT", "CONFIRMED"), ("SENT", "REJECTED"), ("CONFIRMED", "VOIDED"),
}  # fmt: skip
SENT_TO = {"/api/time-entries", "/api/tickets"}
PLACES = 4  # calls of one process under way to one PSA
LATE = ("delay",)  # what the PSA was told to finish after our patience is over: its writes may outlive the next one
SAME = {"contractId": "contract_id", "userId": "user_id", "date": "date", "note": "note"}
FIGURES = ("hours", "amount")
TITLED = {"title": "subject", "description": "description", "clientId": "client_id", "contractId": "contract_id"}
SETTLED = (OpState.CONFIRMED, OpState.VOIDED)


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
    checks = (_lines, _removals, _strangers, _sums, _sends, _moves, _markers, _crowds, _clients, _wishes)
    return sorted((flaw for check in checks for flaw in check(history)), key=lambda flaw: flaw.number)


def duplicates(history: History) -> list[str]:
    """Return the references the PSA has more than once."""
    return _doubled(history.there)


def doubled_tickets(history: History) -> list[str]:
    """Return the references of the tickets the PSA has more than once."""
    return _doubled(history.tickets)


def lost(history: History) -> list[str]:
    """Return the references that are confirmed here, and that the PSA does not have."""
    there = {thing["externalRef"] for thing in history.there}
    here = history.ops_of(OpKind.TIME, OpKind.TICKET)
    return [op.external_ref for op in here if op.state is OpState.CONFIRMED and op.external_ref not in there]


def still_there(history: History) -> list[str]:
    """Return the references that were taken back here, and that the PSA still has."""
    there = {thing["externalRef"] for thing in history.there}
    return [op.external_ref for op in history.ops if op.state is OpState.VOIDED and op.external_ref in there]


def found_by_audit(history: History) -> list[str]:
    """Return the references that a person has been told are there twice."""
    return [op.external_ref for op in history.ops if op.needs_attention == Attention.DUPLICATE_IN_PSA]


def _doubled(things: list[dict[str, Any]]) -> list[str]:
    return [ref for ref, times in Counter(thing["externalRef"] for thing in things).items() if times > 1]


def _lines(history: History) -> Iterator[Flaw]:
    kept = defaultdict(list)
    for thing in history.there:
        kept[thing["externalRef"]].append(thing)
    for op in history.ops:
        there = kept[op.external_ref]
        if len(there) > 1:
            yield Flaw(1, op.external_ref, f"is in the PSA {len(there)} times")
        if op.state in (OpState.PENDING, OpState.SENT):
            yield Flaw(11, op.external_ref, f"is still {op.state}")
        elif op.state not in SETTLED and op.error_code is None:
            yield Flaw(1, op.external_ref, f"is {op.state} without a reason")
        if op.state in (OpState.REJECTED, OpState.VOIDED) and there:
            yield Flaw(1, op.external_ref, f"is {op.state} here and kept there")
        if op.state is OpState.VOIDED and op.needs_attention == Attention.MISSING_IN_PSA:
            yield Flaw(1, op.external_ref, "was taken back, and a person is told that it is missing")
        if op.state is OpState.CONFIRMED and op.kind is OpKind.TIME:
            yield from _confirmed(op, there)
        if op.state is OpState.CONFIRMED and op.kind is OpKind.TICKET:
            yield from _opened(op, there, history.links.get(op.subject_id, []))


def _opened(op: OutboundOp, there: list[dict[str, Any]], linked: list[str]) -> Iterator[Flaw]:
    ours = [ticket for ticket in there if ticket["id"] == op.remote_id]
    if not ours:
        yield Flaw(2, op.external_ref, f"is confirmed and the PSA has no {op.remote_id}")
    elif [ours[0][name] for name in TITLED] != [op.payload[name] for name in TITLED.values()]:
        yield Flaw(2, op.external_ref, f"is another ticket in the PSA: {ours[0]}")
    if linked != [op.remote_id]:
        yield Flaw(2, op.external_ref, f"is {op.remote_id} in the PSA, and its task is linked to {linked}")


def _removals(history: History) -> Iterator[Flaw]:
    """What is voided was removed once, by its void; nothing else was removed."""
    lines = {op.id: op for op in history.ops_of(OpKind.TIME)}
    removed = Counter(call["remoteId"] for call in _removes(history) if call["committed"])
    ours: set[str | None] = set()
    voided = {op.id for op in lines.values() if op.state is OpState.VOIDED}
    for void in history.ops_of(OpKind.VOID):
        line, times = lines[void.subject_id], removed[void.payload["remote_id"]]
        ours.add(line.remote_id)
        if void.state is OpState.UNKNOWN:
            yield Flaw(11, line.external_ref, "is still being taken back")
        elif times != (void.state is OpState.CONFIRMED):
            yield Flaw(1, line.external_ref, f"was removed {times} times by a void that is {void.state}")
        if (void.state is OpState.CONFIRMED) != (line.id in voided):
            yield Flaw(6, line.external_ref, f"is {line.state}, and its void {void.state}")
        voided.discard(line.id)
    for op_id in voided:
        yield Flaw(6, lines[op_id].external_ref, "is voided and nobody asked for it")
    for remote_id in removed:
        if remote_id not in ours:
            refs = [op.external_ref for op in lines.values() if op.remote_id == remote_id]
            yield Flaw(3, refs[0] if refs else None, f"{remote_id} was removed and nobody asked for it")


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
    for things, kind in ((history.kept, OpKind.TIME), (history.tickets, OpKind.TICKET)):
        ours = {op.external_ref for op in history.ops_of(kind)}
        for thing in things:
            if thing["externalRef"] not in ours:
                yield Flaw(3, thing["externalRef"], "is in the PSA without a line")


def _sums(history: History) -> Iterator[Flaw]:
    """Add up what is settled; a doubt that a person has to settle is in neither sum."""
    in_doubt = {op.external_ref for op in history.ops if op.state is OpState.UNKNOWN}
    for name in FIGURES:
        there = sum(Decimal(entry[name]) for entry in history.kept if entry["externalRef"] not in in_doubt)
        lines = history.ops_of(OpKind.TIME)
        here = sum(Decimal(op.payload[name]) for op in lines if op.state is OpState.CONFIRMED)
        if there != here:
            yield Flaw(4, None, f"{name} add up to {there} in the PSA and to {here} here")


def _sends(history: History) -> Iterator[Flaw]:
    """No two sends of one reference at the same time, and none of one contract but those that were told to be late."""
    busy: dict[str, float] = {}
    for call in _writes(history):
        ref, contract = call["externalRef"], call["contractId"]
        if ref and call["receivedAt"] < busy.get(ref, 0):
            yield Flaw(5, ref, "was sent while it was being sent")
        if contract and call["fault"] not in LATE and call["receivedAt"] < busy.get(contract, 0):
            yield Flaw(8, ref, f"{call['method']} {call['path']} came while {contract} was busy")
        until = call["finishedAt"] or call["receivedAt"]  # None: that PSA's process was killed
        if ref:
            busy[ref] = until
        if contract and call["fault"] not in LATE:
            busy[contract] = until


def _moves(history: History) -> Iterator[Flaw]:
    refs, at = {op.id: op.external_ref for op in history.ops}, dict.fromkeys((op.id for op in history.ops), "PENDING")
    for move in history.moves:
        if (move.was, move.became) not in EDGES or at[move.op_id] != move.was:
            yield Flaw(6, refs[move.op_id], f"went from {move.was} to {move.became}, having been {at[move.op_id]}")
        at[move.op_id] = move.became


def _markers(history: History) -> Iterator[Flaw]:
    """Count sends against markers: one that arrived without its marker would be one too many."""
    sent = Counter(call["externalRef"] for call in _posts(history))
    removes = Counter(call["path"].rpartition("/")[2] for call in _removes(history))
    before: dict[str, int] = {}
    marked: Counter[str] = Counter()
    for move in history.moves:
        marked[move.op_id] += move.sends > before.get(move.op_id, 0)
        before[move.op_id] = move.sends
    for op in history.ops:
        times = removes[op.payload["remote_id"]] if op.kind is OpKind.VOID else sent[op.external_ref]
        if times > marked[op.id]:
            yield Flaw(7, op.external_ref, f"was sent {times} times with {marked[op.id]} markers")


def _crowds(history: History) -> Iterator[Flaw]:
    """Count what is under way at any moment; what outlives our patience in the PSA is under way no longer."""
    ends: list[float] = []
    for call in _writes(history):
        ends = [end for end in ends if end > call["receivedAt"]]
        if call["fault"] not in LATE:
            ends.append(call["finishedAt"] or call["receivedAt"])
        if len(ends) > PLACES * history.processes:
            yield Flaw(8, call["externalRef"], f"was one of {len(ends)} under way")


def _clients(history: History) -> Iterator[Flaw]:
    """Who was told that lines were taken finds them, in their batch, whatever became of them."""
    lines = {op.subject_id for op in history.ops_of(OpKind.TIME) if op.id in history.lines}
    for wish in history.wishes:
        if len(_told(wish)) != 1:
            yield Flaw(10, None, f"request {wish.key} was told of {sorted(map(str, _told(wish)))}")
        for entry_id in wish.about if wish.kind is OpKind.TIME else ():
            if entry_id not in lines:
                yield Flaw(10, None, f"{entry_id} was asked for and taken, and has no line")


def _wishes(history: History) -> Iterator[Flaw]:
    """Each ticket and each removal that was asked for is one op, and no op is there that nobody was told of."""
    for kind in (OpKind.TICKET, OpKind.VOID):
        told = Counter(op_id for wish in history.wishes if wish.kind is kind for op_id in _told(wish))
        ops = {op.id: op for op in history.ops_of(kind)}
        for op_id in told.keys() | ops.keys():
            if op_id not in ops:
                yield Flaw(10, None, f"a {kind} was asked for and taken as {op_id}, which is not there")
            elif told[op_id] != 1:
                yield Flaw(10, ops[op_id].external_ref, f"is the {kind} of {told[op_id]} requests")


def _told(wish: Wish) -> set[str | None]:
    return {told for heard, told in wish.heard if heard == "ok"}


def _writes(history: History) -> list[dict[str, Any]]:
    return [call for call in history.calls if _is_post(call) or call["method"] == "DELETE"]


def _posts(history: History) -> list[dict[str, Any]]:
    return [call for call in history.calls if _is_post(call)]


def _removes(history: History) -> list[dict[str, Any]]:
    return [call for call in history.calls if call["method"] == "DELETE"]


def _is_post(call: dict[str, Any]) -> bool:
    return call["method"] == "POST" and call["path"] in SENT_TO
