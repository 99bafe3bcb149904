"""Did it work: are applicants missing at the office after a pop-up, and had visited areas been like others before?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import geopandas as gpd
import numpy as np
import pandas as pd

from outreach_analysis.disclosure import round_people
from outreach_analysis.errors import RequestError
from outreach_analysis.models.decay import Array
from outreach_analysis.models.impact_panel import ImpactPanel, NoPanel, Obstacle, build_panel
from outreach_analysis.models.impact_redraws import Redraws, redraw_visits
from outreach_analysis.models.panel_poisson import LEAST_SHARE_LEFT, PanelFit, fit_panel
from outreach_analysis.settings import Settings

PLACEBO_LEVEL = 0.06
"""By chance the gate stops about so many of the panels in which nothing is wrong: 6 to 10 in 100 in trials."""

ImpactStatus: TypeAlias = Literal["estimated", "placebo_failed"] | Obstacle
EVENT_TIME_COLUMNS = ("months_after", "missing", "ci_low", "ci_high")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ImpactResult:
    """Office applicants missing after pop-ups, per pop-up applicant, and whether that may be said at all.

    Attributes
    ----------
    status
        `estimated`: the gate is passed. `placebo_failed`: visited areas differed from others already before the
        visits; the numbers are no effect and must not be told as one. Else why there are no numbers:
        `too_few_events` (cannot tell yet), `no_office_data`, `month_missing`, `area_changed`, `too_few_months`,
        `no_controls`.
    about
        What the status is about: months, areas, the number needed.
    displacement, displacement_low, displacement_high
        Office applicants missing over the months after a pop-up, per pop-up applicant (share; 0: nobody, 1: all
        would have come to the office; sampling error can take it below 0). NaN where there are no numbers.
    log_effect, log_effect_low, log_effect_high
        The same as the log ratio of office applicants of visited areas in those months to what they would have been.
    placebo_p
        Of the test of differences before visits; the gate is passed above `PLACEBO_LEVEL`.
    event_time
        Columns `months_after` (of the event; negative: before), `missing` (office applicants missing in that month
        per pop-up applicant), `ci_low`, `ci_high`.
    n_events, n_areas, n_controls, n_months
        Events that can tell something, areas, those of them never visited, months.
    popup_people
        Pop-up applicants of the areas compared (people, rounded).
    level
        Of the intervals.
    left_out
        Columns `what, id, reason, people` (people rounded).
    settings
        The settings used.
    area_weights
        Index `area_id`: share of the pop-up applicants compared who came from each area; empty where there are no
        numbers. The estimate is a mean over areas with these weights.
    """

    status: ImpactStatus
    about: tuple[str, ...]
    displacement: float
    displacement_low: float
    displacement_high: float
    log_effect: float
    log_effect_low: float
    log_effect_high: float
    placebo_p: float
    event_time: pd.DataFrame
    n_events: int
    n_areas: int
    n_controls: int
    n_months: int
    popup_people: int
    level: float
    left_out: pd.DataFrame
    settings: Settings
    area_weights: pd.Series

    @property
    def gate_passed(self) -> bool:
        """Whether the displacement may be told as what pop-ups do."""
        return self.status == "estimated"

    def summary(self) -> pd.DataFrame:
        """Displacement and log effect: `estimate, ci_low, ci_high, unit`; the unit says where it is no effect."""
        rows = {
            "displacement": (self.displacement, self.displacement_low, self.displacement_high),
            "log_effect": (self.log_effect, self.log_effect_low, self.log_effect_high),
        }
        frame = pd.DataFrame.from_dict(rows, orient="index", columns=["estimate", "ci_low", "ci_high"])
        units = ["office applicants missing per pop-up applicant", "log ratio of office applicants"]
        if self.status == "placebo_failed":
            units = [f"{unit}; differed before visits already" for unit in units]
        elif not self.gate_passed:
            units = [f"cannot tell: {self.status}"] * 2
        return frame.assign(unit=units)

    def _repr_html_(self) -> str:
        return self.summary().to_html(float_format="{:.3f}".format)


def estimate_impact(  # noqa: PLR0917 - six tables, in the order of the chain
    office_monthly: pd.DataFrame | None,
    counts: pd.DataFrame,
    events: pd.DataFrame,
    sites: pd.DataFrame,
    areas: gpd.GeoDataFrame | pd.DataFrame,
    costs: pd.DataFrame,
    *,
    settings: Settings,
    rng: np.random.Generator,
    n_redraws: int = 999,
    level: float = 0.9,
    rounding_base: int = 1,
) -> ImpactResult:
    """How many of a pop-up's applicants would have come to the office anyway: are they missing there afterwards?

    Poisson regression of office applicants on areas and months, both absorbed (an area whose nearest service point
    opened or closed has a level for each), less a share of the people who came to pop-ups: equal parts of it in each
    of the `settings.impact_months` months after the event's month; the event's own month has a share of its own
    and is not counted. Areas without a visit at the time, and `n_controls` areas that never had one within the
    service threshold, tell what would have been.

    The interval is by randomisation: the visits' months are shuffled, pop-ups of one month together, and the
    estimate's Poisson error is multiplied by the quantile that its ratio to the estimate then has. So is the gate:
    in as many months BEFORE a visit, areas must not differ from their own level by the people who came later, nor
    host areas, nor all areas within the service threshold (the largest of the three, each against its spread).

    Parameters
    ----------
    office_monthly
        Columns `month` (first day), `area_id`, `applicants` (people); an area without a row in a month had nobody.
        None: no office data. Months not over on `settings.as_of` are left out.
    counts
        Columns `event_id, area_id, applicants` (people at pop-ups); divided by the event's `placed_share`.
    events
        Index `event_id`; columns `site_id`, `date`, `status` and, where known, `placed_share`. Held events count.
    sites
        Index `site_id`; columns `kind`, `area_id` and, where known, `opened`, `closed`.
    areas
        Index `area_id`; column `parent_id`.
    costs
        Columns `area_id, site_id, km` and, where near is told by them, `minutes`; visited means within
        `settings.service_threshold` (inclusive).
    settings
        Months after, events needed, service threshold, day of the question.
    rng
        Source of randomness.
    n_redraws
        Shuffled calendars.
    level
        Of the intervals, in (0, 1).
    rounding_base
        Base to which numbers of people told beside the estimate are rounded. The estimate itself comes from exact
        numbers of all areas and months together and tells none of them.

    Returns
    -------
    ImpactResult

    Raises
    ------
    ValueError
        Where `level` is not in (0, 1), or a held event has no date or an unknown place.

    References
    ----------
    Gourieroux, Monfort and Trognon (1984), Pseudo maximum likelihood methods, Econometrica 52, 681-700.
    Rosenbaum (2002), Observational Studies, 2nd ed., chapter 2 (randomisation inference).
    Bertrand, Duflo and Mullainathan (2004), How much should we trust differences-in-differences estimates?,
    Quarterly Journal of Economics 119, 249-275 (why clustered errors are not enough here).

    Examples
    --------
    >>> areas = pd.DataFrame({"parent_id": ["K"]}, index=["a"])
    >>> events = pd.DataFrame({"site_id": ["s"], "date": [pd.Timestamp("2025-05-10")], "status": ["held"]}, index=["e"])
    >>> sites = pd.DataFrame({"kind": ["mall"], "area_id": ["a"]}, index=["s"])
    >>> counts = pd.DataFrame({"event_id": ["e"], "area_id": ["a"], "applicants": [40]})
    >>> costs = pd.DataFrame({"area_id": ["a"], "site_id": ["s"], "km": [2.0]})
    >>> months = pd.date_range("2025-01-01", periods=12, freq="MS")
    >>> office = pd.DataFrame({"month": months, "area_id": "a", "applicants": 20})
    >>> found = estimate_impact(office, counts, events, sites, areas, costs, settings=Settings(),
    ...                         rng=np.random.default_rng(1))
    >>> found.status, found.n_events, found.displacement
    ('too_few_events', 1, nan)
    """
    if not 0 < level < 1:
        raise RequestError(f"level {level} is not between 0 and 1")
    panel = build_panel(office_monthly, counts, events, sites=sites, areas=areas, costs=costs, settings=settings)
    if isinstance(panel, NoPanel):
        return _without_numbers(panel, level=level, settings=settings)
    after, own_month = _exposures(panel)
    telling = panel.telling[:, None]
    fit = fit_panel(panel.people, np.stack([after * telling, own_month * telling]), observed=panel.observed)
    redraws = redraw_visits(panel, fit, n_redraws=n_redraws, rng=rng)
    half = float(np.quantile(np.abs(redraws.shuffled), level)) * redraws.error
    share = redraws.estimate
    placebo_p = redraws.placebo_p()
    log_effect, strongest, weakest = (
        _log_effect(panel, fit, after, each) for each in (share, share + half, share - half)
    )
    return ImpactResult(
        status="estimated" if placebo_p > PLACEBO_LEVEL else "placebo_failed",
        about=(),
        displacement=share,
        displacement_low=share - half,
        displacement_high=share + half,
        log_effect=log_effect,
        log_effect_low=strongest,
        log_effect_high=weakest,
        placebo_p=placebo_p,
        event_time=_event_time(redraws, level),
        n_events=panel.n_events,
        n_areas=panel.area_ids.nunique(),
        n_controls=panel.n_controls,
        n_months=len(panel.months),
        popup_people=round_people(
            round(float(panel.came[panel.telling & ~panel.area_ids.duplicated()].sum())), base=rounding_base
        ),
        level=level,
        left_out=panel.left_out.assign(people=round_people(panel.left_out["people"], base=rounding_base)),
        settings=settings,
        area_weights=_area_weights(panel),
    )


def _area_weights(panel: ImpactPanel) -> pd.Series:
    first = panel.telling & ~panel.area_ids.duplicated()
    people = pd.Series(panel.came[first].sum(axis=1), index=panel.area_ids[first], dtype=float)
    return people / people.sum() if people.sum() > 0 else people


def _exposures(panel: ImpactPanel) -> tuple[Array, Array]:
    """Pop-up applicants a month over the months after their event, and those of the month itself."""
    after = sum(
        (panel.shifted(panel.came, month) for month in range(1, panel.margin + 1)), np.zeros(panel.people.shape)
    )
    return after / panel.margin, panel.shifted(panel.came, 0)


def _log_effect(panel: ImpactPanel, fit: PanelFit, after: Array, share: float) -> float:
    """Log ratio of office applicants of visited areas in the months after, with a share missing and without."""
    visits = [panel.shifted(panel.visited, month) for month in range(1, panel.margin + 1)]
    chosen = (np.max(visits, axis=0) > 0) & panel.own_months
    base = fit.base[chosen]
    left = np.maximum(base - share * after[chosen], LEAST_SHARE_LEFT * base)
    return float(np.log(left.sum() / base.sum())) if base.size else 0.0


def _event_time(redraws: Redraws, level: float) -> pd.DataFrame:
    half = np.quantile(np.abs(redraws.shuffled_by_offset), level, axis=0) * redraws.by_offset_error
    columns = (redraws.offsets, redraws.by_offset, redraws.by_offset - half, redraws.by_offset + half)
    return pd.DataFrame(dict(zip(EVENT_TIME_COLUMNS, columns, strict=True)))


def _without_numbers(why: NoPanel, *, level: float, settings: Settings) -> ImpactResult:
    unknown = float("nan")
    return ImpactResult(
        status=why.obstacle,
        about=why.about,
        displacement=unknown,
        displacement_low=unknown,
        displacement_high=unknown,
        log_effect=unknown,
        log_effect_low=unknown,
        log_effect_high=unknown,
        placebo_p=unknown,
        event_time=pd.DataFrame(columns=list(EVENT_TIME_COLUMNS), dtype=float),
        n_events=why.n_events,
        n_areas=0,
        n_controls=0,
        n_months=0,
        popup_people=0,
        level=level,
        left_out=pd.DataFrame(columns=["what", "id", "reason", "people"]),
        settings=settings,
        area_weights=pd.Series(dtype=float),
    )
