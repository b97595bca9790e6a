"""Wishes with a key: sent twice, they are granted once (an hour logged twice is billed twice)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from db import idempotency
from db.base import new_id

from .inputs import said

if TYPE_CHECKING:
    from db.idempotency import Wish
    from db.session import ReadSession, WriteSession

    from .context import Context


def wish(context: Context, operation: str, asked: Any) -> Wish | None:
    """Return an input as a wish, None where it has no key. Raise InvalidInput for a key of no use."""
    if asked.idempotency_key is None:
        return None
    all_of_it = said(asked, "idempotency_key") | {"caller": context.viewer.user_id}
    return idempotency.wish(asked.idempotency_key, operation, all_of_it)


async def granted(session: ReadSession | WriteSession, context: Context, wished: Wish | None) -> str | None:
    """Return the id of what the wish made before, or None. Raise IdempotencyKeyReused."""
    return None if wished is None else await idempotency.replay(session, context.viewer.org_id, wished)


async def begin(session: WriteSession, context: Context, wished: Wish | None, prefix: str) -> tuple[str, bool]:
    """Return an id for what is to be made, and False; or the id of what the wish made before, and True.

    Raise IdempotencyKeyReused.
    """
    made = new_id(prefix)
    if wished is None:
        return made, False
    earlier = await idempotency.remember(session, context.viewer.org_id, wished, made, now=context.now)
    return earlier or made, earlier is not None
