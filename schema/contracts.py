"""Contracts: the link of a project with its snapshot, and what Projects knows of a contract."""

from datetime import date, datetime

import strawberry

from db.contracts import BillingFrequency, ContractType
from resolvers.drift import contract_drift

from .drift import ContractDrift
from .fields import Connection, by, fact, one, page, words
from .nodes import BY_ID, Node
from .people import User
from .projects import ProjectFilter, ProjectOrder
from .references import PortfolioRef, ProjectRef

words(
    ContractType,
    "How a contract bills.",
    MANAGED_SERVICES="A flat fee for managed services.",
    BREAK_FIX="By the hour, when something breaks.",
    RETAINER="Hours paid for in advance.",
    PER_DEVICE="By the number of devices.",
    OTHER="Some other way.",
)
words(
    BillingFrequency,
    "How often a contract is invoiced.",
    MONTHLY="Every month.",
    QUARTERLY="Every quarter.",
    ANNUALLY="Every year.",
)


@strawberry.type(description="What Projects knows of a PSA contract, by the PSA's id of it.", directives=[BY_ID])
class Contract:
    """The rest of it is the PSA's to answer."""

    id: strawberry.ID = fact("The PSA's id of the contract.")
    projects: Connection[ProjectRef] = page("The projects linked to it.", filter=ProjectFilter, order=ProjectOrder)
    health: PortfolioRef = one("The health of the projects linked to it.")


@strawberry.type(
    description="A project's link to a PSA contract. All it says is as it was when linked, until it is linked again."
)
class ContractLink(Node):
    """A snapshot."""

    id: strawberry.ID = fact("The link's id.")
    contract_number: str = fact("The contract's number.")
    contract_name: str = fact("Its name.")
    contract_type: ContractType = fact("How it bills.")
    billing_frequency: BillingFrequency | None = fact("How often it is invoiced.")
    client_id: strawberry.ID = fact("The PSA's id of the contract's client.", "psa_client_id")
    client_name: str = fact("The name of the contract's client.", "psa_client_name")
    start_date: date | None = fact("When it began.")
    end_date: date | None = fact("When it ends.")
    status_at_link: str = fact("What the PSA called its state.")
    snapshot_at: datetime = fact("When all this was read from the PSA.")
    linked_at: datetime = fact("When the project was first linked to it.")
    linked_by: User | None = one("Who linked it.")
    contract: Contract = one("The contract, for a gateway.")
    project: ProjectRef = one("The project.")
    drift: ContractDrift | None = by(
        contract_drift,
        "psa_contract_id", "contract_number", "contract_name", "start_date", "end_date", "status_at_link",
        description="What the PSA says now that differs from the snapshot, asked live; null where it cannot be asked.",
    )  # fmt: skip
