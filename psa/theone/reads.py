"""What The One PSA answered: replies become our values, or the error that says what may be concluded."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, TypeVar

from psa.errors import PsaUnavailable
from psa.port import ClientAccount, Contract, Page, Ticket, TimeRecord
from psa.wire import SUCCESS

from .refusals import refusal
from .words import BILLING_FREQUENCY, CONTRACT_STATUS, CONTRACT_TYPE, TICKET_PRIORITY, TICKET_STATUS, ours

if TYPE_CHECKING:
    from collections.abc import Callable

    from psa.wire import Reply

Value = TypeVar("Value")
Document = dict[str, Any]

# NUL and halves of characters: JSON may hold them, no database does.
UNSTORABLE = re.compile(r"[\0\ud800-\udfff]")


def read_page(reply: Reply, item: Callable[[Document], Value]) -> Page[Value]:
    """Read one page of a list."""

    def page(document: Document) -> Page[Value]:
        total = document.get("total")
        items = tuple(item(each) for each in document["items"])
        after = _id(document, "nextCursor") if document.get("nextCursor") else None
        return Page(items, after, None if total is None else int(total))

    return read_one(reply, page)


def read_one(reply: Reply, value: Callable[[Document], Value]) -> Value:
    """Read a single object. Raises the refusal of any other status; PsaUnavailable for what cannot be read."""
    if reply.status not in SUCCESS:
        raise refusal(reply)
    try:
        return value(reply.document)
    except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError):
        raise PsaUnavailable(
            "The PSA answered something that cannot be read.", status=reply.status, request_id=reply.request_id
        ) from None


def read_recorded(reply: Reply, external_ref: str, value: Callable[[Document], Value]) -> Value:
    """Read what a POST made. An answer about something else proves nothing, so it is PsaUnavailable too."""

    def made(document: Document) -> Value:
        if document.get("externalRef", external_ref) != external_ref:
            raise ValueError("another's reference")
        return value(document)

    return read_one(reply, made)


def read_removed(reply: Reply) -> None:
    """Read the answer to a DELETE: 204, or an object."""
    if reply.status != HTTPStatus.NO_CONTENT:
        read_one(reply, lambda document: document.items())


def client(document: Document) -> ClientAccount:
    """Read a client."""
    return ClientAccount(_id(document, "id"), _text(document, "name"))


def contract(document: Document) -> Contract:
    """Read a contract, in our enums."""
    frequency = document.get("billingFrequency")
    return Contract(
        id=_id(document, "id"),
        number=_text(document, "number"),
        name=_text(document, "name"),
        type=ours(CONTRACT_TYPE, document.get("type"), "OTHER"),
        status=ours(CONTRACT_STATUS, document.get("status"), "UNKNOWN"),
        client_id=_id(document, "clientId"),
        client_name=_text(document, "clientName"),
        start_date=_date(document.get("startDate")),
        end_date=_date(document.get("endDate")),
        billing_frequency=None if frequency is None else ours(BILLING_FREQUENCY, frequency, "OTHER"),
    )


def ticket(document: Document) -> Ticket:
    """Read a ticket, in our enums."""
    return Ticket(
        id=_id(document, "id"),
        number=_text(document, "number"),
        title=_text(document, "title"),
        status=ours(TICKET_STATUS, document.get("status"), "UNKNOWN"),
        priority=ours(TICKET_PRIORITY, document.get("priority"), "UNKNOWN"),
        client_id=_maybe_id(document, "clientId"),
        client_name=_maybe_text(document, "clientName"),
        external_ref=_reference(document),
    )


def time_record(document: Document) -> TimeRecord:
    """Read a time entry. Hours and money are accepted as decimal text or as JSON numbers."""
    when = _date(document["date"])
    if when is None:
        raise ValueError("a time entry without a date")
    return TimeRecord(
        id=_id(document, "id"),
        external_ref=_reference(document),
        contract_id=_id(document, "contractId"),
        user_id=_text(document, "userId"),
        date=when,
        hours=_decimal(document["hours"]),
        note=_text(document, "note"),
        rate=_maybe_decimal(document.get("rate")),
        amount=_maybe_decimal(document.get("amount")),
        ticket_id=_maybe_id(document, "ticketId"),
        invoiced=document.get("invoiced") is True,
    )


def _id(document: Document, name: str) -> str:
    value = document[name]
    if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
        raise ValueError(f"{name} is no id")
    if UNSTORABLE.search(str(value)):
        raise ValueError(f"{name} could not be asked for again")
    return str(value)


def _maybe_id(document: Document, name: str) -> str | None:
    return None if document.get(name) is None else _id(document, name)


def _text(document: Document, name: str) -> str:
    """Read text for display: a missing one is empty, since it must not cost the rest of the answer.

    Nor must a title that was cut in the middle of a character: what no database holds is shown as U+FFFD.
    """
    return _maybe_text(document, name) or ""


def _maybe_text(document: Document, name: str) -> str | None:
    value = document.get(name)
    return UNSTORABLE.sub("\ufffd", value) if isinstance(value, str) else None


def _reference(document: Document) -> str | None:
    """Read a reference. One that no database holds is nobody's: mended, it might look like one of ours."""
    value = document.get("externalRef")
    return value if isinstance(value, str) and not UNSTORABLE.search(value) else None


def _date(value: str | None) -> date | None:
    return None if value is None else date.fromisoformat(value[:10])


def _decimal(value: object) -> Decimal:
    number = Decimal(str(value))
    if not number.is_finite():
        raise ValueError("no amount")
    return number


def _maybe_decimal(value: object) -> Decimal | None:
    return None if value is None else _decimal(value)
