"""The mutation root: every command, one line each, in the order of the contract's capabilities."""

import strawberry


@strawberry.type(description="Everything that can be done.")
class Mutation:
    """Each answers a union of its payload and the refusals it can meet."""
