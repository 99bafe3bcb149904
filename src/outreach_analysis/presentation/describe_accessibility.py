"""Accessibility in one sentence."""

from __future__ import annotations

import math

from outreach_analysis.measures.accessibility import AccessibilityResult
from outreach_analysis.presentation.prose import Sentence
from outreach_analysis.presentation.wording.words import Language, Words


def describe_accessibility(result: AccessibilityResult, *, lang: Language = "id") -> Sentence:
    """How much service there is for the people near it, and where there is least and most.

    Parameters
    ----------
    result
        From `accessibility`.
    lang
        `id` or `en`.

    Returns
    -------
    Sentence
        '' where nobody lives in the jurisdiction.

    Examples
    --------
    >>> import pandas as pd
    >>> from outreach_analysis.measures.accessibility import accessibility
    >>> areas = pd.DataFrame({"name": ["Loa Kulu", "Melak"], "population": [1000, 3000]}, index=["a", "b"])
    >>> costs = pd.DataFrame({"area_id": ["a", "b"], "site_id": "S", "km": [5.0, 200.0]})
    >>> result = accessibility(costs, areas, capacity=pd.Series({"S": 30}), threshold_km=30)
    >>> print(describe_accessibility(result, lang="en"))
    Offices and pop-ups offered 75 places per 10,000 residents, most around Loa Kulu (300); 75% of residents have none
    within 30 km.
    """
    words = Words(lang)
    summary = result.summary()["estimate"]
    if math.isnan(summary["mean"]):
        return Sentence()
    inside = result.by_area[result.by_area["in_jurisdiction"].astype(bool)]
    most = inside.iloc[int(inside["per_10_000"].to_numpy().argmax())]
    return Sentence(
        words.say(
            "Offices and pop-ups offered {mean} places per 10,000 residents, most around {place} ({most}); {share} of "
            "residents have none within {threshold}.",
            mean=words.number(summary["mean"]),
            place=str(most["name"]),
            most=words.number(float(most["per_10_000"])),
            share=words.percent(summary["without"]),
            threshold=words.measure(result.threshold, result.unit),
        )
    )
