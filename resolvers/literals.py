"""Words and numbers of a document stay out of a plan's source: documents that differ only in them are compiled once.

The source holds marks instead, which are constants like any other; in the compiled code each is replaced by its value.
"""

from __future__ import annotations

from functools import lru_cache
from types import CodeType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SOURCES = 500  # of plans; each a few thousand characters


class Literals:
    """The values behind the marks of one source, in their order: what they are has no part in how they are marked."""

    def __init__(self) -> None:
        self.values: list[str | int] = []

    def mark(self, value: str | int) -> str:
        """Return what stands for a value in the source."""
        self.values.append(value)
        return repr(f"\0{len(self.values) - 1}")

    def compiled(self, source: str) -> CodeType:
        """Return the code of a source in which these marks stand."""
        return _with(_compiled(source), {f"\0{number}": value for number, value in enumerate(self.values)})


@lru_cache(SOURCES)
def _compiled(source: str) -> CodeType:
    """Compile a source, a third of what an unknown document costs."""
    return compile(source, "<plan>", "exec")


def _with(code: CodeType, values: Mapping[str, Any]) -> CodeType:
    return code.replace(co_consts=_meant(code.co_consts, values))


def _meant(constants: tuple[Any, ...], values: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return constants as they are meant, those within them too: the keys of a dict are a tuple."""
    return tuple(
        [
            values.get(each, each) if type(each) is str else INSIDE.get(type(each), _itself)(each, values)
            for each in constants
        ]
    )


def _itself(constant: Any, _values: Any) -> Any:
    return constant


def _slice(constant: slice, values: Mapping[str, Any]) -> slice:
    return slice(*_meant((constant.start, constant.stop), values))


INSIDE: Mapping[type, Callable[[Any, Mapping[str, Any]], Any]] = {CodeType: _with, tuple: _meant, slice: _slice}
