"""What can be picked in the PSA: live values for pickers, no entities; a list and its absence are different answers."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Union

import strawberry

from db.contracts import BillingFrequency, ContractType
from db.refusals import InvalidInput
from db.tickets import TicketPriority, TicketStatus
from resolvers import listings
from resolvers.context import Info
from resolvers.contracts import frequency_of

from .commands.declarations import ASKS_PSA
from .errors import TYPES
from .fields import PageInfo


@strawberry.type(description="A client as the PSA knows it now.")
class PsaClient:
    """A company that can be chosen."""

    id: strawberry.ID = strawberry.field(description="The PSA's id of the client.")
    name: str = strawberry.field(description="Its name.")


@strawberry.type(description="A contract as the PSA knows it now.")
class PsaContract:
    """A contract that can be chosen."""

    id: strawberry.ID = strawberry.field(description="The PSA's id of the contract.")
    number: str = strawberry.field(description="Its number.")
    name: str = strawberry.field(description="Its name.")
    status: str = strawberry.field(description="Its state, in the PSA's sense: ACTIVE, EXPIRED and the like.")
    client_id: strawberry.ID = strawberry.field(description="The PSA's id of its client.")
    client_name: str = strawberry.field(description="The name of its client.")
    start_date: date | None = strawberry.field(description="When it began.")
    end_date: date | None = strawberry.field(description="When it ends.")

    @strawberry.field(description="How it bills.")
    def type(self) -> ContractType:
        """Return the type as our enum."""
        return ContractType(self.type)

    @strawberry.field(description="How often it is invoiced.")
    def billing_frequency(self) -> BillingFrequency | None:
        """Return the frequency as our enum."""
        return frequency_of(self)  # type: ignore[arg-type]


@strawberry.type(description="A ticket as the PSA knows it now.")
class PsaTicket:
    """A ticket that can be chosen."""

    id: strawberry.ID = strawberry.field(description="The PSA's id of the ticket.")
    number: str = strawberry.field(description="Its number, such as ABC-1234.")
    title: str = strawberry.field(description="Its title.")
    client_id: strawberry.ID | None = strawberry.field(description="The PSA's id of its client.")
    client_name: str | None = strawberry.field(description="The name of its client.")

    @strawberry.field(description="Its status.")
    def status(self) -> TicketStatus:
        """Return the status as our enum."""
        return TicketStatus(self.status)

    @strawberry.field(description="Its priority; null for a word that we do not know.")
    def priority(self) -> TicketPriority | None:
        """Return the priority as our enum."""
        return TicketPriority(self.priority) if self.priority in set(TicketPriority) else None

    @strawberry.field(description="Where people open it in the PSA.")
    def url(self, info: Info) -> str:
        """Return the address."""
        return info.context.links.ticket(self.id)


def _page(item: Any, of: str) -> Any:
    """Return the type of a page that the PSA cut: it has one cursor, at its end."""
    body = {
        "__annotations__": {"nodes": list[item], "page_info": PageInfo, "total_count": int | None},
        "nodes": strawberry.field(description="What was found; perhaps nothing."),
        "page_info": strawberry.field(description="Where this page lies; only endCursor is ever a cursor."),
        "total_count": strawberry.field(description="How many there are, where the PSA says so."),
    }
    return strawberry.type(
        type(f"{item.__name__}Page", (), body), description=f"A page of {of} as the PSA has them now."
    )


def _result(page: Any, of: str) -> Any:
    name = f"Psa{of}Result"
    members = (page, *(TYPES[kind] for kind in (InvalidInput, *ASKS_PSA)))
    said = "A list, perhaps an empty one, or why the PSA gave none."
    return Annotated[Union[members], strawberry.union(name, description=said)]  # noqa: UP007


PsaClientPage: Any = _page(PsaClient, "clients")
PsaContractPage: Any = _page(PsaContract, "contracts")
PsaTicketPage: Any = _page(PsaTicket, "tickets")
if TYPE_CHECKING:
    PsaClientsResult = Any
    PsaContractsResult = Any
    PsaTicketsResult = Any
else:
    PsaClientsResult = _result(PsaClientPage, "Clients")
    PsaContractsResult = _result(PsaContractPage, "Contracts")
    PsaTicketsResult = _result(PsaTicketPage, "Tickets")

Search = Annotated[str | None, strawberry.argument(description="A part of its number or name; at most 200 characters.")]
Wanted = Annotated[str, strawberry.argument(description="Its number, or a part of its title; at most 200 characters.")]
OfClient = Annotated[strawberry.ID | None, strawberry.argument(description="Only of this client (the PSA's id).")]
First = Annotated[int, strawberry.argument(description="How many to return, from 1 to 100.")]
After = Annotated[str | None, strawberry.argument(description="The endCursor of the page before.")]


async def psa_clients(info: Info, search: Search = None, first: First = 20, after: After = None) -> PsaClientsResult:
    """Answer psaClients."""
    return _shown(PsaClientPage, await listings.psa_clients(info.context, search, first, after), after)


async def psa_contracts(
    info: Info, search: Search = None, client_id: OfClient = None, first: First = 20, after: After = None
) -> PsaContractsResult:
    """Answer psaContracts."""
    found = await listings.psa_contracts(info.context, search, client_id, first, after)
    return _shown(PsaContractPage, found, after)


async def psa_tickets(
    info: Info, search: Wanted, client_id: OfClient = None, first: First = 20, after: After = None
) -> PsaTicketsResult:
    """Answer psaTickets."""
    found = await listings.psa_tickets(info.context, search, client_id, first, after)
    return _shown(PsaTicketPage, found, after)


def _shown(page: Any, found: Any, after: str | None) -> Any:
    place = PageInfo(
        has_next_page=found.next is not None,
        has_previous_page=after is not None,
        start_cursor=None,
        end_cursor=found.next,
    )
    return page(nodes=list(found.items), page_info=place, total_count=found.total)
