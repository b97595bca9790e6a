"""The checker is shown forged books: a sound history without a flaw, and each forgery it has to see."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from db.ledger.tables import OpKind, OpState, OutboundOp
from tests.crash import checker
from tests.crash.histories import History, Move, Wish

if TYPE_CHECKING:
    from collections.abc import Callable

SAID = {"contract_id": "k-1", "user_id": "ann", "date": "2026-03-02", "note": "", "hours": "1.50", "amount": "180.00"}
FORM = {"subject": "Stuck", "description": "A wall.", "client_id": "c-1", "contract_id": "k-1"}
TIME_POST, TICKET_POST = ("POST", "/api/time-entries"), ("POST", "/api/tickets")


def test_sound_books_have_no_flaw():
    history = _books()

    flaws = checker.flaws(history)

    assert flaws == []


def test_a_doubled_ticket_is_seen():
    history = _books()
    history.tickets.append(history.tickets[0] | {"id": "ticket-twin"})

    flaws = checker.flaws(history)

    assert [(flaw.number, flaw.external_ref) for flaw in flaws] == [(1, "ref-ticket")]
    assert checker.doubled_tickets(history) == ["ref-ticket"]


def test_a_void_that_removed_nothing_is_seen():
    history = _books()
    history.calls[-1]["committed"] = False
    history.kept.append(_entry("ref-gone", "time-gone"))

    flaws = checker.flaws(history)

    assert {flaw.number for flaw in flaws if flaw.external_ref == "ref-gone"} == {1}
    assert checker.still_there(history) == ["ref-gone"]


def _ticket_lost(history: History) -> None:
    history.tickets.clear()


def _ticket_unlinked(history: History) -> None:
    history.links.clear()


def _ticket_of_another_client(history: History) -> None:
    history.tickets[0]["clientId"] = "c-2"


def _ticket_without_a_wish(history: History) -> None:
    del history.wishes[1]


def _ticket_of_nobody(history: History) -> None:
    history.tickets.append(history.tickets[0] | {"id": "ticket-strange", "externalRef": "ref-strange"})


def _removed_twice(history: History) -> None:
    history.calls.append(history.calls[-1] | {"receivedAt": 9.0, "finishedAt": 9.1})


def _removed_without_a_wish(history: History) -> None:
    history.kept.clear()
    removal = {"path": "/api/time-entries/time-kept", "remoteId": "time-kept", "receivedAt": 9.0, "finishedAt": 9.1}
    history.calls.append(history.calls[-1] | removal)


def _line_not_voided(history: History) -> None:
    history.ops[1].state = OpState.CONFIRMED


def _old_line_gone(history: History) -> None:
    history.lines.discard("op-gone")


def _void_in_the_air(history: History) -> None:
    history.ops[3].state, history.ops[3].error_code = OpState.UNKNOWN, "OUTCOME_UNKNOWN"


def _removed_without_a_marker(history: History) -> None:
    history.moves[:] = [move for move in history.moves if move.op_id != "op-void"]


@pytest.mark.parametrize(
    ("forge", "number", "external_ref"),
    [
        (_ticket_lost, 2, "ref-ticket"),
        (_ticket_unlinked, 2, "ref-ticket"),
        (_ticket_of_another_client, 2, "ref-ticket"),
        (_ticket_without_a_wish, 10, "ref-ticket"),
        (_ticket_of_nobody, 3, "ref-strange"),
        (_removed_twice, 1, "ref-gone"),
        (_removed_without_a_wish, 3, "ref-kept"),
        (_line_not_voided, 6, "ref-gone"),
        (_old_line_gone, 10, None),
        (_void_in_the_air, 11, "ref-gone"),
        (_removed_without_a_marker, 7, "ref-void"),
    ],
)
def test_a_forgery_is_seen(forge: Callable[[History], None], number: int, external_ref: str | None):
    history = _books()
    forge(history)

    flaws = checker.flaws(history)

    assert (number, external_ref) in {(flaw.number, flaw.external_ref) for flaw in flaws}


def _books() -> History:
    """One line that arrived, one that was taken back, one ticket, and the void."""
    ops = [
        _op(OpKind.TIME, "kept", "entry-kept", SAID, remote_id="time-kept"),
        _op(OpKind.TIME, "gone", "entry-gone", SAID, remote_id="time-gone", state=OpState.VOIDED),
        _op(OpKind.TICKET, "ticket", "esc", FORM, remote_id="ticket-1"),
        _op(OpKind.VOID, "void", "op-gone", {"remote_id": "time-gone"}, remote_id="time-gone"),
    ]
    moves = [move for op in ops for move in _sent(op.id)] + [Move("op-gone", "CONFIRMED", "VOIDED", 1, 1)]
    ticket = {"id": "ticket-1", "title": "Stuck", "description": "A wall.", "clientId": "c-1", "contractId": "k-1"}
    return History(
        wishes=[
            Wish(OpKind.TIME, "key-0", ("entry-kept", "entry-gone"), [("unknown", None), ("ok", "batch")]),
            Wish(OpKind.TICKET, "key-1", ("task",), [("ok", "op-ticket")]),
            Wish(OpKind.VOID, "key-2", ("line-gone",), [("fail", None), ("ok", "op-void")]),
        ],
        ops=ops,
        attempts=[],
        moves=moves,
        calls=_calls(),
        kept=[_entry("ref-kept", "time-kept")],
        tickets=[ticket | {"externalRef": "ref-ticket"}],
        lines={"op-kept", "op-gone"},
        links={"esc": ["ticket-1"]},
        processes=1,
    )


def _calls() -> list[dict[str, Any]]:
    return [
        _call(TIME_POST, 1.0, "time-kept", externalRef="ref-kept", contractId="k-1"),
        _call(TIME_POST, 2.0, "time-gone", externalRef="ref-gone", contractId="k-1"),
        _call(TICKET_POST, 2.5, "ticket-1", externalRef="ref-ticket"),
        _call(("DELETE", "/api/time-entries/time-gone"), 3.0, "time-gone", contractId="k-1"),
    ]


def _op(kind: OpKind, name: str, subject_id: str, payload: dict[str, Any], **facts: Any) -> OutboundOp:
    said = {"state": OpState.CONFIRMED, "external_ref": f"ref-{name}", "subject_id": subject_id} | facts
    return OutboundOp(id=f"op-{name}", kind=kind, payload=payload, **said)


def _sent(op_id: str) -> list[Move]:
    steps = (("PENDING", "SENT", 0), ("SENT", "SENT", 1), ("SENT", "CONFIRMED", 1))
    return [Move(op_id, was, became, 1, sends) for was, became, sends in steps]


def _call(said: tuple[str, str], at: float, remote_id: str, **facts: Any) -> dict[str, Any]:
    method, path = said
    call = {"method": method, "path": path, "externalRef": None, "contractId": None, "fault": None}
    times = {"receivedAt": at, "finishedAt": at + 0.1, "committed": True, "remoteId": remote_id}
    return call | times | facts


def _entry(ref: str, remote_id: str) -> dict[str, Any]:
    facts = {"contractId": "k-1", "userId": "ann", "date": "2026-03-02", "note": "", "hours": "1.50"}
    return facts | {"amount": "180.00", "externalRef": ref, "id": remote_id}
