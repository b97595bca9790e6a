"""Words and numbers of a document stay out of a plan's source: documents that differ only in them are compiled once.

The source holds marks instead, which are constants like any other; in the compiled code each is replaced by its value.
"""

from __future__ import annotations

from functools import lru_cache
from types import CodeType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

SOURCES = 500  # of plans; each a few thousand characters


class Literals:
    """The values behind the marks of one source; equal values of a type have one mark."""

    def __init__(self) -> None:
        self.marks: dict[tuple[type, Any], str] = {}

    def mark(self, value: str | int) -> str:
        """Return what stands for a value in the source."""
        return repr(self.marks.setdefault((type(value), value), f"\0{len(self.marks)}"))

    def compiled(self, source: str) -> CodeType:
        """Return the code of a source in which these marks stand."""
        return _with(_compiled(source), {mark: value for (_, value), mark in self.marks.items()})


@lru_cache(SOURCES)
def _compiled(source: str) -> CodeType:
    """Compile a source, a third of what an unknown document costs."""
    return compile(source, "<plan>", "exec")


def _with(code: CodeType, values: Mapping[str, Any]) -> CodeType:
    return code.replace(co_consts=tuple(_meant(each, values) for each in code.co_consts))


def _meant(constant: Any, values: Mapping[str, Any]) -> Any:
    """Return a constant as it is meant; the keys of a dict are a tuple of them."""
    if isinstance(constant, CodeType):
        return _with(constant, values)
    if isinstance(constant, tuple):
        return tuple(_meant(each, values) for each in constant)
    if isinstance(constant, slice):
        return slice(_meant(constant.start, values), _meant(constant.stop, values))
    return values.get(constant, constant) if isinstance(constant, str) else constant
