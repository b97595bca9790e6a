"""What a function of ours may refuse with, read out of its source and that of everything it calls."""

from __future__ import annotations

import ast
import inspect
import textwrap
from functools import cache
from typing import Any

from db import access, refusals
from db.access import ENDED_BY_ARCHIVING, Action
from db.refusals import Refusal
from psa.errors import PsaError, PsaNotFound
from resolvers import permissions
from schema.commands.declarations import ASKS_PSA

Kinds = frozenset[type[Exception]]

# Asked for with an action, these refuse by it: what they refuse with stands here, not in their source.
MISSING = {
    access.project_for: refusals.ProjectNotFound,
    access.task_for: refusals.TaskNotFound,
    access.milestone_for: refusals.MilestoneNotFound,
    access.entry_for: refusals.TimeEntryNotFound,
    permissions.may_in_project: refusals.ProjectNotFound,
    permissions.may_with_task: refusals.TaskNotFound,
}
OURS = ("db.", "resolvers.", "tests.house.")


@cache
def raised(function: Any) -> Kinds:
    """Return the kinds of refusals that a call of this function, or of a class with its methods, may end in."""
    return _Reading({}).of(function)


class _Reading:
    """One reading, which remembers what it is in the middle of: functions may call each other in circles."""

    def __init__(self, known: dict[Any, Kinds]) -> None:
        self.known = known

    def of(self, thing: Any) -> Kinds:
        if thing in self.known or not (getattr(thing, "__module__", None) or "").startswith(OURS):
            return self.known.get(thing, frozenset())
        self.known[thing] = frozenset()
        functions = [thing]
        if inspect.isclass(thing):
            functions = [each for each in vars(thing).values() if inspect.isfunction(each)]
        found = [self._source(inspect.unwrap(each)) for each in functions if inspect.isfunction(inspect.unwrap(each))]
        self.known[thing] = frozenset().union(*found)
        return self.known[thing]

    def _source(self, function: Any) -> Kinds:
        try:
            tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
        except (OSError, SyntaxError):  # made by a decorator, such as a dataclass's methods
            return frozenset()
        body: Any = tree.body[0]
        names = inspect.getclosurevars(function).nonlocals | function.__globals__
        return self._all(body.body, names)

    def _all(self, nodes: list[Any], names: dict[str, Any]) -> Kinds:
        return frozenset().union(*(self._node(node, names) for node in nodes))

    def _node(self, node: Any, names: dict[str, Any]) -> Kinds:
        if isinstance(node, ast.Try):
            return self._try(node, names)
        if isinstance(node, ast.AnnAssign):
            return self._all([node.value] if node.value else [], names)
        if isinstance(node, ast.Call):
            return self._call(node, names)
        if isinstance(node, (ast.Name, ast.Attribute)):
            named = _named(node, names)
            return frozenset({named}) if _is_refusal(named) else frozenset()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return self._all(node.body, names)
        return self._all(list(ast.iter_child_nodes(node)), names)

    def _try(self, node: ast.Try, names: dict[str, Any]) -> Kinds:
        caught: list[Any] = []
        for handler in node.handlers:
            each = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
            caught += [_named(kind, names) for kind in each]
        passed = {kind for kind in self._all(node.body, names) if not issubclass(kind, tuple(filter(None, caught)))}
        rest = [statement for handler in node.handlers for statement in handler.body]
        return frozenset(passed) | self._all([*rest, *node.orelse, *node.finalbody], names)

    def _call(self, node: ast.Call, names: dict[str, Any]) -> Kinds:
        if isinstance(node.func, ast.Name) and node.func.id in {"isinstance", "issubclass"}:
            return frozenset()
        called, inner = (
            _named(node.func, names),
            self._all([*node.args, *(each.value for each in node.keywords)], names),
        )
        if _is_refusal(called):
            return inner | {called}
        actions = [each for each in (_named(part, names) for part in node.args) if isinstance(each, Action)]
        if called in MISSING and actions:
            archived = {refusals.ProjectArchived} if ENDED_BY_ARCHIVING & set(actions) else set()
            return inner | {MISSING[called], refusals.Forbidden} | archived
        if (
            isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "psa"
        ):
            return inner | {*ASKS_PSA, PsaNotFound}
        return inner | self.of(called) if called is not None else inner | self._node(node.func, names)


def _named(node: Any, names: dict[str, Any]) -> Any:
    """Return what a name, or an attribute of one, stands for; None where only a run would tell."""
    if isinstance(node, ast.Name):
        found = names.get(node.id)
    elif isinstance(node, ast.Attribute):
        base = _named(node.value, names)
        found = getattr(base, node.attr, None) if base is not None else None
    else:
        found = None
    return found if getattr(found, "__hash__", None) else None


def _is_refusal(thing: Any) -> bool:
    return inspect.isclass(thing) and issubclass(thing, (Refusal, PsaError)) and thing not in (Refusal, PsaError)
