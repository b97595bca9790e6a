"""Reading clients, and what Projects knows of a contract or a ticket that is the PSA's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select, true
from sqlalchemy.orm import aliased

from db.askers import Asker, within
from db.clients import Client
from db.contracts import ContractLink
from db.projects.tables import Project
from db.relations import Entity, Itself, Order, Through, ToMany, ToOne
from db.tickets import TicketLink

from .folding import contains
from .links import active

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement


def has_visible_project(client: Any, asker: Asker) -> ColumnElement[bool]:
    """Tell whether a client is there for the asker: one of its projects is (domain 9)."""
    if asker.sees_all:
        return true()
    project = aliased(Project)
    mine = within(asker, project, project.client_id == client.id, asker.member_of(project.id))
    return asker.found(select(project.id).where(mine))


CLIENT = Entity(
    "Client",
    Client,
    facts={"node_id": lambda row, asker: asker.org.concat(":").concat(row.id)},
    relations={
        "projects": ToMany("Project", "client_id", crosses=True),
        "health": Itself("ClientHealth"),
    },
    filters={"search": contains("name_folded")},
    orders={"name": Order(lambda row, _descending: row.name_folded)},
    default_order=("name", False),
    visible=has_visible_project,
    always=True,
)

CONTRACT = Entity(
    "Contract",
    relations={
        "projects": ToMany(
            "Project", "id", crosses=True, through=Through(ContractLink, "psa_contract_id", "project_id", active)
        ),
        "health": Itself("ContractHealth"),
    },
)

TICKET = Entity(
    "Ticket",
    relations={
        "links": ToMany("TicketLink", "psa_ticket_id", crosses=True, where=active),
        "tasks": ToMany("Task", "id", crosses=True, through=Through(TicketLink, "psa_ticket_id", "task_id", active)),
    },
)

CONTRACT_LINK = Entity(
    "ContractLink",
    ContractLink,
    relations={
        "project": ToOne("Project", {"id": "project_id"}),
        "linked_by": ToOne("User", {"id": "linked_by_id"}),
        "contract": Itself("Contract", {"id": "psa_contract_id"}),
    },
    visible=lambda row, asker: asker.member_of(row.project_id),
)

TICKET_LINK = Entity(
    "TicketLink",
    TicketLink,
    relations={
        "task": ToOne("Task", {"id": "task_id"}),
        "project": ToOne("Project", {"id": "project_id"}),
        "linked_by": ToOne("User", {"id": "linked_by_id"}),
        "ticket": Itself("Ticket", {"id": "psa_ticket_id"}),
    },
    visible=lambda row, asker: asker.member_of(row.project_id),
)
