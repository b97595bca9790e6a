"""What an export would send, as one word: a preview shows it, and the export can be told to expect it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from db.time_entries.rules import billing_amount

if TYPE_CHECKING:
    from collections.abc import Iterable

    from db.contracts import ContractLink

    from .candidates import Candidate


def fingerprint(contract: ContractLink, sent: Iterable[Candidate]) -> str:
    """Return the SHA-256 of what would be sent to a contract, whatever its order.

    It changes with every edit of an entry (the revision), what it comes to, its task's ticket, and the contract.
    """
    parts = [
        f"{each.entry.id}:{each.entry.revision}:{each.entry.hours}:{billing_amount(each.entry)}:{each.ticket_id}"
        for each in sent
    ]
    return hashlib.sha256("\n".join([contract.psa_contract_id, *sorted(parts)]).encode()).hexdigest()
