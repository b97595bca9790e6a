"""Equal answers first: every contestant, every document, all 64 sets of variables, as everybody who may ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.documents import CLIENT_CURSORS, CLIENTS_BY_NAME, DOCUMENTS, PROJECT_CURSORS, PROJECTS, variables
from bench.tokens import token
from db.pages import write_cursor

if TYPE_CHECKING:
    from bench.population import Population
    from bench.servers import Server

# `usr_3` belongs to some projects only: what a contestant answers it proves that the predicate is run.
ASKERS = ("member", "owner", "usr_3")
FORGED = token("member")[:-6] + "AAAAAA"


class Unequal(Exception):
    """A contestant does not say what ours says."""


def asked_of(server: Server, population: Population) -> dict[str, list[dict[str, Any]]]:
    """Return the variables for one contestant, with cursors as it writes them."""
    if server.contestant.cursors == "ours":
        projects = [write_cursor(PROJECTS, [id_]) for id_ in population.projects]
        clients = [
            write_cursor(CLIENTS_BY_NAME, [client["name_folded"], client["id"]]) for client in population.clients
        ]
    else:
        projects = _walk(server, PROJECT_CURSORS, "projects", len(population.projects))
        clients = _walk(server, CLIENT_CURSORS, "commandCenter", len(population.clients))
    return variables(population, projects, clients)


def answers(server: Server, population: Population, asker: str, sets: int) -> dict[str, list[Any]]:
    """Return what a contestant says to every document, in the words that all share."""
    asked, session = asked_of(server, population), token(asker)
    return {
        name: [_said(server, name, document, given, session) for given in asked[name][:sets]]
        for name, document in DOCUMENTS.items()
    }


def check_equal(expected: dict[str, list[Any]], found: dict[str, list[Any]], who: str) -> None:
    """Raise Unequal with the first difference."""
    for name, wanted in expected.items():
        for place, (ours, theirs) in enumerate(zip(wanted, found[name], strict=True)):
            if ours != theirs:
                message = f"{who} answers {name} {place} differently: {_difference(ours, theirs)}"
                raise Unequal(message)


def check_closed(server: Server, population: Population) -> None:
    """Raise Unequal for a contestant that answers a token whose signature is wrong."""
    try:
        answer = server.ask(DOCUMENTS["tiny"], {"id": population.projects[0]}, FORGED)
    except ValueError:
        return  # not even JSON
    if (answer.get("data") or {}).get("project"):
        message = f"{server.contestant.name} lets anybody in"
        raise Unequal(message)


def _said(server: Server, name: str, document: str, given: dict[str, Any], session: str) -> Any:
    answer = server.ask(document, given, session)
    if "errors" in answer or "data" not in answer:
        message = f"{server.contestant.name} cannot answer {name}: {str(answer)[:500]}"
        raise Unequal(message)
    return _without_cursors(answer["data"]) if name == "list" else answer["data"]


def _without_cursors(shown: dict[str, Any]) -> dict[str, Any]:
    """Put each project's id where its cursor is: cursors may differ, and must be where they belong."""
    page = shown["projects"]
    last = page["edges"][-1]["cursor"] if page["edges"] else None
    page["pageInfo"]["endCursor"] = page["pageInfo"]["endCursor"] == last
    for edge in page["edges"]:
        edge["cursor"] = edge["node"]["id"] if edge["cursor"] else None
    return shown


def _walk(server: Server, document: str, root: str, count: int) -> list[str]:
    found: list[str] = []
    while len(found) < count:
        page = server.ask(document, {"after": found[-1] if found else None}, token("owner"))
        found += [edge["cursor"] for edge in page["data"][root]["edges"]]
    return found


def _difference(ours: Any, theirs: Any, path: str = "") -> str:
    if type(ours) is type(theirs) and isinstance(ours, dict) and ours.keys() == theirs.keys():
        return next(_difference(ours[key], theirs[key], f"{path}.{key}") for key in ours if ours[key] != theirs[key])
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        place = next(place for place in range(len(ours)) if ours[place] != theirs[place])
        return _difference(ours[place], theirs[place], f"{path}[{place}]")
    return f"at {path}: {str(ours)[:300]} against {str(theirs)[:300]}"
