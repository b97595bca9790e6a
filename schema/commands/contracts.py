"""Linking projects to contracts: inputs and payloads."""

import strawberry

from schema.contracts import ContractLink
from schema.fields import shown
from schema.projects import Project


@strawberry.input(description="Which project to link to which contract.")
class LinkProjectToContractInput:
    """The contract linked now means: take a new snapshot; another one takes its place."""

    project_id: strawberry.ID = strawberry.field(description="The project.")
    contract_id: strawberry.ID = strawberry.field(
        description="The PSA's id of the contract: pick one with psaContracts."
    )
    allow_client_mismatch: bool = strawberry.field(
        description="Whether the contract may be another client's than the project's.", default=False
    )


@strawberry.type(description="A project that is linked to a contract.")
class LinkProjectToContractPayload:
    """What was linked."""

    project_id: strawberry.Private[str]
    link_id: strawberry.Private[str]
    relinked: bool = strawberry.field(
        description="Whether it was linked to this contract before, so that only the snapshot is new."
    )
    project: Project | None = shown("Project", "project_id", "The project.")
    contract_link: ContractLink | None = shown("ContractLink", "link_id", "The link with its new snapshot.")


@strawberry.input(description="Which project's link to remove.")
class UnlinkProjectFromContractInput:
    """The contract need not exist any more."""

    project_id: strawberry.ID = strawberry.field(description="The project.")


@strawberry.type(description="A project whose link was removed. What was exported stays where it is.")
class UnlinkProjectFromContractPayload:
    """What was unlinked."""

    project_id: strawberry.Private[str]
    link_id: strawberry.Private[str]
    project: Project | None = shown("Project", "project_id", "The project.")
    contract_link: ContractLink | None = shown("ContractLink", "link_id", "The link that was closed.")
