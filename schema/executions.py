"""Running an operation: the same way for HTTP and for WebSocket, with the errors that clients may see."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from graphql import (
    ExecutionResult,
    GraphQLError,
    OperationType,
    execute,
    subscribe,
)
from strawberry.execution import optimized_is_awaitable
from strawberry.federation import Schema

from db.outages import is_outage
from db.refusals import Refusal
from db.viewers import CallerKind
from psa.errors import PsaError
from resolvers.context import Context

from .documents import Documents
from .gate import MOST_ERRORS, Document, Gate, Operation
from .limits import LIMITS, Limits

IS_AWAITABLE: Any = optimized_is_awaitable  # a faster one than graphql-core's own

OUTAGE = "DATABASE_UNAVAILABLE"
OUTAGE_MESSAGE = (
    "The database cannot do this just now; try again. A change may have been kept: send the same idempotencyKey, or"
    " look first."
)

log = logging.getLogger(__name__)


class Executions:
    """What runs operations. Lives as long as the application; mutations that were begun are finished."""

    def __init__(
        self,
        schema: Schema,
        *,
        introspection: bool = True,
        trusted: Mapping[str, str] | None = None,
        limits: Limits = LIMITS,
    ) -> None:
        """Take the built schema, whether strangers may look at it, and how much a document may ask for."""
        self._schema = schema._schema  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - as in roots.py
        self._manner: dict[str, Any] = {
            "executor_class": schema.execution_context_class, "max_coercion_errors": MOST_ERRORS,
            "hide_suggestions": True, "operation_extensions": {},
        }  # fmt: skip
        self._mutations: set[asyncio.Task[ExecutionResult]] = set()
        self._gate = Gate(self._schema, introspection=introspection, limits=limits)
        self.documents = Documents(self._gate.judge, trusted)

    def choose(
        self,
        query: str | None,
        name: str | None,
        variables: Mapping[str, Any] | None,
        sha256: str | None = None,
        *,
        kind: CallerKind = CallerKind.SESSION,
    ) -> Operation | list[GraphQLError]:
        """Return the operation of this name, or the only one of the document; else what is wrong.

        A list of trusted documents binds people's clients. A gateway writes its documents itself.
        """
        document = self.documents.find(query, sha256, closed=kind is not CallerKind.INTEGRATION)
        if not isinstance(document, Document):
            return document
        operation = document.operations.get(name)
        if operation is None:
            message = "The document has no such operation." if name else "Say which operation is meant: operationName."
            return [GraphQLError(message, extensions={"code": "OPERATION_RESOLUTION_FAILURE"})]
        return (operation.heavy and self._gate.weighed(operation, variables or {})) or operation

    async def answer(self, operation: Operation, variables: dict[str, Any] | None, context: Context) -> ExecutionResult:
        """Run a query, or a mutation, which goes on when nobody waits for it any more."""
        if operation.kind is not OperationType.MUTATION:
            return await self._run(operation, variables, context)
        task = asyncio.create_task(self._run(operation, variables, context))
        self._mutations.add(task)
        task.add_done_callback(self._mutations.discard)
        return await asyncio.shield(task)

    async def bytes(self, operation: Operation, variables: dict[str, Any] | None, context: Context) -> bytes | None:
        """Return the whole answer to a query that a plan can give without an error; None where graphql-core must."""
        try:
            return await operation.planned.answer(context, variables or {})
        except Exception:  # graphql-core meets it again, and says what it is in GraphQL's way
            log.debug("the fast finisher gave up", extra={"request_id": context.request_id}, exc_info=True)
            return None

    async def events(
        self, operation: Operation, variables: dict[str, Any] | None, context: Context
    ) -> AsyncIterator[ExecutionResult] | ExecutionResult:
        """Begin a subscription: its events, or the result that says why there are none."""
        begun = subscribe(
            self._schema, operation.document, context_value=context, variable_values=variables,
            operation_name=operation.name, **self._manner,
        )  # fmt: skip
        return await begun if optimized_is_awaitable(begun) else begun  # pyright: ignore[reportReturnType, reportGeneralTypeIssues]

    async def close(self, seconds: float = 20.0) -> None:
        """Wait for the mutations under way, so long at most."""
        if self._mutations:
            await asyncio.wait(self._mutations, timeout=seconds)

    async def _run(self, operation: Operation, variables: dict[str, Any] | None, context: Context) -> ExecutionResult:
        begun = execute(
            self._schema, operation.document, context_value=context, variable_values=variables,
            operation_name=operation.name, is_awaitable=IS_AWAITABLE, **self._manner,
        )  # fmt: skip
        return await begun if optimized_is_awaitable(begun) else begun  # pyright: ignore[reportReturnType, reportGeneralTypeIssues]


def told(errors: Sequence[GraphQLError], request_id: str) -> list[GraphQLError]:
    """Return the errors as clients see them: a few, each with a code and the request's id, and no bug's words."""
    return [_told(error, request_id) for error in errors[:MOST_ERRORS]]


def _told(error: GraphQLError, request_id: str) -> GraphQLError:
    cause = error.original_error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    message, facts = error.message, {"code": "BAD_USER_INPUT"} | (error.extensions or {})
    place = {"request_id": request_id, "path": error.path}
    if isinstance(cause, Refusal | PsaError):
        message, facts = cause.message, {"code": cause.code}
    elif is_outage(cause):
        log.error("database unavailable", extra=place | {"reason": str(type(cause))})
        message, facts = OUTAGE_MESSAGE, {"code": OUTAGE, "retryable": True}
    elif cause is not None:
        # Whatever it says was not written for clients: SQL, paths and names of classes stay here.
        log.error("unexpected", extra=place, exc_info=cause)
        message, facts = "Internal server error", {"code": "INTERNAL_SERVER_ERROR"}
    shown = GraphQLError(message, error.nodes, error.source, error.positions, error.path)
    shown.extensions = facts | {"requestId": request_id}
    return shown
