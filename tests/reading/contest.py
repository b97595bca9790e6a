"""The contestants, who must give the same bytes, and the judge who compares them."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

import orjson
from graphql import parse

from db.organizations import Role
from db.outages import is_outage
from db.viewers import CallerKind, Viewer
from resolvers.answering import PlannedOperation
from resolvers.context import Context
from schema.executions import Executions
from schema.gate import Operation
from schema.limits import Limits
from schema.roots import build
from tests.reading.known import known_values
from tests.reading.population import IN_NO_PROJECT, NORTH, NOW, PEOPLE
from tests.reading.reference import Reference, written

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Mapping

    from graphql import ExecutionResult

    from db.session import Database
    from tests.reading.documents import Document

    Contestant = Callable[[Operation, Mapping[str, Any], Context], Awaitable["Answer | None"]]

WIDE = Limits(**{limit.name: 10**9 for limit in fields(Limits)})  # random documents are odd


@dataclass(frozen=True)
class Answer:
    """An answer's data as bytes, whether there were errors beside it, and what they said."""

    body: bytes
    failed: bool
    why: str = field(default="", compare=False)
    met_outage: bool = field(default=False, compare=False)


class Contest:
    """Everything that is needed to have one document answered by all."""

    def __init__(self, database: Database, reference: Reference) -> None:
        self.database = database
        self.reference = reference
        self.executions = Executions(build(), limits=WIDE)
        self.contestants: dict[str, Contestant] = {"standard": self.standard, "fast": self.fast}
        self.schema = build()._schema
        self.known = known_values(reference, person("usr_ann"))

    async def judge(self, document: Document, viewers: Mapping[str, Viewer]) -> list[str]:
        """Return a sentence for each contestant and viewer whose answer is not the reference's."""
        operation = self.executions.choose(document.text, None, document.variables)
        assert isinstance(operation, Operation), f"the document is not valid: {operation}\n{document.text}"
        complaints = []
        for who, viewer in viewers.items():
            result = self.reference.execute(operation.document, document.variables, viewer)
            right = Answer(written(result), bool(result.errors), _why(result))
            # Somebody asks the same with other values first: what is kept from that must not know them.
            await self.fast(operation, others(document.variables), surroundings(self.database, viewer))
            for name, contestant in self.contestants.items():
                answer = await contestant(operation, document.variables, surroundings(self.database, viewer))
                if answer is None or answer.met_outage:  # a machine that stood still for a while ends statements
                    answer = await contestant(operation, document.variables, surroundings(self.database, viewer))
                complaint = self._complaint(answer, right, document)
                complaints += [f"{name}, asked by the {who}, {complaint}"] if complaint else []
        return complaints

    def _complaint(self, answer: Answer | None, right: Answer, document: Document) -> str | None:
        """Return what is wrong with an answer; declining is right of errors, and of what no plan is made for."""
        if answer is None:
            odd = right.failed or None in document.variables.values() or b':"Query"' in right.body
            return None if odd else "declined"
        if answer.failed != right.failed:
            return f"met an error: {answer.why}" if answer.failed else f"met no error, the reference: {right.why}"
        return None if answer == right else f"differs at {first_difference(answer.body, right.body)}"

    async def standard(self, operation: Operation, variables: Mapping[str, Any], context: Context) -> Answer:
        """graphql-core over planned rows."""
        result = await self.executions.answer(operation, dict(variables), context)
        met_outage = any(is_outage(error.original_error) for error in result.errors or ())
        return Answer(written(result), bool(result.errors), _why(result), met_outage)

    async def fast(self, operation: Operation, variables: Mapping[str, Any], context: Context) -> Answer | None:
        """Bytes straight from rows, or nothing where the standard finisher must answer."""
        body = await self.executions.bytes(operation, dict(variables), context)
        return None if body is None else Answer(body.removeprefix(b'{"data":')[:-1], failed=False)


def _why(result: ExecutionResult) -> str:
    return "; ".join(f"{error.message} ({error.original_error!r})" for error in result.errors or ())


def planned(text: str) -> PlannedOperation:
    """Return the first operation of a document, as the gate would hand it on without judging it."""
    document: Any = parse(text)
    operation, *fragments = document.definitions
    return PlannedOperation(build()._schema, operation, {each.name.value: each for each in fragments})


def surroundings(database: Database, viewer: Viewer) -> Context:
    """Return the context of a read, which asks neither a PSA nor the outbox."""
    unused: Any = None
    return Context(viewer=viewer, database=database, psa_for=unused, outbox=unused, now=NOW)


def callers() -> dict[str, Viewer]:
    """Return one caller of each kind: who sees all, who sees some, who sees nothing, and another product."""
    people = {"owner": "usr_ann", "member": "usr_mick", "stranger": IN_NO_PROJECT}
    return {name: person(id_) for name, id_ in people.items()} | {
        "product": _viewer(CallerKind.INTEGRATION, None, None),
        "busy": replace(person("usr_mick"), belongs_to_many=True),  # which is no rule: he sees what he sees
    }


def person(user_id: str) -> Viewer:
    """Return somebody of the population as a caller."""
    return _viewer(CallerKind.SESSION, user_id, PEOPLE[user_id])


def _viewer(kind: CallerKind, user_id: str | None, role: Role | None) -> Viewer:
    return Viewer(
        kind=kind, org_id=NORTH, user_id=user_id, name="", email=None, role=role, timezone="Asia/Tokyo", currency="JPY",
        time_approval_required=True, sees_all=role in (None, Role.OWNER, Role.ADMIN),
    )  # fmt: skip


def others(variables: Any) -> Any:
    """Return variables that are other values, of the same kinds: dates and words that stand for a choice stay."""
    if isinstance(variables, dict):
        return {name: value if name == "__typename" else others(value) for name, value in variables.items()}
    if isinstance(variables, list):
        return [others(value) for value in variables]
    if isinstance(variables, str):
        return variables if variables.isupper() or variables[:1].isdigit() else f"{variables}x"
    return variables + 1 if type(variables) is int else variables


def first_difference(one: bytes, other: bytes) -> str:
    """Return where two answers differ first, and what stands there."""
    return next(_differences(orjson.loads(one), orjson.loads(other), "data"), "the order of keys")


def _differences(one: Any, other: Any, path: str) -> Iterator[str]:
    if isinstance(one, dict) and isinstance(other, dict) and list(one) == list(other):
        for key in one:
            yield from _differences(one[key], other[key], f"{path}.{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for place, (mine, theirs) in enumerate(zip(one, other, strict=True)):
            yield from _differences(mine, theirs, f"{path}[{place}]")
    elif one != other or type(one) is not type(other):
        yield f"{path}: {str(one)[:300]!r}, not {str(other)[:300]!r}"
