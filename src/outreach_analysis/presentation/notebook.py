"""What a notebook needs beside results: an answer on top that is filled in below, and figures without a network."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape
from typing import Any

from outreach_analysis.presentation.maps import CONFIG
from outreach_analysis.presentation.prose import Sentences
from outreach_analysis.presentation.wording.words import Language, Words
from outreach_analysis.settings import Settings

RENDERER = "outreach_offline"
_BOX = "border-left:4px solid #c2410c;padding:.5em 1em;background:#faf7f2;color:#1f2933"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AnswerBox:
    """A place on display in a notebook that waits for its answer.

    Attributes
    ----------
    handle
        The display that `fill` rewrites.
    """

    handle: Any

    def fill(self, sentences: Iterable[str], *, settings: Settings, lang: Language = "en") -> None:
        """Put the answer where the box stands.

        Parameters
        ----------
        sentences
            The answer; the first sentence stands out, blank ones are left out.
        settings
            Of the dataset; where it is synthetic the box says so.
        lang
            `id` or `en`.
        """
        self.handle.update(_Html(answer_html(sentences, settings=settings, lang=lang)))


def answer_box(*, lang: Language = "en") -> AnswerBox:
    """Show a box that waits for its answer: a notebook answers first, and computes below.

    Parameters
    ----------
    lang
        `id` or `en`.

    Returns
    -------
    AnswerBox
        Its `fill` replaces what is shown, however far down the notebook it is called.

    Raises
    ------
    ImportError
        Where IPython is not installed; it comes with the extra `lab`.
    """
    from IPython.display import display

    waiting = Words(lang).say("The answer appears here when all cells below have run.")
    show: Callable[..., Any] = display
    return AnswerBox(handle=show(_Html(_box([f"<p>{escape(waiting)}</p>"], lang)), display_id=True))


def answer_html(sentences: Iterable[str], *, settings: Settings, lang: Language = "en") -> str:
    """The answer as HTML: its first sentence stands out, and a synthetic dataset is named as one.

    Examples
    --------
    >>> "SYNTHETIC" in answer_html(["Half live within 30 km."], settings=Settings(synthetic=True))
    True
    """
    first, *others = Sentences.of(sentences) or (Words(lang).say("The data do not answer this question."),)
    parts = [f"<p><strong>{escape(first)}</strong></p>", *(f"<p>{escape(text)}</p>" for text in others)]
    if settings.synthetic:
        parts.append(
            f"<p><em>{escape(Words(lang).say('SAMPLE DATA (SYNTHETIC): all people in it are invented'))}</em></p>"
        )
    return _box(parts, lang)


def use_offline_plotly() -> None:
    """Make plotly show every figure of this session without a network.

    Registers a renderer whose configuration carries `presentation.maps.CONFIG` and makes it plotly's default:
    plotly's own would fetch a world outline for each map, and without a network show nothing.
    """
    import plotly.io as pio
    from plotly.io.base_renderers import PlotlyRenderer

    pio.renderers[RENDERER] = PlotlyRenderer(config=CONFIG)
    pio.renderers.default = RENDERER


@dataclass(frozen=True, slots=True)
class _Html:
    """HTML that a notebook shows as it stands."""

    text: str

    def _repr_html_(self) -> str:
        return self.text


def _box(parts: list[str], lang: Language) -> str:
    return f'<div class="answer" role="note" lang="{lang}" style="{_BOX}">{"".join(parts)}</div>'
