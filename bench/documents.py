"""The six documents that everybody answers, and the 64 sets of variables that each of them is asked with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bench.population import Population

ROTATED = 64
PROJECTS, CLIENTS_BY_NAME = "Project.id", "CommandCenter.name"  # what cursors of ours say of their list
GROWING = (10, 20, 50, 100)  # sizes of a page of `list`

BOARD = """query board($id: ID!) { project(id: $id) { id name tasks(first: 100) { nodes {
  id name status priority dueDate ticketLink { ticketNumber ticketUrl } } } } }"""

LIST = """query list($after: String) { projects(first: 50, after: $after) { edges { cursor node {
  id number name status progressPercent dueDate client { id name } contractLink { contractNumber }
  milestones { id name dueDate } } } pageInfo { hasNextPage endCursor } totalCount } }"""

DEEP = """query deep($after: String) { projects(first: 20, after: $after) { edges { node { id name status
  tasks(first: 20) { nodes { id name status priority dueDate
    ticketLink { ticketNumber ticketTitle ticketUrl } } } } } } }"""

HEALTH = """query health($after: String) { commandCenter(first: 50, after: $after) { nodes { client { id name }
  health { activeProjects overdueProjects averageProgress overdueMilestones atRiskProjects } } } }"""

TINY = "query tiny($id: ID!) { project(id: $id) { id name } }"

ENTITIES = """query entities($reps: [_Any!]!) { _entities(representations: $reps) { ... on Contract { id
  projects(first: 20) { nodes { id name progressPercent } } } } }"""

DOCUMENTS = {"board": BOARD, "list": LIST, "deep": DEEP, "health": HEALTH, "tiny": TINY, "entities": ENTITIES}
LISTS = {f"list {size}": LIST.replace("first: 50", f"first: {size}") for size in GROWING}

# For contestants whose cursors are their own: the cursors of what can be asked `after`, in order.
PROJECT_CURSORS = "query cursors($after: String) { projects(first: 100, after: $after) { edges { cursor } } }"
CLIENT_CURSORS = "query cursors($after: String) { commandCenter(first: 100, after: $after) { edges { cursor } } }"


def variables(population: Population, projects: list[str], clients: list[str]) -> dict[str, list[dict[str, Any]]]:
    """Return 64 sets of variables per document; the cursors of the first projects and clients are the contestant's.

    Every page that follows one of them is a full page, so that all 64 answers are of one size.
    """
    ids, contracts = population.projects, population.contracts
    boards = [{"id": ids[number * 977 % len(ids)]} for number in range(ROTATED)]
    spread = (len(projects) - max(GROWING) - 50) // ROTATED  # archived projects are listed too: every project is
    pages = [{"after": projects[number * spread]} for number in range(ROTATED)]
    return {
        "board": boards,
        "tiny": boards,
        "list": pages,
        "deep": pages,
        "health": [{"after": clients[number]} for number in range(ROTATED)],
        "entities": [{"reps": _representations(contracts, number * 5)} for number in range(ROTATED)],
        **dict.fromkeys(LISTS, pages),
    }


def _representations(contracts: list[str], start: int) -> list[dict[str, str]]:
    return [{"__typename": "Contract", "id": contracts[(start + place * 7) % len(contracts)]} for place in range(50)]
