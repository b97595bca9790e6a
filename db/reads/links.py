"""Links to what the PSA has, as reads see them: those that were not ended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from db.askers import Asker, within
from db.contracts import ContractLink

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement


def active(link: Any, _asker: Asker) -> ColumnElement[bool]:
    """Tell whether a contract's or ticket's link was not ended."""
    return link.unlinked_at.is_(None)


def linked_to(project: Any, contract_id: Any, asker: Asker) -> ColumnElement[bool]:
    """Tell whether a project is linked to a contract."""
    link = aliased(ContractLink)
    of_both = link.project_id == project.id, link.psa_contract_id == contract_id
    return select(link.id).where(within(asker, link, active(link, asker), *of_both)).exists()
