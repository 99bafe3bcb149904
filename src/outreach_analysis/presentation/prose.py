"""Texts that a notebook shows as prose, and other code uses as plain strings."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape


class Sentence(str):
    """A text that a notebook shows as prose; '' shows nothing.

    Examples
    --------
    >>> Sentence("Kecamatan <Baru>")._repr_html_()
    '<p>Kecamatan &lt;Baru&gt;</p>'
    """

    __slots__ = ()

    def _repr_html_(self) -> str:
        return f"<p>{escape(self)}</p>" if self else ""


class Sentences(tuple[Sentence, ...]):
    """Several sentences, shown by a notebook as a list."""

    __slots__ = ()

    @classmethod
    def of(cls, texts: Iterable[str]) -> Sentences:
        """The texts that are not blank."""
        return cls(Sentence(text) for text in texts if text)

    def _repr_html_(self) -> str:
        return "<ul>" + "".join(f"<li>{escape(text)}</li>" for text in self) + "</ul>"
