"""Names of types that refer to each other across files, so that no file needs to be imported before another."""

from typing import TYPE_CHECKING, Annotated, Any

import strawberry

if TYPE_CHECKING:
    ProjectRef = TaskRef = MilestoneRef = MemberRef = ClientRef = ContractLinkRef = TicketLinkRef = Any
    ContractRef = TicketRef = TimeEntryRef = BatchRef = LineRef = EventRef = EscalationRef = Any
    PortfolioRef = HealthRef = PsaContractRef = Any
else:
    ProjectRef = Annotated["Project", strawberry.lazy("schema.projects")]
    MemberRef = Annotated["ProjectMember", strawberry.lazy("schema.projects")]
    HealthRef = Annotated["ProjectHealth", strawberry.lazy("schema.health")]
    PortfolioRef = Annotated["PortfolioHealth", strawberry.lazy("schema.health")]
    MilestoneRef = Annotated["Milestone", strawberry.lazy("schema.milestones")]
    TaskRef = Annotated["Task", strawberry.lazy("schema.tasks")]
    EscalationRef = Annotated["Escalation", strawberry.lazy("schema.escalations")]
    ClientRef = Annotated["Client", strawberry.lazy("schema.clients")]
    ContractRef = Annotated["Contract", strawberry.lazy("schema.contracts")]
    ContractLinkRef = Annotated["ContractLink", strawberry.lazy("schema.contracts")]
    TicketRef = Annotated["Ticket", strawberry.lazy("schema.tickets")]
    TicketLinkRef = Annotated["TicketLink", strawberry.lazy("schema.tickets")]
    TimeEntryRef = Annotated["TimeEntry", strawberry.lazy("schema.time_entries")]
    BatchRef = Annotated["ExportBatch", strawberry.lazy("schema.exports")]
    LineRef = Annotated["ExportLine", strawberry.lazy("schema.exports")]
    EventRef = Annotated["ActivityEvent", strawberry.lazy("schema.activity")]
    PsaContractRef = Annotated["PsaContract", strawberry.lazy("schema.listings")]
