"""The documents that clients sent, kept so that one is parsed, validated and planned once.

A document is on trial until it is sent a second time. Only then it joins the kept ones, so that somebody who sends
ever new documents pushes out nobody's but their own; both parts are bounded by count and by characters.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Mapping

from graphql import GraphQLError

from .gate import Document

KEPT, KEPT_CHARACTERS = 1_000, 4_000_000
ON_TRIAL, TRIAL_CHARACTERS = 200, 500_000


class Shelf:
    """Documents by their text, the longest unused first out."""

    def __init__(self, most: int, characters: int) -> None:
        """Take the bounds."""
        self._most = most
        self._characters = characters
        self._size = 0
        self.documents: OrderedDict[str, Document] = OrderedDict()

    def put(self, text: str, document: Document) -> list[tuple[str, Document]]:
        """Add a document; return those that had to go for it."""
        self.documents[text] = document
        self._size += len(text)
        gone = []
        while len(self.documents) > self._most or self._size > self._characters:
            gone.append(self.documents.popitem(last=False))
            self._size -= len(gone[-1][0])
        return gone

    def take(self, text: str) -> Document | None:
        """Remove a document and return it."""
        document = self.documents.pop(text, None)
        if document is not None:
            self._size -= len(text)
        return document


class Documents:
    """What clients send becomes documents: by text, by hash (automatic persisted queries), or from a closed list."""

    def __init__(
        self, make: Callable[[str], Document | list[GraphQLError]], trusted: Mapping[str, str] | None = None
    ) -> None:
        """Take the gate, and where only trusted documents are served, their texts by SHA-256."""
        self._make = make
        self._kept = Shelf(KEPT, KEPT_CHARACTERS)
        self._trial = Shelf(ON_TRIAL, TRIAL_CHARACTERS)
        self._texts: dict[str, str] = {}  # by hash, of documents on a shelf
        self._trusted = None if trusted is None else dict(trusted)
        self._allowed = frozenset(trusted.values()) if trusted else frozenset()

    def find(
        self, text: str | None, sha256: str | None = None, *, closed: bool = True
    ) -> Document | list[GraphQLError]:
        """Return the document of a request, or what is wrong with it; the list binds who is not said to be free."""
        trusted = self._trusted if closed else None
        if text is None:
            text = (self._texts if trusted is None else trusted).get(sha256 or "")
            if text is None:
                return [_refusal("PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND")]
        elif sha256 is not None and sha256 != digest(text):
            return [_refusal("The hash is not this document's SHA-256.", "PERSISTED_QUERY_HASH_MISMATCH")]
        if trusted is not None and text not in self._allowed:
            return [_refusal("Only registered documents are served here.", "DOCUMENT_NOT_TRUSTED")]
        return self._known(text, sha256)

    def _known(self, text: str, sha256: str | None) -> Document | list[GraphQLError]:
        kept = self._kept.documents.get(text)
        if kept is not None:
            self._kept.documents.move_to_end(text)
            if sha256 is not None:  # the first who names the hash of a document that others send as text
                self._texts[sha256] = text
            return kept
        tried = self._trial.take(text)
        made = tried or self._make(text)
        if isinstance(made, Document):
            for gone in (self._kept if tried else self._trial).put(text, made):
                self._texts.pop(digest(gone[0]), None)
            if sha256 is not None:
                self._texts[sha256] = text
        return made


def digest(text: str) -> str:
    """Return a document's SHA-256, as persisted queries name it."""
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


def _refusal(message: str, code: str) -> GraphQLError:
    return GraphQLError(message, extensions={"code": code})
