"""A text that is shown to nobody by mistake."""

from __future__ import annotations


class Secret:
    """A text that no repr, log or error shows; `reveal` is the one way to it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        """Take the text."""
        self._text = text

    def reveal(self) -> str:
        """Return the text, for the one place that needs it."""
        return self._text

    def __repr__(self) -> str:
        """Return the same for every secret."""
        return "**********"
