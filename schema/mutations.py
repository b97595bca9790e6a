"""The mutation root: every command, what it meets, and what it is for, in the order of the contract's capabilities."""

import strawberry

from db import refusals as no
from db.exports.refusals import (
    ExportQueueFull,
    LineNotExported,
    LineNotLeftToPeople,
    NothingToRetry,
    PreviewStale,
    PsaEntryInvoiced,
    RequestUnderWay,
)
from psa.errors import PsaNotConfigured, PsaRejected
from resolvers import connections, contracts, escalations, exports, milestones, projects, tasks, tickets, time_entries

from .commands import connections as settings
from .commands import contracts as contract
from .commands import escalations as escalation
from .commands import export_lines as line
from .commands import exports as export
from .commands import milestones as milestone
from .commands import projects as project
from .commands import tasks as task
from .commands import tickets as ticket
from .commands import time_entries as time
from .commands.declarations import ASKS_PSA, command

IN_PROJECT = (no.ProjectNotFound, no.ProjectArchived)
OF_TASK = (no.TaskNotFound, no.ProjectArchived)
ONCE = no.IdempotencyKeyReused


@strawberry.type(description="Everything that can be done.")
class Mutation:
    """Each answers a union of its payload and the refusals it can meet."""

    save_psa_connection = command(
        connections.save_psa_connection, settings.SavePsaConnectionInput, settings.SavePsaConnectionPayload,
        description="Save address and integration key of the PSA. Exports that waited for them go on by themselves.",
    )  # fmt: skip
    test_psa_connection = command(
        connections.test_psa_connection, settings.TestPsaConnectionInput, settings.TestPsaConnectionPayload,
        PsaNotConfigured, description="Ask the PSA something small, and keep what came of it.",
    )  # fmt: skip
    create_project = command(
        projects.create_project, project.CreateProjectInput, project.CreateProjectPayload,
        no.ClientNotFound, no.UserNotFound, ONCE, *ASKS_PSA,
        description="Open a project. Its client is fetched from the PSA, and its id and name are kept.",
    )  # fmt: skip
    update_project = command(
        projects.update_project, project.UpdateProjectInput, project.UpdateProjectPayload,
        *IN_PROJECT, no.ClientNotFound, no.UserNotFound, no.ListTooLong, *ASKS_PSA,
        description="Change a project. Only a new client is asked of the PSA.",
    )  # fmt: skip
    archive_project = command(
        projects.archive_project, project.ArchiveProjectInput, project.ArchiveProjectPayload, no.ProjectNotFound,
        description="Put a project away: it counts nowhere any more. A repeat changes nothing.",
    )  # fmt: skip
    create_milestone = command(
        milestones.create_milestone, milestone.CreateMilestoneInput, milestone.CreateMilestonePayload,
        *IN_PROJECT, no.ListTooLong, description="Add a milestone to a project.",
    )  # fmt: skip
    update_milestone = command(
        milestones.update_milestone, milestone.UpdateMilestoneInput, milestone.UpdateMilestonePayload,
        no.MilestoneNotFound, no.ProjectArchived, description="Change a milestone.",
    )  # fmt: skip
    create_task = command(
        tasks.create_task, task.CreateTaskInput, task.CreateTaskPayload,
        *IN_PROJECT, no.MilestoneNotFound, no.UserNotFound, no.TaskNotFound, no.DependencyCycle, no.ListTooLong, ONCE,
        description="Add a task to a project.",
    )  # fmt: skip
    update_task = command(
        tasks.update_task, task.UpdateTaskInput, task.UpdateTaskPayload,
        *OF_TASK, no.MilestoneNotFound, no.UserNotFound, no.DependencyCycle, no.ListTooLong,
        description="Change a task. The tickets it is linked to are left alone, whatever becomes of it.",
    )  # fmt: skip
    add_project_member = command(
        projects.add_project_member, project.AddProjectMemberInput, project.AddProjectMemberPayload,
        *IN_PROJECT, no.UserNotFound, no.MemberIsOwner, no.ListTooLong,
        description="Make a person a member of a project, or give a member another role. A role above the caller's"
        " own stays as it is.",
    )  # fmt: skip
    remove_project_member = command(
        projects.remove_project_member, project.RemoveProjectMemberInput, project.RemoveProjectMemberPayload,
        *IN_PROJECT, no.UserNotFound, no.MemberIsOwner,
        description="End a person's membership; what they did stays. Nobody ends one above their own.",
    )  # fmt: skip
    link_project_to_contract = command(
        contracts.link_project_to_contract, contract.LinkProjectToContractInput, contract.LinkProjectToContractPayload,
        no.ProjectNotFound, no.ContractNotFound, no.ClientMismatch, *ASKS_PSA,
        description="Link a project to a contract, as the PSA has it now. Again to the same one renews what is shown of"
        " it; another one takes its place, and what was exported stays where it is.",
    )  # fmt: skip
    unlink_project_from_contract = command(
        contracts.unlink_project_from_contract,
        contract.UnlinkProjectFromContractInput, contract.UnlinkProjectFromContractPayload,
        no.ProjectNotFound, no.ContractNotLinked, description="Remove a project's link. What was exported stays.",
    )  # fmt: skip
    link_task_to_ticket = command(
        tickets.link_task_to_ticket, ticket.LinkTaskToTicketInput, ticket.LinkTaskToTicketPayload,
        *OF_TASK, no.TicketNotFound, no.ListTooLong, *ASKS_PSA,
        description="Link a task to a ticket that exists. Neither one's status ever follows the other's.",
    )  # fmt: skip
    unlink_task_from_ticket = command(
        tickets.unlink_task_from_ticket, ticket.UnlinkTaskFromTicketInput, ticket.UnlinkTaskFromTicketPayload,
        no.LinkNotFound, *OF_TASK, description="Remove a task's link to a ticket, whether or not the PSA still has it.",
    )  # fmt: skip
    log_time = command(
        time_entries.log_time, time.LogTimeInput, time.LogTimePayload,
        *IN_PROJECT, no.UserNotFound, no.TaskNotFound, no.MilestoneNotFound, ONCE, description="Log time in a project.",
    )  # fmt: skip
    update_time_entry = command(
        time_entries.update_time_entry, time.UpdateTimeEntryInput, time.UpdateTimeEntryPayload,
        no.TimeEntryNotFound, no.UserNotFound, no.TaskNotFound, no.MilestoneNotFound, no.EntryLocked,
        description="Change a time entry; it asks for approval again.",
    )  # fmt: skip
    delete_time_entry = command(
        time_entries.delete_time_entry, time.DeleteTimeEntryInput, time.DeleteTimeEntryPayload,
        no.TimeEntryNotFound, no.EntryLocked, description="Delete a time entry that was never in an export.",
    )  # fmt: skip
    approve_time_entries = command(
        time_entries.approve_time_entries, time.ApproveTimeEntriesInput, time.ApproveTimeEntriesPayload,
        no.ListTooLong, description="Approve time entries, each with a verdict of its own.",
    )  # fmt: skip
    reject_time_entries = command(
        time_entries.reject_time_entries, time.RejectTimeEntriesInput, time.RejectTimeEntriesPayload,
        no.ListTooLong, description="Reject time entries, each with a verdict of its own.",
    )  # fmt: skip
    export_time_entries = command(
        exports.export_time_entries, export.ExportTimeEntriesInput, export.ExportTimeEntriesPayload,
        no.ProjectNotFound, no.ContractNotLinked, no.ListTooLong, PreviewStale, ExportQueueFull, ONCE, PsaNotConfigured,
        description="Export approved time to the project's contract, each entry once. It waits some seconds for the"
        " PSA; what is not decided by then goes on by itself.",
    )  # fmt: skip
    retry_export = command(
        exports.retry_export, export.RetryExportInput, export.RetryExportPayload,
        no.ExportBatchNotFound, no.ContractNotLinked, NothingToRetry, ExportQueueFull, ONCE, PsaNotConfigured,
        description="Export once more what the PSA refused of a batch, as it is now. Nothing that arrived, or may have"
        " arrived, is sent again.",
    )  # fmt: skip
    resolve_unknown_export = command(
        exports.resolve_unknown_export, line.ResolveUnknownExportInput, line.ResolveUnknownExportPayload,
        no.ExportLineNotFound, LineNotLeftToPeople, RequestUnderWay, PsaNotConfigured,
        description="Look a line whose outcome is unknown up in the PSA now. It is never sent on a guess: only when"
        " the PSA shows nothing, and no earlier request can still be under way. Where no lookup can tell, say what you"
        " have `seen`.",
    )  # fmt: skip
    void_export = command(
        exports.void_export, line.VoidExportInput, line.VoidExportPayload,
        no.ExportLineNotFound, LineNotExported, PsaEntryInvoiced, ONCE, PsaNotConfigured, PsaRejected,
        description="Take an exported line back: the PSA removes its entry, unless it was invoiced. It waits some"
        " seconds for the PSA.",
    )  # fmt: skip
    escalate_task = command(
        escalations.escalate_task, escalation.EscalateTaskInput, escalation.EscalateTaskPayload,
        *OF_TASK, no.ListTooLong, ONCE, PsaNotConfigured,
        description="Make a ticket out of a task and link it back. The task's own status is left alone.",
    )  # fmt: skip
