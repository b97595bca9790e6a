"""Expected refusals as data: one type per refusal, all of them `ProjectsError`s, made from one table."""

from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING, Any

import strawberry
from strawberry.utils.str_converters import to_camel_case

from db import refusals
from db.exports.refusals import (
    ExportQueueFull,
    LineNotExported,
    LineNotLeftToPeople,
    NothingToRetry,
    PreviewStale,
    PsaEntryInvoiced,
    RequestUnderWay,
)
from db.refusals import Refusal
from psa import errors as psa
from psa.errors import PsaError
from resolvers.context import Info
from resolvers.contracts import contracts_to_choose

from .eligibility import Lock
from .exports import OpState
from .fields import shown, words
from .people import Role
from .references import ProjectRef, PsaContractRef

# Refusal → what it means to a client. Every expected no stands here, and nowhere else in the schema.
MEANINGS: Mapping[type[Refusal | PsaError], str] = {
    refusals.Forbidden: "The caller's role is not enough for this.",
    refusals.InvalidInput: "Some values cannot be accepted; each is named.",
    refusals.ListTooLong: "A list is longer than it may be.",
    refusals.ProjectNotFound: "There is no such project.",
    refusals.ProjectArchived: "The project is archived; nothing new is begun in it.",
    refusals.TaskNotFound: "There is no such task.",
    refusals.MilestoneNotFound: "There is no such milestone.",
    refusals.TimeEntryNotFound: "There is no such time entry.",
    refusals.UserNotFound: "There is nobody of this id.",
    refusals.ClientNotFound: "There is no such client.",
    refusals.ContractNotFound: "The PSA has no such contract, or no longer.",
    refusals.TicketNotFound: "The PSA has no such ticket, or no longer.",
    refusals.LinkNotFound: "There is no such link, or no longer.",
    refusals.MemberIsOwner: "The project's owner stays in it; give it another owner first.",
    refusals.DependencyCycle: "A task would wait for itself.",
    refusals.ClientMismatch: "The contract is another client's than the project's.",
    refusals.ContractNotLinked: "The project is not linked to a contract, so its time has nowhere to go.",
    ExportQueueFull: "The organisation has as much waiting for the PSA as it may.",
    PreviewStale: "What would be sent is no longer what the preview showed.",
    refusals.ExportBatchNotFound: "There is no such export batch.",
    refusals.ExportLineNotFound: "There is no such export line.",
    NothingToRetry: "No line of the batch has failed.",
    LineNotExported: "Only what the PSA has confirmed can be taken back.",
    LineNotLeftToPeople: "What a person saw settles a line only where no lookup can.",
    RequestUnderWay: "The line's last request may still take effect: nobody can say yet that it did not arrive.",
    PsaEntryInvoiced: "The PSA has invoiced its entry, so it stays exported.",
    refusals.EntryLocked: "The time entry is exported, or may be.",
    refusals.EntryNotPending: "Only pending entries are approved.",
    refusals.IdempotencyKeyReused: "The key was sent before with another wish.",
    psa.PsaNotConfigured: "The connection to the PSA is not set up.",
    psa.PsaBadCredentials: "The PSA does not take the integration key.",
    psa.PsaUnreachable: "The PSA cannot be reached at its address.",
    psa.PsaRateLimited: "The PSA's calls for this minute are used up.",
    psa.PsaUnavailable: "The PSA did not answer properly.",
    psa.PsaRejected: "The PSA refused the request.",
}

if TYPE_CHECKING:
    ProjectsErrorCode = Any
else:
    ProjectsErrorCode = words(
        Enum("ProjectsErrorCode", {kind.code: kind.code for kind in MEANINGS}, module=__name__),
        "Why something was not done; new codes may be added.",
        **{kind.code: meaning for kind, meaning in MEANINGS.items()},
    )


@strawberry.interface(description="Why something was not done. A generic client needs no more than these fields.")
class ProjectsError:
    """Every refusal of every mutation."""

    code: ProjectsErrorCode = strawberry.field(description="The reason, for machines.")
    message: str = strawberry.field(description="The reason, for people.")
    retryable: bool = strawberry.field(description="Whether the same request may succeed later.")
    retry_after_seconds: int | None = strawberry.field(description="How long to wait before that, where it is known.")
    hint: str | None = strawberry.field(description="What to do next.")


@strawberry.type(description="A value that cannot be accepted.")
class FieldProblem:
    """A field and what is wrong with it."""

    field: str = strawberry.field(description="The input's field, as the contract spells it.")
    message: str = strawberry.field(description="What is wrong with it.")


async def _contracts_to_choose(root: strawberry.Parent[Any], info: Info) -> list[PsaContractRef] | None:
    return await contracts_to_choose(info.context, root.client_id)  # type: ignore[return-value] - shown as it is


EXTRA: Mapping[type[Refusal | PsaError], dict[str, tuple[Any, Any]]] = {
    refusals.Forbidden: {
        "least_role": (Role | None, strawberry.field(description="The least role that may do it; null where none may."))
    },
    refusals.InvalidInput: {
        "problems": (list[FieldProblem], strawberry.field(description="Each value and its problem."))
    },
    refusals.EntryLocked: {
        "entry_id": (strawberry.ID, strawberry.field(description="The entry.")),
        "reasons": (list[Lock], strawberry.field(description="Why it is locked.")),
    },
    LineNotExported: {"state": (OpState, strawberry.field(description="What became of the line."))},
    LineNotLeftToPeople: {"state": (OpState, strawberry.field(description="What became of the line."))},
    refusals.ContractNotLinked: {
        "project_id": (strawberry.Private[str], None),
        "client_id": (strawberry.Private[str | None], None),
        "project": (ProjectRef | None, shown("Project", "project_id", "The project that needs a contract.")),
        "contracts": (
            list[PsaContractRef] | None,
            strawberry.field(
                resolver=_contracts_to_choose,
                description="The contracts of its client to choose from, all of them for an internal project; at most"
                " 100, asked live; null where the PSA cannot be asked.",
            ),
        ),
    },
    refusals.ClientMismatch: {
        "project_client_id": (strawberry.ID, strawberry.field(description="The project's client.")),
        "contract_client_id": (strawberry.ID, strawberry.field(description="The contract's client.")),
    },
    refusals.DependencyCycle: {
        "path": (list[strawberry.ID], strawberry.field(description="The tasks of the circle, in order."))
    },
}


def _made(kind: type[Refusal | PsaError], meaning: str) -> Any:
    extra = EXTRA.get(kind, {})
    body: dict[str, Any] = {"__annotations__": {name: type_ for name, (type_, _) in extra.items()}}
    body |= {name: field for name, (_, field) in extra.items() if field is not None}
    return strawberry.type(type(f"{kind.__name__}Error", (ProjectsError,), body), description=meaning)


TYPES = {kind: _made(kind, meaning) for kind, meaning in MEANINGS.items()}


def shown_as(error: Refusal | PsaError) -> Any:
    """Return an error as the type of its kind; the nearest kind in the table, for one that is not in it."""
    kind = next(kind for kind in type(error).__mro__ if kind in TYPES)
    facts = {name: _fact(error, name) for name, (_, field) in EXTRA.get(kind, {}).items() if _is_fact(field)}
    return TYPES[kind](
        code=ProjectsErrorCode(kind.code),  # type: ignore[attr-defined]
        message=error.message,
        retryable=error.retryable,
        retry_after_seconds=getattr(error, "retry_after_seconds", None),
        hint=error.hint,
        **facts,
    )


def _is_fact(field: Any) -> bool:
    return field is None or not (hasattr(field, "declare") or field.base_resolver)


def _fact(error: Any, name: str) -> Any:
    if name == "problems":
        return [FieldProblem(field=to_camel_case(field), message=wrong) for field, wrong in error.fields.items()]
    return getattr(error, name)
