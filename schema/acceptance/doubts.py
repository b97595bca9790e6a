"""How the walk gives up."""

from typing import NoReturn


class Unsure(Exception):
    """Something in a document is wrong, or nobody here can prove it right."""


def doubt(*_complaint: object) -> NoReturn:
    """Raise Unsure, whatever it is that graphql-core complains of."""
    raise Unsure
