"""The few pages that are no GraphQL: the PSA's project context, the contract's text, and what is not there."""

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from strawberry.federation import Schema

from db.outages import is_outage
from resolvers.rooms import Rooms
from resolvers.viewers import Credential, Unauthenticated, bearer, integration_key
from schema.embed import etag, project_context
from schema.executions import Executions

from .answers import Answer, of_bug, of_json, of_outage

CODES = {404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}


class Contexts:
    """`GET /api/integration/project-context/{id}`, for the PSA's panel (the seed; domain 9)."""

    def __init__(self, executions: Executions) -> None:
        """Take what runs its document."""
        self._executions = executions

    def routes(self) -> list[Route]:
        """Return its path."""
        return [Route("/api/integration/project-context/{project_id}", self._answer, methods=["GET"])]

    async def _answer(self, request: Request) -> Response:
        rooms: Rooms = request.state.rooms
        try:
            viewer = await rooms.viewers.viewer(_key(request))
        except Unauthenticated:
            body = _refusal("UNAUTHORIZED", "A valid integration key is needed.")
            return _response(of_json(body, 401, {"www-authenticate": "Bearer"}))
        context, project_id = rooms.context(viewer, request.state.request_id), request.path_params["project_id"]
        found = None if "\0" in project_id else await project_context(self._executions, context, project_id)
        if found is None:
            return _response(of_json(_refusal("NOT_FOUND", "There is no such project."), 404))
        tag = etag(found)
        headers = {"etag": tag, "cache-control": "private, no-cache", "vary": "authorization, x-integration-key"}
        if _knows(request.headers.get("if-none-match", ""), tag):
            return Response(status_code=304, headers=headers)
        return _response(of_json(found, headers=headers))


def contract(schema: Schema) -> Route:
    """Return the route of the contract's text."""
    text = schema.as_str()

    async def answer(_: Request) -> Response:
        return Response(text, media_type="text/plain")

    return Route("/schema.graphql", answer, methods=["GET"])


async def refuse(_: Request, error: Exception) -> Response:
    """Answer what Starlette refuses (an unknown path, a wrong method) in the house's shape."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
    body = _refusal(CODES.get(error.status_code, "BAD_REQUEST"), error.detail)
    return _response(of_json(body, error.status_code, dict(error.headers or {})))


async def broken(request: Request, error: Exception) -> Response:
    """Answer for a bug, or for a database that does not; the envelope logs it."""
    answer = of_outage if is_outage(error) else of_bug
    return _response(answer(request.state.request_id))


def _key(request: Request) -> Credential | None:
    key = request.headers.get("x-integration-key") or bearer(request.headers.get("authorization", ""))
    return integration_key(key) if key else None


def _knows(if_none_match: str, tag: str) -> bool:
    known = [part.strip().removeprefix("W/") for part in if_none_match.split(",")]
    return "*" in known or tag.removeprefix("W/") in known


def _refusal(code: str, message: str) -> dict[str, object]:
    return {"error": message, "code": code, "details": {}}


def _response(answer: Answer) -> Response:
    return Response(answer.body, answer.status, dict(answer.headers or {}), f"{answer.media}; charset=utf-8")
