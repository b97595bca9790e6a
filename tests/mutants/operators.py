"""How a line of code can be wrong: a mutant is a module's text with one small thing changed in it."""

from __future__ import annotations

import ast
from copy import copy
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

SWAPPED: dict[type, type] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}  # fmt: skip
CONDITIONS = {"where", "and_", "or_", "join"}
Next = dict[tuple[str, str], str]


@dataclass(frozen=True, slots=True)
class Mutant:
    """A change at a line of a module; `text` is the whole module with it."""

    module: str
    line: int
    was: str
    becomes: str
    text: str

    def __str__(self) -> str:
        return f"{self.module}:{self.line}  {_short(self.was)}  →  {_short(self.becomes)}"


def mutants(module: str, text: str, members: Next) -> Iterator[Mutant]:
    """Return every mutant of a module; `members` says which member of an enumeration follows which."""
    raw = text.encode()
    starts = [0]
    for line in raw.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for node in _code(ast.parse(text)):
        for place, becomes in [(node, becomes) for becomes in _changes(node, members)] + _turned(node):
            begins = starts[place.lineno - 1] + place.col_offset
            ends = starts[place.end_lineno - 1] + place.end_col_offset
            changed = raw[:begins] + becomes.encode() + raw[ends:]
            yield Mutant(module, place.lineno, raw[begins:ends].decode(), becomes, changed.decode())


def enumerations(paths: Sequence[Path]) -> Next:
    """Return the members of every enumeration in these files, each with the one that follows it."""
    found: Next = {}
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef) and any(ast.unparse(base).endswith("Enum") for base in node.bases):
                names = [line.targets[0].id for line in node.body if isinstance(line, ast.Assign)]  # type: ignore[attr-defined]
                found |= {(node.name, name): after for name, after in pairwise([*names, *names[:1]])}
    return found


def _code(tree: ast.Module) -> Iterator[Any]:
    """Walk what runs: no annotations, decorators, imports, texts, nor what only a type checker sees."""
    waiting: list[Any] = [tree]
    while waiting:
        node = waiting.pop(0)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.expr | ast.stmt):
            yield node
        for name, value in ast.iter_fields(node):
            if name in {"annotation", "returns", "decorator_list", "bases"} or isinstance(node, ast.JoinedStr):
                continue
            waiting += [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, ast.AST)]


def _changes(node: Any, members: Next) -> Iterator[str]:
    match node:
        case ast.Compare(ops=[op]) if type(op) in SWAPPED:
            yield _with(node, ops=[SWAPPED[type(op)]()])
        case ast.BoolOp(op=op) | ast.BinOp(op=op) if type(op) in SWAPPED:
            yield f"({_with(node, op=SWAPPED[type(op)]())})"
        case ast.UnaryOp(op=ast.Not() | ast.Invert(), operand=operand):
            yield f"({ast.unparse(operand)})"
        case ast.Constant(value=bool(value)):
            yield str(not value)
        case ast.Constant(value=int(value) | float(value)):
            yield repr(value + 1)
        case ast.Return(value=value) if value is not None and ast.unparse(value) != "None":
            yield "return None"
        case ast.Expr(value=value) if not isinstance(value, ast.Constant):
            yield "pass"
        case ast.Attribute(value=ast.Name(id=kind), attr=name) if (kind, name) in members:
            yield f"{kind}.{members[kind, name]}"
        case _:
            yield from _conditions(node)


def _conditions(node: Any) -> Iterator[str]:
    """Leave out one condition of a statement."""
    match node:
        case ast.Call(func=func, args=args) if _name(func) in CONDITIONS:
            for left_out in range(len(args)):
                rest = args[:left_out] + args[left_out + 1 :]
                alone = isinstance(func, ast.Attribute) and not rest and func.attr == "where"
                yield ast.unparse(func.value) if alone else _with(node, args=rest)  # type: ignore[union-attr]
        case ast.Tuple(elts=parts) if any(isinstance(part, ast.Compare) for part in parts):
            for left_out in range(len(parts)):
                rest = [ast.unparse(part) for place, part in enumerate(parts) if place != left_out]
                yield f"({', '.join(rest)},)"


def _turned(node: Any) -> list[tuple[Any, str]]:
    """Turn what a branch stands on, where it is not a comparison, which has mutants of its own."""
    if not isinstance(node, ast.If | ast.While | ast.IfExp) or isinstance(node.test, ast.Compare | ast.UnaryOp):
        return []
    return [(node.test, f"(not ({ast.unparse(node.test)}))")]


def _name(func: Any) -> str:
    return func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""


def _with(node: Any, **changes: Any) -> str:
    changed = copy(node)
    for name, value in changes.items():
        setattr(changed, name, value)
    return ast.unparse(ast.fix_missing_locations(changed))


def _short(code: str) -> str:
    line = " ".join(code.split())
    return line if len(line) <= 110 else f"{line[:109]}…"
