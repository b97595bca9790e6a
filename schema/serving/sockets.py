"""GraphQL over WebSocket: Strawberry's graphql-transport-ws, with checked messages and our own way to run things."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import orjson
from graphql import ExecutionResult, GraphQLError, OperationType
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.schema import BaseSchema
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler, Operation
from strawberry.subscriptions.protocols.graphql_transport_ws.types import SubscribeMessage
from strawberry.types import ExecutionResult as Shown
from strawberry.types.execution import PreExecutionError
from strawberry.types.unset import UnsetType

from resolvers.rooms import Rooms
from resolvers.viewers import Credential, Unauthenticated, bearer, session
from schema.executions import Executions, told

from .frames import Frames
from .messages import objection, well_formed
from .places import NoPlace, Places

INIT_SECONDS = 5
LOOK_SECONDS = 2  # between two looks at whether a session's time is over
OPERATIONS_AT_ONCE = 20
TOO_MANY = f"A socket carries {OPERATIONS_AT_ONCE} operations at a time; complete one of them first."
NOT_MESSAGES = "A message must be an object with a `type`, an `id` where one belongs, and a fitting payload"


@dataclass(slots=True)
class Caller:
    """Who is at the other end of a socket; every operation gets a context of its own from it."""

    rooms: Rooms
    request_id: str
    connection_params: Any = None
    credential: Credential | None = None
    person: tuple[str, str | None] | None = None


class Sockets(GraphQL[Caller, None]):
    """`/graphql` for WebSockets; pages of other origins than ours and the listed ones get a 403."""

    def __init__(self, executions: Executions, schema: BaseSchema, allowed_origins: list[str], places: Places) -> None:
        """Take what runs operations, the origins whose pages may connect, and how many may."""
        super().__init__(
            schema,
            graphql_ide=None,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            connection_init_wait_timeout=timedelta(seconds=INIT_SECONDS),
            allowed_origins=allowed_origins,
        )
        self.executions = executions
        self.places = places

    async def get_context(self, request: Any, response: Any) -> Caller:  # noqa: ARG002 - Strawberry names them
        """Return a caller whom nobody knows yet."""
        return Caller(request.state.rooms, request.state.request_id)

    async def on_ws_connect(self, context: Caller) -> UnsetType | dict[str, object] | None:
        """Let the caller in by the token in the first message, or close with 4403; raise NoPlace."""
        said = {str(name).lower(): value for name, value in context.connection_params.items()}
        token = bearer(said["authorization"]) if isinstance(said.get("authorization"), str) else None
        context.credential = session(token) if token else None
        try:
            viewer = await context.rooms.viewers.viewer(context.credential)
        except Unauthenticated:
            raise ConnectionRejectionError from None
        person = viewer.org_id, viewer.user_id
        self.places.take(person)
        context.person = person
        return await super().on_ws_connect(context)

    def decode_json(self, data: str | bytes) -> object:
        """Read JSON as HTTP does."""
        return orjson.loads(data)


class _Conversation(BaseGraphQLTransportWSHandler[Caller, None]):
    view: Sockets  # pyright: ignore[reportIncompatibleVariableOverride]
    watch: asyncio.Task[None] | None = None

    async def handle(self) -> None:
        places = self.view.places
        try:
            with places.one():
                await super().handle()
        except NoPlace as full:
            await self.websocket.close(1013, str(full))
        finally:
            if self.context.person is not None:
                places.leave(self.context.person)

    async def handle_message(self, message: Any) -> None:
        if not well_formed(message):
            await self.handle_invalid_message(NOT_MESSAGES)
            return
        if message["type"] == "connection_init" and message.get("payload") is None:
            message = {"type": "connection_init"}
        await super().handle_message(message)
        if self.connection_acknowledged and self.watch is None:
            self.watch = asyncio.create_task(self._until_over())

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        refusal = self._refusal(message)
        if refusal is not None:
            errors = [error.formatted for error in told([refusal], self.context.request_id)]
            await self.send_message({"id": message["id"], "type": "error", "payload": errors})
            return
        await super().handle_subscribe(message)

    def _refusal(self, message: SubscribeMessage) -> GraphQLError | None:
        """Return why an operation does not begin; what closes the socket is Strawberry's to find."""
        if not self.connection_acknowledged or message["id"] in self.operations:
            return None
        if len(self.operations) >= OPERATIONS_AT_ONCE:
            return GraphQLError(TOO_MANY, extensions={"code": "TOO_MANY_OPERATIONS"})
        wrong = objection(message["payload"])
        return None if wrong is None else GraphQLError(wrong, extensions={"code": "BAD_USER_INPUT"})

    async def shutdown(self) -> None:
        if self.watch is not None:
            self.watch.cancel()
        await super().shutdown()

    async def _until_over(self) -> None:
        caller = self.context
        assert caller.credential is not None  # noqa: S101 - nothing was acknowledged without one
        while not caller.rooms.viewers.is_over(caller.credential):  # noqa: ASYNC110 - time passes by itself
            await asyncio.sleep(LOOK_SECONDS)
        await self.websocket.close(4403, "Forbidden")

    async def run_operation(self, operation: Operation[Caller, None]) -> None:
        try:
            async with aclosing(self._results(operation)) as results:
                await self._send_all(operation, results)
        except Unauthenticated:  # who may no longer ask may no longer hear
            await self.websocket.close(4403, "Forbidden")
        except WebSocketDisconnected:
            return
        except Exception as error:  # noqa: BLE001 - a bug ends one operation, not the socket
            bug = GraphQLError("", original_error=error)
            await operation.send_initial_errors(told([bug], self.context.request_id))

    async def _send_all(self, operation: Operation[Caller, None], results: AsyncIterator[Shown]) -> None:
        async for result in results:
            if isinstance(result, PreExecutionError):
                # Stock closes the whole socket here, and with it the tab's other operations.
                await operation.send_initial_errors(result.errors or [])
                return
            await operation.send_next(result)
        await operation.send_operation_message({"id": operation.id, "type": "complete"})

    async def _results(self, asked: Operation[Caller, None]) -> AsyncGenerator[Shown, None]:
        executions, caller = self.view.executions, self.context
        operation = executions.choose(asked.query, asked.operation_name, asked.variables)
        if isinstance(operation, list):
            yield PreExecutionError(None, told(operation, caller.request_id))
            return
        assert caller.credential is not None  # noqa: S101 - nothing is run before the connection was acknowledged
        context = await caller.rooms.operation(caller.credential, caller.request_id)
        written = await executions.bytes(operation, asked.variables or {}, context)
        if written is not None:
            yield Shown(orjson.loads(written)["data"], None)
            return
        if operation.kind is not OperationType.SUBSCRIPTION:
            yield _shown(await executions.answer(operation, asked.variables, context), caller)
            return
        events = await executions.events(operation, asked.variables, context)
        if isinstance(events, ExecutionResult):
            yield PreExecutionError(None, told(events.errors or (), caller.request_id))
            return
        async with aclosing(events) as open_events:  # pyright: ignore[reportArgumentType, reportUnknownVariableType]
            async for event in open_events:
                yield _shown(event, caller)


Sockets.websocket_adapter_class = Frames  # pyright: ignore[reportAttributeAccessIssue]
Sockets.graphql_transport_ws_handler_class = _Conversation


def _shown(result: ExecutionResult, caller: Caller) -> Shown:
    errors = told(result.errors or (), caller.request_id)
    never_ran = result.data is None and not any(error.path for error in errors)
    return PreExecutionError(None, errors) if never_ran else Shown(result.data, errors)
