"""A closed list of documents, as the tools of clients write it: where one is set, nothing else is served."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from .documents import digest

if TYPE_CHECKING:
    from pathlib import Path

APOLLO = "apollo-persisted-query-manifest"


class Manifest:
    """The documents that clients may send, by their SHA-256."""

    def __init__(self, texts: dict[str, str]) -> None:
        """Take texts by SHA-256; raise ValueError for a text that goes by another name than its own."""
        for name, text in texts.items():
            if name != digest(text):
                raise ValueError(f"{name} is not the SHA-256 of the document that goes by it")
        self.texts = texts

    @classmethod
    def read(cls, file: Path) -> Manifest:
        """Read Apollo's manifest or a JSON object from SHA-256 to text (Relay's, urql's). Raise ValueError."""
        try:
            return cls(_texts(orjson.loads(file.read_bytes())))
        except OSError as error:
            raise ValueError(f"{file} cannot be read ({error.strerror})") from None
        except orjson.JSONDecodeError:
            raise ValueError(f"{file} is no JSON") from None


def _texts(said: Any) -> dict[str, str]:
    if isinstance(said, dict) and said.get("format") == APOLLO:
        said = dict(map(_operation, said.get("operations", [])))
    if not isinstance(said, dict) or not all(isinstance(text, str) for text in said.values()):
        raise ValueError("neither an Apollo manifest nor a JSON object from SHA-256 to document")
    return said


def _operation(said: Any) -> tuple[str, Any]:
    try:
        return said["id"], said["body"]
    except (KeyError, TypeError):
        raise ValueError("an operation has no id or no body") from None
