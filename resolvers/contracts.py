"""Linking projects to contracts: the PSA is asked what a contract is now, and that is what the link keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from db import contracts
from db.access import Action
from db.contracts import BillingFrequency, ContractFacts, ContractType
from db.refusals import ContractNotFound
from psa.errors import PsaError, PsaNotFound

from .permissions import may_in_project

if TYPE_CHECKING:
    from psa.port import Contract

    from .context import Context

CHOICE = 100


async def link_project_to_contract(context: Context, asked: Any) -> dict[str, Any]:
    """Take a snapshot of the contract and link the project to it; again to the same one renews the snapshot."""
    await may_in_project(context, asked.project_id, Action.LINK_CONTRACT)
    psa = await context.psa()
    try:
        contract = await psa.contract(asked.contract_id)
    except PsaNotFound:
        raise ContractNotFound(asked.contract_id) from None
    async with context.database.write(context.viewer.org_id) as session:
        link = await contracts.link(
            session, context.viewer, asked.project_id, facts_of(contract),
            now=context.now, allow_client_mismatch=asked.allow_client_mismatch,
        )  # fmt: skip
    return {"project_id": link.project_id, "link_id": link.id, "relinked": link.linked_at != link.snapshot_at}


async def unlink_project_from_contract(context: Context, asked: Any) -> dict[str, Any]:
    """Close the project's link; the PSA is not asked."""
    async with context.database.write(context.viewer.org_id) as session:
        link = await contracts.unlink(session, context.viewer, asked.project_id, now=context.now)
    return {"project_id": link.project_id, "link_id": link.id}


async def contracts_to_choose(context: Context, client_id: str | None) -> list[Contract] | None:
    """Return a client's contracts, all for nobody's project, at most 100; None where the PSA cannot be asked."""
    try:
        psa = await context.psa()
        return list((await psa.find_contracts(None, client_id, CHOICE, None)).items)
    except PsaError:
        return None


def facts_of(contract: Contract) -> ContractFacts:
    """Return what a link keeps of a contract."""
    return ContractFacts(
        psa_contract_id=contract.id,
        contract_number=contract.number,
        contract_name=contract.name,
        contract_type=ContractType(contract.type),
        psa_client_id=contract.client_id,
        psa_client_name=contract.client_name,
        start_date=contract.start_date,
        end_date=contract.end_date,
        billing_frequency=frequency_of(contract),
        status_at_link=contract.status,
    )


def frequency_of(contract: Contract) -> BillingFrequency | None:
    """Return how often a contract is invoiced; None also for a word that we do not know."""
    known = contract.billing_frequency in set(BillingFrequency)
    return BillingFrequency(contract.billing_frequency) if known else None
