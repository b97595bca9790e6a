"""Taking an op into one's hands: who sends what now, for how long, and whose turn it is (reliability 3.2)."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, fields
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, exists, func, select, tuple_, update
from sqlalchemy.exc import IntegrityError

from .incarnations import IS_SUSPENDED
from .queues import NOW, OPS, SENDERS, SENT, longest_waiting, ready
from .tables import OpKind, OpState
from .touching import moment, touched

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from sqlalchemy import BindParameter, ColumnElement, RowMapping, Update

    from db.session import WriteSession

TRIES = 8
A_DAY = timedelta(hours=24)
SERVED = update(SENDERS).where(SENDERS.c.org_id == bindparam("served"))


@dataclass(frozen=True, slots=True)
class Claimed:
    """An op in somebody's hands, as it was when taken; `epoch` is the fence every later write must pass."""

    org_id: str
    id: str
    kind: OpKind
    subject_id: str
    external_ref: str
    idempotency_key: str
    payload: dict[str, Any]
    order_key: str
    attempts: int
    epoch: int
    lease_until: datetime
    first_sent_at: datetime | None
    last_sent_at: datetime | None
    sends: int
    doubt_since: datetime | None
    audit_at: datetime | None

    @property
    def may_be_out_there(self) -> bool:
        """Tell whether an earlier attempt ended in doubt: then it is looked up before it is sent."""
        return self.last_sent_at is not None

    def is_in_doubt_for_a_day(self, now: datetime) -> bool:
        """Tell whether a doubt is so old that a person should look at it: nothing is sent again on its own then."""
        since = self.doubt_since or self.first_sent_at
        return since is not None and now - since >= A_DAY


@dataclass(frozen=True, slots=True)
class Own:
    """The ops a request put down itself: it may take these and no others."""

    org_id: str
    op_ids: Sequence[str]


def is_stalled(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Return whether an op's owner died or stalled: it was to be through with it by now."""
    return (OPS.c.state == SENT) & (OPS.c.lease_until < now)


async def sweep(session: WriteSession, now: datetime) -> int:
    """Turn ops whose owner died or stalled into UNKNOWN; return how many."""
    freed = {"state": OpState.UNKNOWN, "owner": None, "lease_until": None, "not_before": now}
    freed |= {"doubt_since": func.coalesce(OPS.c.doubt_since, OPS.c.first_sent_at, moment(now))}
    return await touched(session, update(OPS).where(is_stalled(now)).values(freed))


async def claim(
    session: WriteSession, owner: str, now: datetime, lease: timedelta, own: Own | None = None, *,
    is_recovering: bool = False,
) -> Claimed | None:  # fmt: skip
    """Take the next op whose time has come, of the organisation that waited longest; None when there is none.

    Commit before any word goes to the network. A unique violation means that somebody was faster. Who takes ops of its
    own meets it among its own lanes, and tries another; a worker, which takes the heads of what waits and meets nobody
    there, has it raised (IntegrityError): a savepoint for each line would cost it two more round trips.
    While the ledger is suspended only a recovery takes anything.
    """
    statement = _taking(is_own=own is not None, is_recovering=is_recovering)
    said: dict[str, Any] = {"now": now, "taker": owner, "until": now + lease}
    if own is not None:
        said |= {"own_org": own.org_id, "own_ops": list(own.op_ids)}
    is_alone = session.get_bind().dialect.name == "sqlite"  # its lock was taken with BEGIN: nobody can be faster
    may_try_again = own is not None and not is_alone
    for _ in range(TRIES):
        try:
            async with session.begin_nested() if may_try_again else nullcontext():
                row = (await session.execute(statement, said)).mappings().one_or_none()
        except IntegrityError:
            if not may_try_again:
                raise
            continue
        if row is None:
            return None
        await session.execute(SERVED, {"served": row["org_id"], "served_at": now})
        return in_hand(row)
    return None


def in_hand(row: RowMapping) -> Claimed:
    """Return an op of the ledger as whoever took it knows it."""
    return Claimed(**{field.name: row[field.name] for field in fields(Claimed)})


async def rest(session: WriteSession, org_id: str, until: datetime) -> None:
    """Let an organisation's exports rest: the PSA asked for a pause, or does not take the key."""
    rests = SENDERS.c.org_id == org_id, SENDERS.c.rests_until < until
    await session.execute(update(SENDERS).where(*rests).values(rests_until=until))


async def resume(session: WriteSession, org_id: str, now: datetime, codes: Iterable[str] = ()) -> None:
    """End the rest: the connection was saved anew, or its test went well. Ops that met these codes are due again."""
    await session.execute(update(SENDERS).where(SENDERS.c.org_id == org_id).values(rests_until=now))
    met = OPS.c.org_id == org_id, OPS.c.state.in_((OpState.PENDING, OpState.UNKNOWN)), OPS.c.error_code.in_(codes)
    await session.execute(update(OPS).where(*met, OPS.c.not_before > now).values(not_before=now))


@cache
def _taking(*, is_own: bool, is_recovering: bool) -> Update:
    """Build the claim once for each of its forms: putting it together costs more than running it."""
    rows = select(OPS.c.org_id, OPS.c.id)
    choice = rows.where(_own()) if is_own else longest_waiting(rows)
    # A CTE, because PostgreSQL may evaluate a bare sub-select more than once and exceed the LIMIT.
    pick = (
        (choice if is_recovering else choice.where(~IS_SUSPENDED))
        .where(ready())
        .order_by(OPS.c.kind, OPS.c.id)  # TICKET sorts first: somebody waits for its number
        .limit(1)
        .with_for_update(of=OPS, skip_locked=True)
        .cte("pick")
    )
    taken = {
        "state": OpState.SENT,
        "owner": bindparam("taker"),
        "epoch": OPS.c.epoch + 1,
        "attempts": OPS.c.attempts + 1,
        "lease_until": bindparam("until"),
    }
    of_pick = tuple_(OPS.c.org_id, OPS.c.id).in_(select(pick.c.org_id, pick.c.id))
    return update(OPS).where(of_pick).values(taken).returning(*OPS.c)


def _own() -> ColumnElement[bool]:
    org_id = bindparam("own_org")
    awake = exists().where(SENDERS.c.org_id == org_id, SENDERS.c.rests_until <= NOW)
    # Somebody waits for a ticket's number: it may use the calls that exports leave to people.
    may_try = awake | (OPS.c.kind == OpKind.TICKET)
    return (OPS.c.org_id == org_id) & OPS.c.id.in_(bindparam("own_ops")) & may_try
