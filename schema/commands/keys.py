"""The fields of wishes that must not be granted twice."""

from typing import Any

import strawberry


def optional_key() -> Any:
    """Return the field of a key that may be left out."""
    return strawberry.field(
        description="A key of the caller's own, up to 200 characters: the same wish with the same key is done once.",
        default=None,
    )


def required_key() -> Any:
    """Return the field of a key without which money could be moved twice."""
    return strawberry.field(
        description="A key of the caller's own, up to 200 characters. Sent again with the same wish, nothing happens"
        " a second time and the first outcome is told as it is now; with another wish it is refused."
    )


def replayed_field() -> Any:
    """Return the payload's field that tells a repeated wish from a new one."""
    return strawberry.field(description="Whether an earlier request with the same key did it.")
