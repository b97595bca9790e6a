"""Every expected no, named by the fact it states; clients read `code`, `message`, `retryable` and `hint`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Refusal(Exception):
    """What was asked will not be done. `code` is the class's name in upper snake case; facts are attributes."""

    code: ClassVar[str] = "REFUSAL"
    retryable: ClassVar[bool] = False
    hint: ClassVar[str | None] = None

    def __init_subclass__(cls, *, hint: str | None = None, retryable: bool = False) -> None:
        """Derive the code, so that no two places can spell it differently."""
        cls.hint, cls.retryable = hint, retryable
        cls.code = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).upper()

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Missing(Refusal):
    """There is no such thing here; another organisation's id gets the same words as an unknown one (domain 3)."""

    def __init__(self, wanted: str) -> None:
        what = self.code.removesuffix("_NOT_FOUND").replace("_", " ").lower()
        super().__init__(f"There is no {what} {wanted}.")
        self.wanted = wanted


class ProjectNotFound(Missing):
    """No project has this id or number."""


class TaskNotFound(Missing):
    """No task of the project has this id."""


class MilestoneNotFound(Missing):
    """No milestone of the project has this id."""


class TimeEntryNotFound(Missing):
    """No time entry has this id."""


class UserNotFound(Missing, hint="People appear here when they first sign in through the Hub."):
    """Nobody of this id belongs to the organisation, or to the project where a member is meant."""


class OrganizationNotFound(Missing):
    """The organisation has not been set up here."""


class ClientNotFound(Missing, hint="Ids are those of the PSA: pick one with psaClients(search:)."):
    """Neither we nor the PSA know a client of this id."""


class ContractNotFound(Missing, hint="Pick one with psaContracts(search:)."):
    """The PSA has no contract of this id."""


class TicketNotFound(Missing, hint="Pick one with psaTickets(search:)."):
    """The PSA has no ticket of this id."""


class LinkNotFound(Missing):
    """No active link has this id."""


class ExportBatchNotFound(Missing):
    """No export batch has this id."""


class ExportLineNotFound(Missing):
    """No export line has this id."""


class Forbidden(Refusal, hint="Ask the project's owner for the role, or somebody who has it to do this."):
    """The caller may not do this here; `least_role` could (None: no person's role is the reason)."""

    def __init__(self, action: str, least_role: str | None) -> None:
        needs = f"it takes the role {least_role} or higher" if least_role else "integration keys only read"
        super().__init__(f"You may not do this ({action}): {needs}.")
        self.action = action
        self.least_role = least_role


class InvalidInput(Refusal):
    """Values that cannot be accepted: field → what is wrong with it, as the end of a sentence."""

    def __init__(self, fields: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{field} {wrong}" for field, wrong in fields.items()) + ".")
        self.fields = dict(fields)


class ListTooLong(Refusal):
    """A list would pass the length up to which it can be shown whole."""

    def __init__(self, what: str, limit: int) -> None:
        super().__init__(f"There may be at most {limit} {what}.")
        self.what = what
        self.limit = limit


class ProjectArchived(Refusal):
    """The project was archived: nothing new is planned or logged in it. Time can still be approved and exported."""

    def __init__(self, project_id: str) -> None:
        super().__init__(f"Project {project_id} is archived.")
        self.project_id = project_id


class MemberIsOwner(Refusal, hint="Give the project another owner first: updateProject(ownerId:)."):
    """The project's owner stays its owner."""

    def __init__(self, user_id: str) -> None:
        super().__init__(f"{user_id} owns the project and can be neither removed nor given another role.")
        self.user_id = user_id


class DependencyCycle(Refusal):
    """A task would wait for itself; `path` lists the tasks of the circle, the first one again at its end."""

    def __init__(self, path: Sequence[str]) -> None:
        super().__init__("The task would wait for itself: " + " → ".join(path) + ".")
        self.path = tuple(path)


class ClientMismatch(Refusal, hint="If the other client really pays, say so: allowClientMismatch: true."):
    """The contract is another client's than the project's."""

    def __init__(self, project_client_id: str, contract_client_id: str) -> None:
        super().__init__(
            f"The contract belongs to client {contract_client_id}, the project to client {project_client_id}."
        )
        self.project_client_id = project_client_id
        self.contract_client_id = contract_client_id


class ContractNotLinked(Refusal, hint="Link one first: linkProjectToContract."):
    """The project has no contract, so its time has nowhere to go (the seed)."""

    def __init__(self, project_id: str, client_id: str | None = None) -> None:
        super().__init__(f"Project {project_id} is not linked to a contract.")
        self.project_id = project_id
        self.client_id = client_id


class EntryLocked(
    Refusal,
    hint="Void the export first (voidExport). An unknown outcome is looked up by resolveUnknownExport, which also takes"
    " what you saw in the PSA where no lookup can tell.",
):
    """The time entry is exported, or may be: `reasons` are names of `Lock`."""

    def __init__(self, entry_id: str, reasons: Sequence[str]) -> None:
        super().__init__(f"Time entry {entry_id} is locked: {', '.join(reasons)}.")
        self.entry_id = entry_id
        self.reasons = tuple(reasons)


class EntryNotPending(Refusal, hint="Correct the entry with updateTimeEntry: that makes it pending again."):
    """Only pending entries are approved; a rejected one is edited first, which makes it pending again."""

    def __init__(self, entry_id: str, approval_status: str) -> None:
        super().__init__(f"Time entry {entry_id} is {approval_status}.")
        self.entry_id = entry_id
        self.approval_status = approval_status


class IdempotencyKeyReused(
    Refusal, hint="Send a new key for a new wish; send the same wish to learn what became of it."
):
    """The key was sent before with another wish."""

    def __init__(self, key: str) -> None:
        super().__init__(f"The idempotency key {key} was used for something else.")
        self.key = key
