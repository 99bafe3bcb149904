"""A study of an office: its tables, and every result from reach to impact, each made when first asked for."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from functools import cached_property, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd

from outreach_analysis.contracts import RequestError
from outreach_analysis.decisions.equity import (
    EquityResult,
    FairnessResult,
    SensitivityResult,
    preference_weights,
    worst_served_areas,
)
from outreach_analysis.decisions.increment import IncrementalAttendance, incremental_attendance
from outreach_analysis.decisions.plan_problem import PlanResult
from outreach_analysis.decisions.ranking import (
    Decision,
    RankingChanges,
    RankingQuestion,
    RankingResult,
    changes_since,
    free_days_by_site,
    proposed_days,
    rank_sites,
)
from outreach_analysis.decisions.requests import RequestPlaces, RequestsResult, learn_show_up, request_places
from outreach_analysis.decisions.scenarios import HypothesesResult, ScenarioResult
from outreach_analysis.decisions.schedule import ScheduleResult, team_minutes
from outreach_analysis.doors import Seed, named_stream
from outreach_analysis.event_kinds import held_popups, planned_popups
from outreach_analysis.files import cache_folder
from outreach_analysis.geography.service_days import service_days
from outreach_analysis.geography.travel import EffectiveCosts, effective_costs, travel_costs
from outreach_analysis.intake.dataset import Dataset, counted_dataset
from outreach_analysis.intake.ledger import IntakeLedger
from outreach_analysis.measures.attendance import attendance_by_event, rounded_ledger
from outreach_analysis.measures.audience import AudienceResult, UptakeResult, audience
from outreach_analysis.measures.coverage import (
    AccessibilityResult,
    CoverageResult,
    accessibility,
    coverage_at_thresholds,
    e2sfca_zones,
    service_capacity,
    service_points_on,
)
from outreach_analysis.measures.flows import FlowResult, origin_flows
from outreach_analysis.measures.interest import (
    ConversionResult,
    InterestResult,
    add_interest_candidates,
    interest_evidence,
)
from outreach_analysis.measures.need import NeedResult, unmet_need
from outreach_analysis.measures.reach import CatchmentResult, ReachResult, catchment, reach_rate
from outreach_analysis.measures.series import SeriesResult, WorkingDaysResult, compare_series, working_days
from outreach_analysis.models.backtest import (
    BacktestQuestion,
    BacktestResult,
    SavedForecastsResult,
    backtest,
    compare_saved_forecasts,
)
from outreach_analysis.models.displacement import (
    HYPOTHESES,
    DisplacementEvidence,
    DisplacementResult,
    Hypothesis,
    estimate_displacement,
)
from outreach_analysis.models.forecast import Forecast
from outreach_analysis.models.impact import ImpactQuestion, ImpactResult, estimate_impact
from outreach_analysis.models.turnout import TurnoutQuestion, TurnoutResult, fit_turnout
from outreach_analysis.plan_study import (
    DecisionBasis,
    PlanAnalysis,
    PlanOptions,
    answer_letters,
    period_of,
    plan_next,
    with_letters,
)
from outreach_analysis.selection import Selection, select, with_settings, with_sites
from outreach_analysis.settings import SITE_KINDS_FIXED, Settings
from outreach_analysis.shown import Shown

if TYPE_CHECKING:
    from outreach_analysis.intake.bulk_count import CountedApplicants

_T = TypeVar("_T")


def _result(make: Callable[[Study], _T]) -> cached_property[_T]:
    """A result of a study, made when first asked for, that knows which study it is of."""

    @wraps(make)
    def made(study: Study) -> _T:
        result = make(study)
        return result.shown_in(study) if isinstance(result, Shown) else result

    return cached_property(made)


@dataclass(frozen=True, eq=False, repr=False)
class Study(Shown):
    """An office's tables and every result that follows from them, made when first asked for and then kept.

    Each result draws from a stream of randomness of its own, so that its numbers do not depend on what else was
    asked for. All numbers of people are rounded unless the study is `internal`.

    Parameters
    ----------
    dataset
        From `read_dataset`.
    internal
        True leaves numbers of people exact; what is made from it must not leave the office.
    n_draws
        Draws of the forecast.
    with_backtest
        False leaves the back-test out of the report, which saves some ten seconds for thirty events.
    cache
        Folder for back-tests by content; None: nothing is kept.
    options
        What is asked of the plan; None: as the settings say.
    decision
        The last decision, with which the ranking is compared.
    forecasts
        Forecasts saved before, from `saved_forecasts`.
    rng
        Source of randomness: a generator or the number it starts from.
    progress
        Called as progress(done, total, what) before each table asked of a travel server.

    Examples
    --------
    >>> from outreach_analysis import sample
    >>> study = sample()
    >>> study.coverage.unit, study.held["status"].unique().tolist(), len(study.ranking.by_site) > 10
    ('km', ['held'], True)
    """

    dataset: Dataset
    _: KW_ONLY
    internal: bool = False
    n_draws: int = 2000
    with_backtest: bool = True
    cache: Path | None = None
    options: PlanOptions | None = None
    decision: Decision | None = None
    forecasts: pd.DataFrame | None = None
    rng: Seed = 1
    progress: Callable[[int, int, str], None] | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "rng", np.random.default_rng(self.rng))
        self.shown_in(self)

    @classmethod
    def from_counts(
        cls,
        counted: CountedApplicants,
        *,
        areas: gpd.GeoDataFrame,
        sites: pd.DataFrame,
        events: pd.DataFrame,
        interest: pd.DataFrame | None = None,
        office_monthly: pd.DataFrame | None = None,
        travel: pd.DataFrame | None = None,
        access: pd.DataFrame | None = None,
    ) -> Study:
        """The study of people who were counted where their lists lie, by `count_applicants` on any engine.

        Reach, turnout, ranking, plan and report are those of the same lists read by `read_dataset`. What counts cannot
        know is not: who heard of it how and what they applied for by distance (`audience`, `uptake`, `series`), answers
        to the desk question, people who stand in several lists, and homes known by the NIK alone.

        Parameters
        ----------
        counted
            From `count_applicants`; its settings are those of the study. The event of rows at the office is OFFICE. The
            reference date is that of the settings, else the last day of an event, of interest or of an office month.
        areas
            All levels, as from `load_areas("all")`: those by which the rows were counted.
        sites, events, interest, office_monthly, travel, access
            As the files of these names in the data contract, under our headers or the office's own. Without
            `office_monthly` rows of the office are counted by month.

        Raises
        ------
        FolderError
            With every fault of every table. Counts of events that are not there or were not held are in the ledger.

        Examples
        --------
        >>> import pandas as pd
        >>> from outreach_analysis.geography.areas import load_areas
        >>> from outreach_analysis.intake.bulk_count import count_applicants
        >>> areas = load_areas("all")
        >>> rows = pd.DataFrame({"event_id": "E1", "service_date": "2026-03-14", "kecamatan": ["Tenggarong"] * 9})
        >>> sites = pd.DataFrame({"site_id": ["K", "T", "M"], "name": ["Kantor", "Balai Desa", "Masjid"],
        ...                       "kind": ["office", "desa", "kecamatan"],
        ...                       "area": ["Samarinda Ulu", "Tenggarong", "Muara Badak"]})
        >>> events = pd.DataFrame({"event_id": ["E1"], "site_id": "T", "date": "2026-03-14", "status": "held"})
        >>> study = Study.from_counts(count_applicants(rows, areas), areas=areas, sites=sites, events=events)
        >>> int(study.counts["applicants"].sum()), study.ranking.recommended
        (9, 'M')
        """
        tables = {
            "sites": sites,
            "events": events,
            "interest": interest,
            "office_monthly": office_monthly,
            "travel": travel,
            "access": access,
        }
        return cls(counted_dataset(counted, areas, tables))

    def summary(self) -> pd.DataFrame:
        """How much there is of each table, and the reference date."""
        return self.dataset.summary()

    def given(self, **results: Any) -> Study:
        """This study with these results known beforehand, by name; every other is made anew from them."""
        study = dataclasses.replace(self)
        for name, result in results.items():
            study.__dict__[name] = result.shown_in(study) if isinstance(result, Shown) else result
        return study

    # --- Other studies beside this one.

    def select(
        self,
        *,
        kabupaten: str | Sequence[str] | None = None,
        dates: tuple[dt.date | str, dt.date | str] | None = None,
        events: str | Sequence[str] | None = None,
        kinds: str | Sequence[str] | None = None,
    ) -> Study:
        """A smaller study of the same office: all its tables cut together.

        Fixed service points stay wherever they lie. People of an event that is kept who live in a kabupaten that is
        not stand among those from outside. What one selection says is rounded as ever; several selections that share
        people say more together than each alone, so pass on one of them.

        Parameters
        ----------
        kabupaten
            Names or ids: their kecamatan, the places in them and the pop-ups at those.
        dates
            First and last day, both inclusive, of pop-ups, interest and whole office months. The reference date is no
            later than the last.
        events
            Ids of pop-ups.
        kinds
            Kinds of place; interest of areas is left out unless `kecamatan` or `desa` are among them.

        Raises
        ------
        RequestError
            With every name that is not known and the nearest that are.

        Examples
        --------
        >>> from outreach_analysis import sample
        >>> sample().select(kabupaten="Kota Samarinda").areas["parent_name"].unique().tolist()
        ['Kota Samarinda']
        """
        wished = Selection(kabupaten=kabupaten, dates=dates, events=events, kinds=kinds)
        return dataclasses.replace(self, dataset=select(self.dataset, wished), decision=None)

    def with_settings(self, **changes: Any) -> Study:
        """The same tables by other settings, beside this study: by name, or by the end of a name that no other setting
        shares, as `threshold_km` is short for `service_threshold_km`.

        Raises
        ------
        RequestError
            With every setting that is not known, has a value that is refused, or acts only when a folder is read.

        Examples
        --------
        >>> from outreach_analysis import sample
        >>> sample().with_settings(threshold_km=20).settings.service_threshold_km
        20
        """
        settings = with_settings(self.settings, changes)
        return dataclasses.replace(self, dataset=dataclasses.replace(self.dataset, settings=settings))

    def with_sites(self, *, close: str | Sequence[str] = (), add: Mapping[str, str] | None = None) -> Study:
        """The same office with some places closed from the reference date on, and others to visit added.

        Parameters
        ----------
        close
            Ids of places: a service point serves nobody any more, any other is not visited any more.
        add
            The kecamatan (id or name) of each new place, by the place's name: it stands at the kecamatan's seat and is
            of the kind `other`, for which the rule on interest does not hold.

        Raises
        ------
        RequestError
            With every place and kecamatan that is not known and the nearest that are.

        Examples
        --------
        >>> from outreach_analysis import sample
        >>> sample().with_sites(add={"Balai Tani": "Muara Badak"}).sites.loc["ADDED-1", "name"]
        'Balai Tani'
        """
        dataset = with_sites(self.dataset, close=close, add=add or {})
        return dataclasses.replace(self, dataset=dataset, decision=None)

    def with_displacement(self, share: float) -> Study:
        """This study as if, wherever a pop-up is held, the same share of its people would have come to the office.

        The share, in [0, 1], stands in place of what is learned of it; intervals then hold no doubt about it, and the
        limits say so. What is no share is a `RequestError`.

        Examples
        --------
        >>> from outreach_analysis import sample
        >>> study = sample()
        >>> nobody, everybody = (study.with_displacement(share).incremental.summary()["estimate"] for share in (0, 1))
        >>> bool((nobody > 0).all()), float(everybody.max())
        (True, 0.0)
        """
        if not 0 <= share <= 1:
            raise RequestError(f"{share} is no share of people: give a number from 0 to 1")
        given = self.displacement.given(share)
        return self.given(turnout=self.turnout, forecast=self.forecast, displacement=given)

    def compare(self, other: Study) -> StudyComparison:
        """What differs between this study and another, in settings and in what they lead to."""
        rows: list[tuple[str, Any, Any, str]] = [
            (row["name"], row["value"], theirs["value"], row["unit"])
            for row, theirs in zip(self.settings.describe(), other.settings.describe(), strict=True)
            if row["value"] != theirs["value"]
        ]
        for name, at in (("reach", "jurisdiction"), ("coverage", "covered"), ("need", "need")):
            here, there = (getattr(study, name).summary() for study in (self, other))
            rows.append((name, here["estimate"].get(at), there["estimate"].get(at), str(here["unit"].get(at, ""))))
        first, second = self.ranking.by_site, other.ranking.by_site
        for n in range(min(_FIRST, max(len(first), len(second)))):
            places = [str(by_site.index[n]) if n < len(by_site) else "" for by_site in (first, second)]
            rows.append((f"place {n + 1} of the ranking", places[0], places[1], "site_id"))
        people = [float(by_site["increment"].iloc[0]) if len(by_site) else 0.0 for by_site in (first, second)]
        rows.append(("expected additional people there", people[0], people[1], "people"))
        numbers = pd.DataFrame(rows, columns=["number", "here", "there", "unit"]).set_index("number").astype(object)
        both = numbers[["here", "there"]].map(lambda value: value if isinstance(value, int | float) else np.nan)
        numbers.insert(2, "difference", (both["there"] - both["here"]).astype(float))
        return StudyComparison(numbers=numbers, places={**other.sites["name"], **self.sites["name"]}).shown_in(self)

    # --- The tables: areas, places with those added for interest, events, days, and what it costs to travel.

    @property
    def settings(self) -> Settings:
        """Every number that is not data."""
        return self.dataset.settings

    @property
    def areas(self) -> gpd.GeoDataFrame:
        """The kecamatan, index `area_id`."""
        return self.dataset.areas

    @property
    def events(self) -> pd.DataFrame:
        """Every event, index `event_id`."""
        return self.dataset.events

    @property
    def counts(self) -> pd.DataFrame:
        """Who came from where to which event, in exact numbers: `event_id`, `area_id`, `applicants`."""
        return self.dataset.counts

    @cached_property
    def as_of(self) -> dt.date:
        """The reference date."""
        if self.settings.as_of is None:
            raise RequestError("the dataset has no reference date; read it with read_dataset")
        return self.settings.as_of

    @cached_property
    def rounding_base(self) -> int:
        """What numbers of people are multiples of: 1 where they are exact."""
        return 1 if self.internal else self.settings.rounding_base

    @_result
    def ledger(self) -> IntakeLedger:
        """What became of every row; rows of people rounded."""
        return rounded_ledger(self.dataset, rounding_base=self.rounding_base)

    @cached_property
    def held(self) -> pd.DataFrame:
        """Pop-ups that were held as they were meant to be."""
        return held_popups(self.events)

    @cached_property
    def planned(self) -> pd.DataFrame:
        """Pop-ups announced for after the reference date, by date."""
        announced = planned_popups(self.events).sort_values("date")
        return announced[announced["date"] > pd.Timestamp(self.as_of)]

    @property
    def scheduled(self) -> pd.DataFrame:
        """Where and when pop-ups are announced: index `event_id`; `site_id`, `date`."""
        return self.planned[["site_id", "date"]]

    @_result
    def interest(self) -> InterestResult:
        """Who asked for a pop-up, by area."""
        return interest_evidence(
            interest=self.dataset.interest,
            areas=self.areas,
            events=self.events,
            counts=self.counts,
            settings=self.settings,
        )

    @cached_property
    def sites(self) -> pd.DataFrame:
        """All places, those added for interest too, index `site_id`."""
        return add_interest_candidates(self.interest, areas=self.areas, sites=self.dataset.sites)

    @cached_property
    def candidates(self) -> pd.DataFrame:
        """Places that a pop-up could visit."""
        found = self.sites[~self.sites["kind"].isin(SITE_KINDS_FIXED)]
        if found.empty:
            raise RequestError.in_words("sites.csv holds no place that a pop-up could visit; add candidates")
        return found

    @cached_property
    def costs(self) -> pd.DataFrame:
        """Travel from each area to each place: `area_id`, `site_id`, `km` of road, `minutes`."""
        return travel_costs(
            areas=self.areas,
            sites=self.sites,
            matrix=self.dataset.travel,
            access=self.dataset.access,
            settings=self.settings,
            cache=cache_folder("travel"),
            progress=self.progress,
        )

    @cached_property
    def effective_costs(self) -> EffectiveCosts:
        """Distances that the models decay with: by `settings.travel_measure`."""
        return effective_costs(self.costs, settings=self.settings)

    @cached_property
    def service_points(self) -> pd.Series:
        """Where there is service on the reference date: index `site_id`; fixed, or a pop-up within the window."""
        return service_points_on(sites=self.sites, events=self.events, as_of=self.as_of, settings=self.settings)

    @cached_property
    def days(self) -> pd.DataFrame:
        """The days ahead on which a pop-up could stand."""
        ahead = dt.timedelta(self.settings.horizon_days)
        return service_days(self.as_of + dt.timedelta(1), self.as_of + ahead, settings=self.settings)

    # --- What happened: who came, from where, who has service near, who is not reached.

    @cached_property
    def came(self) -> pd.DataFrame:
        """Everybody who came, by event; rounded."""
        return attendance_by_event(self.dataset, rounding_base=self.rounding_base)

    @_result
    def reach(self) -> ReachResult:
        """Applicants per resident, by kecamatan."""
        return reach_rate(
            areas=self.areas,
            counts=self.counts,
            placed_share=self.came["placed_share"],
            rounding_base=self.rounding_base,
        )

    @_result
    def reach_by_kabupaten(self) -> ReachResult:
        """Applicants per resident, by kabupaten."""
        return reach_rate(
            areas=self.areas,
            counts=self.counts,
            by="kabupaten",
            placed_share=self.came["placed_share"],
            rounding_base=self.rounding_base,
        )

    @_result
    def catchment(self) -> CatchmentResult:
        """How far people travel."""
        return catchment(
            areas=self.areas,
            sites=self.sites,
            events=self.events,
            counts=self.counts,
            costs=self.costs,
            outside=self.dataset.outside,
            rounding_base=self.rounding_base,
        )

    @_result
    def flows(self) -> FlowResult:
        """From which area people came to which place; small flows withheld."""
        return origin_flows(
            areas=self.areas,
            events=self.events,
            counts=self.counts,
            costs=self.costs,
            settings=self.settings,
            rounding_base=self.rounding_base,
        )

    @cached_property
    def coverage_by_threshold(self) -> dict[float, CoverageResult]:
        """Residents within reach of a service point, by threshold in the unit of `settings.travel_measure`."""
        settings = self.settings
        thresholds = {f"thresholds_{settings.travel_measure}": (*settings.shown_thresholds, settings.service_threshold)}
        return coverage_at_thresholds(
            areas=self.areas, costs=self.costs, service_points=self.service_points, **thresholds
        )

    @_result
    def coverage(self) -> CoverageResult:
        """Residents within reach of a service point at the threshold of the settings."""
        return self.coverage_by_threshold[self.settings.service_threshold]

    @_result
    def accessibility(self) -> AccessibilityResult:
        """Places of service per resident, those near counted more."""
        settings = self.settings
        threshold = {f"threshold_{settings.travel_measure}": settings.service_threshold}
        return accessibility(
            areas=self.areas,
            costs=self.costs,
            capacity=service_capacity(sites=self.sites, events=self.events, as_of=self.as_of, settings=settings),
            weights=e2sfca_zones(settings.service_threshold),
            **threshold,
        )

    @_result
    def need(self) -> NeedResult:
        """Where fewer people apply than would if well served."""
        return unmet_need(
            areas=self.areas,
            events=self.events,
            counts=self.counts,
            office=self.dataset.office_people(),
            settings=self.settings,
            placed_share=self.came["placed_share"],
            rounding_base=self.rounding_base,
        )

    # --- Whom pop-ups reach: channels and applications, series, days off.

    def _people(self, what: str) -> pd.DataFrame:
        """Rows of people; counts have none."""
        if self.dataset.is_counted:
            raise RequestError.in_words(
                "{what} is not known: people came as counts, which hold no rows; put the lists into applicants/",
                what=what,
            )
        return self.dataset.applicants

    @_result
    def audience(self) -> AudienceResult:
        """How people heard of it, what they applied for, and their age."""
        return audience(
            self._people("audience"),
            areas=self.areas,
            sites=self.sites,
            events=self.events,
            costs=self.costs,
            settings=self.settings,
            rounding_base=self.rounding_base,
        )

    @_result
    def uptake(self) -> UptakeResult:
        """Who has the electronic passport."""
        return self.audience.uptake

    @_result
    def series(self) -> SeriesResult:
        """How series of pop-ups compare."""
        return compare_series(
            self._people("series"),
            areas=self.areas,
            sites=self.sites,
            events=self.events,
            counts=self.counts,
            costs=self.costs,
            settings=self.settings,
            rounding_base=self.rounding_base,
        )

    @_result
    def working_days(self) -> WorkingDaysResult | None:
        """Who comes when it is not a working day; None where no pop-up was held in a month that the office counted."""
        office, months = self.dataset.office_people(), self.held["date"].dt.to_period("M").dt.to_timestamp()
        if months.empty or (
            office is not None and not months.between(office["month"].min(), office["month"].max()).any()
        ):
            return None
        return working_days(
            areas=self.areas,
            sites=self.sites,
            events=self.events,
            counts=self.counts,
            costs=self.costs,
            office=office,
            settings=self.settings,
            rounding_base=self.rounding_base,
        )

    # --- What to expect: turnout, forecast, who would have come anyway, and how good forecasts were.

    @_result
    def turnout(self) -> TurnoutResult:
        """What past events taught of turnout."""
        return fit_turnout(
            areas=self.areas,
            sites=self.sites,
            events=self.events,
            counts=self.counts,
            costs=self.effective_costs,
            question=TurnoutQuestion(
                interest=self.dataset.interest, office_monthly=self.dataset.office_people(), settings=self.settings
            ),
            rng=named_stream(self.rng, "turnout"),
        )

    @cached_property
    def free_days(self) -> pd.DataFrame:
        """Days on which each candidate could be visited."""
        return free_days_by_site(self.candidates, self.events, self.days, settings=self.settings)

    @cached_property
    def proposed(self) -> pd.Series:
        """The day proposed for each candidate, index `site_id`."""
        return proposed_days(self.free_days, self.candidates.index, settings=self.settings)

    @_result
    def forecast(self) -> Forecast:
        """Who is expected at each candidate on its proposed day."""
        return self.turnout.forecast(
            sites=self.candidates,
            costs=self.effective_costs,
            days=self.proposed,
            n_draws=self.n_draws,
            rng=named_stream(self.rng, "forecast"),
        )

    @_result
    def impact(self) -> ImpactResult:
        """Whether applicants are missing at the office after pop-ups."""
        return estimate_impact(
            office_monthly=self.dataset.office_people(),
            areas=self.areas,
            sites=self.sites,
            events=self.events,
            counts=self.counts,
            costs=self.costs,
            question=ImpactQuestion(settings=self.settings, rounding_base=self.rounding_base),
            rng=named_stream(self.rng, "impact"),
        )

    @_result
    def displacement(self) -> DisplacementResult:
        """Who would have come to the office anyway, by all the evidence there is."""
        return self._displacement("learned")

    def _displacement(self, hypothesis: Hypothesis) -> DisplacementResult:
        """Displacement over the areas as if a hypothesis were true."""
        costs, points = self.effective_costs.frame, self.service_points
        fixed = points.index[points == "fixed"]
        nearest = costs[costs["site_id"].isin(fixed)].groupby("area_id")["effective_km"].min().reindex(self.areas.index)
        return estimate_displacement(
            nearest.fillna(np.inf),
            self.areas["population"],
            evidence=DisplacementEvidence(
                office_share=self.need.office_share,
                answers=self.dataset.answers,
                impact=self.impact,
                comers=self._comers,
            ),
            hypothesis=hypothesis,
            n_draws=self.n_draws,
            rng=named_stream(self.rng, "displacement"),
        )

    @property
    def _comers(self) -> pd.Series:
        """People who came to past pop-ups, by area."""
        return self.counts.groupby("area_id")["applicants"].sum()

    @_result
    def backtest(self) -> BacktestResult:
        """How forecasts did on past events that they had not seen."""
        return backtest(
            areas=self.areas,
            sites=self.sites,
            events=self.events,
            counts=self.counts,
            costs=self.effective_costs,
            question=BacktestQuestion(
                interest=self.dataset.interest,
                office_monthly=self.dataset.office_people(),
                settings=self.settings,
                cache=self.cache,
            ),
            rng=named_stream(self.rng, "back-test"),
        )

    @_result
    def judged(self) -> BacktestResult | None:
        """The back-test for what is said of the forecast; None where `with_backtest` leaves it out."""
        return self.backtest if self.with_backtest else None

    @_result
    def saved(self) -> SavedForecastsResult | None:
        """Forecasts that were saved before their pop-ups beside who came; None where none was saved."""
        if self.forecasts is None or self.forecasts.empty:
            return None
        return compare_saved_forecasts(
            self.forecasts,
            events=self.events,
            came=attendance_by_event(self.dataset)["own"],
            published=self.came["own"],
            settings=self.settings,
        )

    # --- What to do: what each place adds, which is next, which together, and on which days.

    @_result
    def incremental(self) -> IncrementalAttendance:
        """What a pop-up at each candidate adds."""
        return self._incremental(self.planned, self.proposed)

    def _incremental(self, announced: pd.DataFrame, days: pd.Series) -> IncrementalAttendance:
        return incremental_attendance(
            self.forecast,
            self.displacement,
            inside=self.areas["in_jurisdiction"].astype(bool),
            days=days.reindex(self.forecast.site_ids),
            announced=announced[announced["site_id"].isin(self.forecast.site_ids)],
        )

    @cached_property
    def _unmet(self) -> pd.Series:
        """Unmet need in the working area, index `area_id`."""
        by_area = self.need.by_area
        unmet: pd.Series = by_area.loc[by_area["in_jurisdiction"], "need"]
        return unmet

    @cached_property
    def basis(self) -> DecisionBasis:
        """What ranking and plan share."""
        worst, minutes = worst_served_areas(self._unmet, self.areas["population"]), team_minutes(self.sites, self.costs)
        candidates = self.sites.loc[self.incremental.site_ids]
        weights = preference_weights(candidates, worst=worst, minutes=minutes, settings=self.settings)
        return DecisionBasis(need=self._unmet, costs=self.costs, worst=worst, minutes=minutes, weights=weights)

    @_result
    def ranking(self) -> RankingResult:
        """Which place is next."""
        return self._ranked(self.incremental, self.events, self.free_days)

    def _ranked(self, incremental: IncrementalAttendance, events: pd.DataFrame, free: pd.DataFrame) -> RankingResult:
        return rank_sites(
            incremental,
            areas=self.areas,
            sites=self.sites,
            question=RankingQuestion(
                interest=self.interest,
                service_days=self.days,
                free_days=free,
                minutes=self.basis.minutes,
                weights=self.basis.weights,
                settings=self.settings,
            ),
            events=events,
            costs=self.costs,
        )

    @_result
    def changes(self) -> RankingChanges | None:
        """What moved since the last decision; None where none was given."""
        return None if self.decision is None else changes_since(self.decision, self.ranking)

    @cached_property
    def cancelled(self) -> pd.DataFrame:
        """What would be proposed without each announced event: its day is free again, and so are its people.

        Index `event_id`, by day; `site_id`, `name`, `date` of the event, `recommended` and `recommended_name` of the
        place that would be proposed (None and '' where none may be visited).
        """
        given = self.scheduled[self.scheduled["site_id"].isin(self.forecast.site_ids)]
        given = given.sort_values(["date", "site_id"], kind="stable")
        rows = []
        for event_id, site, date in zip(given.index, given["site_id"], given["date"], strict=True):
            events = self.events.drop(index=event_id)
            free = free_days_by_site(self.candidates, events, self.days, settings=self.settings)
            days = proposed_days(free, self.candidates.index, settings=self.settings)
            without = self._incremental(given.drop(index=event_id), days)
            proposed = self._ranked(without, events, free).recommended
            name = "" if proposed is None else str(self.sites["name"][proposed])
            rows.append((event_id, site, self.sites["name"][site], date, proposed, name))
        columns = ["event_id", "site_id", "name", "date", "recommended", "recommended_name"]
        return pd.DataFrame(rows, columns=columns).set_index("event_id")

    @cached_property
    def planning(self) -> PlanAnalysis:
        """The next events together with everything that is said about them."""
        return self.plan_with(self.options)

    def plan_with(self, options: PlanOptions | None) -> PlanAnalysis:
        """The next events as they are asked for."""
        return plan_next(
            self.incremental,
            self.ranking,
            basis=self.basis,
            sites=self.sites,
            areas=self.areas,
            events=self.events,
            options=options,
            rng=self.rng,
        )

    @_result
    def plan(self) -> PlanResult:
        """Which places together."""
        return self.planning.plan

    @_result
    def schedule(self) -> ScheduleResult:
        """On which days, by which team."""
        return self.planning.schedule

    @_result
    def equity(self) -> EquityResult | None:
        """Who is reached by the plan, by quintiles; None where it is infeasible."""
        return self.planning.equity

    @_result
    def fairness(self) -> FairnessResult:
        """Plans from the most reach to the most for the most underserved quintile."""
        return self.planning.fairness

    @_result
    def sensitivity(self) -> SensitivityResult:
        """How much the first place of the ranking hangs on the weights."""
        return self.planning.sensitivity

    @_result
    def scenarios(self) -> ScenarioResult:
        """Plans of every number of events and weight of fairness, to be tried out."""
        return self.planning.scenarios

    @_result
    def hypotheses(self) -> HypothesesResult | None:
        """The plan under each hypothesis on displacement, and the fact that would change it most; None without a plan.

        What follows the office's share of demand is a hypothesis only where there are office figures.
        """
        if self.plan.status == "infeasible":
            return None
        displacements: dict[Hypothesis, DisplacementResult] = {
            name: self._displacement(name)
            for name in HYPOTHESES
            if name != "learned" and (name != "office_share" or self.displacement.office_share_used)
        }
        return self.planning.hypotheses(displacements, self._comers)

    # --- Letters that ask for a pop-up: as places beside the office's own, and what to answer.

    @cached_property
    def open_letters(self) -> pd.DataFrame:
        """Letters without an answer, index `number`."""
        if self.dataset.requests is None:
            return pd.DataFrame()
        letters = self.dataset.requests.letters
        return letters[letters["answer"] == ""]

    @cached_property
    def _request_places(self) -> RequestPlaces:
        period = period_of(self.options or PlanOptions(), self.settings)
        return request_places(
            self.open_letters, sites=self.sites, areas=self.areas, period=period, settings=self.settings
        )

    @cached_property
    def show_up(self) -> ConversionResult:
        """What share of those listed in letters comes."""
        letters = None if self.dataset.requests is None else self.dataset.requests.letters
        return learn_show_up(pd.DataFrame(columns=["listed", "came"]) if letters is None else letters, self.settings)

    def with_requests(self) -> Study:
        """This study with the places of open letters as candidates beside the office's own, each on the days around its
        wish; this study itself where no letter is open.

        Forecast, ranking, plan and schedule then choose between letters and own visits. An own place for which a letter
        asks is not planned beside it, and a letter that asks for no more than its minimum is not planned at all.

        Examples
        --------
        >>> from outreach_analysis import sample
        >>> study = sample()
        >>> both = study.with_requests()
        >>> len(both.candidates) > len(study.candidates)
        True
        """
        return self if self.open_letters.empty else self._with_letters

    @cached_property
    def _with_letters(self) -> Study:
        return with_letters(self, self._request_places)

    @_result
    def requests(self) -> RequestsResult | None:
        """What every open letter would bring and add, and its answer; None where no letter is open."""
        return None if self.open_letters.empty else answer_letters(self, self._request_places)


_FIRST = 3
"""Places of the ranking that a comparison names."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class StudyComparison(Shown):
    """What differs between two studies.

    Attributes
    ----------
    numbers
        Index `number`: the settings that differ, then reach, coverage, unmet need, the first places of the ranking and
        the people that the first adds. Columns `here`, `there`, `difference` (there less here, NaN for what is no
        number) and `unit`.
    places
        Names of the places of both, by `site_id`.

    Examples
    --------
    >>> from outreach_analysis import sample
    >>> study = sample()
    >>> differs = study.compare(study.with_settings(threshold_km=20)).numbers["difference"]
    >>> float(differs["service_threshold_km"])
    -10.0
    """

    main = "numbers"

    numbers: pd.DataFrame
    places: Mapping[str, str]

    def summary(self) -> pd.DataFrame:
        """`numbers`."""
        return self.numbers
