"""The word mutations are written in: an input, what it does, a payload, and every refusal it can meet."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Union

import strawberry

from db import refusals
from psa import errors as psa
from resolvers.context import Context, Info
from resolvers.inputs import require_text
from schema.errors import TYPES
from schema.policies import Scope, callers

ALWAYS = (refusals.Forbidden, refusals.InvalidInput)
ASKS_PSA = (
    psa.PsaNotConfigured, psa.PsaBadCredentials, psa.PsaUnreachable, psa.PsaRateLimited, psa.PsaUnavailable,
    psa.PsaRejected,
)  # fmt: skip


def command(
    run: Callable[[Context, Any], Awaitable[dict[str, Any]]],
    input_type: Any,
    payload: Any,
    *meets: type[refusals.Refusal | psa.PsaError],
    description: str,
    scope: Scope = Scope.PEOPLE,
) -> Any:
    """Return a mutation's field: `run(context, input)` answers the payload's facts, or raises one of `meets`.

    Its result is the union `<Mutation>Result` of the payload and the error types of `meets` (and of ALWAYS).
    """
    name = payload.__name__.removesuffix("Payload")
    members = (payload, *(TYPES[kind] for kind in dict.fromkeys((*ALWAYS, *meets))))
    result = Annotated[Union[members], strawberry.union(f"{name}Result", description=f"What {name} answers.")]  # noqa: UP007

    async def resolve(info: Info, input: Any) -> Any:
        require_text(input)
        return payload(**await run(info.context, input))

    resolve.__annotations__ = {
        "info": Info,
        "input": Annotated[input_type, strawberry.argument(description="What to do.")],
        "return": result,
    }
    field = strawberry.mutation(resolver=resolve, description=description, directives=[callers(scope)])
    field.policy = scope
    return field
