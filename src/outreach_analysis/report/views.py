"""How each result of a study shows itself: its tables, figures and sentences by name, the first when none is named."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from outreach_analysis.contracts import RequestError
from outreach_analysis.decisions.equity import EquityResult, FairnessResult, SensitivityResult
from outreach_analysis.decisions.hypotheses import HypothesesResult
from outreach_analysis.decisions.plan_problem import PlanResult
from outreach_analysis.decisions.ranking import RankingChanges, RankingResult
from outreach_analysis.decisions.requests import RequestsResult
from outreach_analysis.decisions.scenarios import ScenarioResult
from outreach_analysis.decisions.schedule import ScheduleResult
from outreach_analysis.intake.ledger import IntakeLedger
from outreach_analysis.measures.audience import AudienceResult, UptakeResult
from outreach_analysis.measures.coverage import AccessibilityResult, CoverageResult
from outreach_analysis.measures.flows import FlowResult
from outreach_analysis.measures.interest import InterestResult
from outreach_analysis.measures.need import NeedResult
from outreach_analysis.measures.reach import CatchmentResult, ReachResult
from outreach_analysis.measures.series import SeriesResult, WorkingDaysResult
from outreach_analysis.models.backtest import BacktestResult, SavedForecastsResult
from outreach_analysis.models.forecast import Forecast
from outreach_analysis.models.impact import ImpactResult
from outreach_analysis.models.turnout import TurnoutResult
from outreach_analysis.report import figure
from outreach_analysis.report.topics import (
    account,
    answer,
    explore,
    flows,
    measures,
    people,
    plan,
    plan_page,
    ranking,
    requests,
    scenarios,
    turnout,
)
from outreach_analysis.report.words import Language, Sentences
from outreach_analysis.shown import Shown
from outreach_analysis.study import Study, StudyComparison

Way = Callable[[Any, Study, Language], Any]
"""From a result, its study and a language to a table, a figure or sentences."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Views:
    """The ways in which results of one type are shown, by name."""

    tables: Mapping[str, Way]
    plots: Mapping[str, Way]
    texts: Mapping[str, Way]


def views(
    tables: Mapping[str, Way] | None = None,
    plots: Mapping[str, Way] | None = None,
    texts: Mapping[str, Way] | None = None,
) -> Views:
    """`Views` of which some kinds may be missing."""
    return Views(tables=tables or {}, plots=plots or {}, texts=texts or {})


def shown(result: Shown, study: Study, kind: str, of: str, lang: Language) -> Any:
    """A table, figure or sentences of a result; a name that it does not know is refused with those it does."""
    ways: Mapping[str, Way] = getattr(VIEWS.get(type(result), views()), kind)
    name, what = of or next(iter(ways), ""), f"{type(result).__name__} has"
    if not ways:
        raise RequestError(f"{what} no {kind}; .to_frame() gives its numbers")
    if name not in ways:
        meant = get_close_matches(name, ways, n=1)
        hint = f"; did you mean {meant[0]}?" if meant else ""
        raise RequestError(f"{what} no {kind} called {name}, but {', '.join(ways)}{hint}")
    made = ways[name](result, study, lang)
    return Sentences.of([made] if isinstance(made, str) else made) if kind == "texts" else made


def _map_of_reach(reach: ReachResult, study: Study, lang: Language) -> Any:
    if not reach.by_area.index.equals(study.areas.index):
        raise RequestError("a map of reach is by kecamatan: study.reach.plot()")
    return figure.plot_reach(reach, study.areas, lang=lang)


VIEWS: dict[type[Shown], Views] = {
    Study: views(
        tables={
            "events": lambda r, s, lang: measures.tabulate_events(
                s.events, s.sites, s.counts, areas=s.areas, outside=s.dataset.outside, unplaced=s.dataset.unplaced,
                settings=s.settings, rounding_base=s.rounding_base, lang=lang,
            ),
            "scheduled": lambda r, s, lang: ranking.tabulate_scheduled(s.scheduled, s.sites, lang=lang),
            "working days": lambda r, s, lang: people.tabulate_working_days(
                s.working_days, unit=s.settings.travel_measure, lang=lang
            ),
            "settings": lambda r, s, lang: account.tabulate_settings(s.settings, lang=lang),
            "main settings": lambda r, s, lang: account.tabulate_main_settings(s.settings, s.areas, lang=lang),
            "sources": lambda r, s, lang: account.tabulate_sources(
                s.settings.reference, own_files=s.dataset.own_area_files,
                other_names_used=s.dataset.other_names_used, lang=lang,
            ),
        },
        plots={"lorenz": lambda r, s, lang: plan_page.plot_lorenz(s.equity, lang=lang)},
        texts={
            "events": lambda r, s, lang: measures.describe_events(s.events, lang=lang),
            "placed": lambda r, s, lang: account.describe_placed_share(s.came["placed_share"], lang=lang),
            # what there may be none of says so
            "working days": lambda r, s, lang: people.describe_working_days(s.working_days, s.areas, lang=lang),
            "saved forecasts": lambda r, s, lang: people.describe_saved_forecasts(s.saved, lang=lang),
            "equity": lambda r, s, lang: plan.describe_equity(s.equity, lang=lang),
            "hypotheses": lambda r, s, lang: plan.describe_hypotheses(s.hypotheses, s.sites, s.areas, lang=lang),
            "settings": lambda r, s, lang: account.describe_settings(s.settings, lang=lang),
            "limits": lambda r, s, lang: answer.describe_limits(
                s.areas, s.need, s.costs, s.turnout, displacement=s.displacement, rounding_base=s.rounding_base,
                lang=lang,
            ),
        },
    ),
    StudyComparison: views(
        tables={"comparison": lambda r, s, lang: explore.tabulate_comparison(r, lang=lang)},
        texts={"comparison": lambda r, s, lang: explore.describe_comparison(r, lang=lang)},
    ),
    IntakeLedger: views(
        tables={
            "rows": lambda r, s, lang: account.tabulate_ledger(r, lang=lang),
            "problems": lambda r, s, lang: account.tabulate_problems(r, lang=lang),
            "remedies": lambda r, s, lang: account.tabulate_remedies(r, lang=lang),
            "headers": lambda r, s, lang: account.tabulate_headers(r, lang=lang),
        },
        plots={"rows": lambda r, s, lang: account.plot_ledger(r, lang=lang)},
        texts={
            "rows": lambda r, s, lang: account.describe_ledger(r, lang=lang),
            "problems": lambda r, s, lang: account.describe_problems(r, lang=lang),
            "headers": lambda r, s, lang: account.describe_headers(r, lang=lang),
        },
    ),
    ReachResult: views(
        tables={"reach": lambda r, s, lang: measures.tabulate_reach(r, lang=lang)},
        plots={
            "reach": _map_of_reach,
            "share": lambda r, s, lang: measures.plot_fair_share(
                s.reach_by_kabupaten, measures.visits_by_kabupaten(s), lang=lang
            ),
        },
        texts={
            "reach": lambda r, s, lang: measures.describe_reach(r, s.events, came=s.came, lang=lang),
            "extremes": lambda r, s, lang: measures.describe_extremes(r, lang=lang),
        },
    ),
    CatchmentResult: views(
        plots={"catchment": lambda r, s, lang: measures.plot_catchment(r, lang=lang)},
        texts={"catchment": lambda r, s, lang: measures.describe_catchment(r, lang=lang)},
    ),
    FlowResult: views(
        plots={"flows": lambda r, s, lang: flows.plot_flow(r, s.areas, s.sites, lang=lang)},
        texts={"flows": lambda r, s, lang: flows.describe_flow(r, s.areas, s.sites, lang=lang)},
    ),
    CoverageResult: views(
        tables={"thresholds": lambda r, s, lang: measures.tabulate_coverage(s.coverage_by_threshold, lang=lang)},
        plots={"coverage": lambda r, s, lang: figure.plot_coverage(r, s.areas, lang=lang)},
        texts={
            "coverage": lambda r, s, lang: measures.describe_coverage(r, settings=s.settings, lang=lang),
            "thresholds": lambda r, s, lang: measures.describe_thresholds(s.coverage_by_threshold, lang=lang),
        },
    ),
    AccessibilityResult: views(
        plots={"accessibility": lambda r, s, lang: figure.plot_accessibility(r, s.areas, lang=lang)},
        texts={"accessibility": lambda r, s, lang: measures.describe_accessibility(r, lang=lang)},
    ),
    NeedResult: views(
        plots={"need": lambda r, s, lang: figure.plot_need(r, s.areas, lang=lang)},
        texts={"need": lambda r, s, lang: measures.describe_need(r, lang=lang)},
    ),
    InterestResult: views(texts={"interest": lambda r, s, lang: measures.describe_interest(r, lang=lang)}),
    AudienceResult: views(
        tables={
            "channels": lambda r, s, lang: people.tabulate_channels(r, lang=lang),
            "applications": lambda r, s, lang: people.tabulate_applications(r, lang=lang),
            "ages": lambda r, s, lang: people.tabulate_ages(r, lang=lang),
        },
        plots={"channels": lambda r, s, lang: people.plot_channels(r, lang=lang)},
        texts={
            "channels": lambda r, s, lang: people.describe_channels(r, lang=lang),
            "applications": lambda r, s, lang: people.describe_applications(r, lang=lang),
        },
    ),
    UptakeResult: views(
        tables={"uptake": lambda r, s, lang: people.tabulate_uptake(r, s.areas, lang=lang)},
        plots={"uptake": lambda r, s, lang: people.plot_uptake(r, lang=lang)},
        texts={"uptake": lambda r, s, lang: people.describe_uptake(r, s.areas, lang=lang)},
    ),
    WorkingDaysResult: views(
        tables={
            "days": lambda r, s, lang: people.tabulate_working_days(r, unit=s.settings.travel_measure, lang=lang)
        },
        texts={"days": lambda r, s, lang: people.describe_working_days(r, s.areas, lang=lang)},
    ),
    SeriesResult: views(
        tables={"series": lambda r, s, lang: people.tabulate_series(r, lang=lang)},
        texts={"series": lambda r, s, lang: people.describe_series(r, lang=lang)},
    ),
    ImpactResult: views(
        tables={"impact": lambda r, s, lang: people.tabulate_impact(r, lang=lang)},
        plots={"impact": lambda r, s, lang: people.plot_event_time(r, lang=lang)},
        texts={"impact": lambda r, s, lang: people.describe_impact(r, s.areas, lang=lang)},
    ),
    SavedForecastsResult: views(
        tables={"saved": lambda r, s, lang: people.tabulate_saved_forecasts(r, s.sites, lang=lang)},
        texts={"saved": lambda r, s, lang: people.describe_saved_forecasts(r, lang=lang)},
    ),
    TurnoutResult: views(
        tables={
            "turnout": lambda r, s, lang: turnout.tabulate_turnout(r, lang=lang),
            "terms": lambda r, s, lang: turnout.tabulate_terms(r, lang=lang),
        },
        plots={"decay": lambda r, s, lang: turnout.plot_decay_curve(r, lang=lang)},
        texts={
            "turnout": lambda r, s, lang: turnout.describe_turnout(r, lang=lang),
            "decay": lambda r, s, lang: turnout.describe_decay(r, lang=lang),
        },
    ),
    Forecast: views(
        tables={"forecast": lambda r, s, lang: turnout.tabulate_forecast(r, s.sites, top=10, lang=lang)},
        texts={"forecast": lambda r, s, lang: turnout.describe_forecast(r, s.sites, lang=lang)},
    ),
    BacktestResult: views(
        tables={"backtest": lambda r, s, lang: turnout.tabulate_backtest(turnout.judged_events(r, s), lang=lang)},
        plots={"backtest": lambda r, s, lang: turnout.plot_backtest(turnout.judged_events(r, s), lang=lang)},
        texts={"backtest": lambda r, s, lang: turnout.describe_backtest(r, lang=lang)},
    ),
    RankingResult: views(
        tables={
            "places": lambda r, s, lang: ranking.tabulate_ranking(r, top=10, lang=lang),
            "excluded": lambda r, s, lang: ranking.tabulate_excluded(r, lang=lang),
            "free days": lambda r, s, lang: ranking.tabulate_free_days(r, lang=lang),
        },
        plots={
            "places": lambda r, s, lang: ranking.plot_ranking(r, lang=lang),
            "account": lambda r, s, lang: ranking.plot_account(r, lang=lang),
            "map": lambda r, s, lang: figure.plot_next_sites(r, s.need, s.areas, lang=lang),
        },
        texts={
            "next": lambda r, s, lang: answer.describe_next_site(
                r, s.areas, backtest=s.judged, changes=s.changes, cancelled=s.cancelled, lang=lang
            ),
            "order": lambda r, s, lang: answer.describe_order(r, backtest=s.judged, lang=lang),
            "excluded": lambda r, s, lang: answer.describe_excluded(r, lang=lang),
            "day": lambda r, s, lang: answer.describe_day(r, lang=lang),
        },
    ),
    RankingChanges: views(
        tables={"changes": lambda r, s, lang: plan_page.tabulate_changes(r, s.ranking, lang=lang)},
        texts={"changes": lambda r, s, lang: plan.describe_changes(r, s.ranking, lang=lang)},
    ),
    PlanResult: views(
        tables={
            "places": lambda r, s, lang: plan_page.tabulate_plan(r, s.ranking, s.sites, lang=lang),
            "alternatives": lambda r, s, lang: plan_page.tabulate_alternatives(r, s.sites, lang=lang),
            "sizes": lambda r, s, lang: plan_page.tabulate_plan_curve(s.planning.longer, s.sites, lang=lang),
        },
        plots={"sizes": lambda r, s, lang: plan_page.plot_plan_curve(s.planning.longer, lang=lang)},
        texts={
            "plan": lambda r, s, lang: plan.describe_plan(
                r, s.schedule, s.ranking, s.sites, spread=s.planning.spread, lang=lang
            ),
            "sizes": lambda r, s, lang: plan.describe_plan_curve(s.planning.longer, lang=lang),
        },
    ),
    RequestsResult: views(
        tables={"letters": lambda r, s, lang: requests.tabulate_requests(r, s.with_requests().sites, lang=lang)},
        texts={
            "letters": lambda r, s, lang: requests.describe_requests(r, lang=lang),
            "answers": lambda r, s, lang: requests.describe_answers(r, s.with_requests().sites, lang=lang),
        },
    ),
    ScheduleResult: views(
        tables={"days": lambda r, s, lang: plan_page.tabulate_schedule(r, s.plan, s.ranking, s.sites, lang=lang)},
        texts={"far": lambda r, s, lang: plan.describe_far_sites(r, s.ranking, s.basis.minutes, lang=lang)},
    ),
    HypothesesResult: views(
        tables={"hypotheses": lambda r, s, lang: plan_page.tabulate_hypotheses(r, s.sites, lang=lang)},
        texts={"hypotheses": lambda r, s, lang: plan.describe_hypotheses(r, s.sites, s.areas, lang=lang)},
    ),
    FairnessResult: views(
        tables={"fairness": lambda r, s, lang: plan_page.tabulate_fairness(r, s.sites, lang=lang)},
        texts={"fairness": lambda r, s, lang: plan.describe_fairness(r, s.sites, lang=lang)},
    ),
    ScenarioResult: views(
        tables={"scenarios": lambda r, s, lang: scenarios.tabulate_scenarios(r, s.sites, lang=lang)},
        texts={"scenarios": lambda r, s, lang: scenarios.describe_scenario(r, s.plan.n_events, 2, lang=lang)},
    ),
    EquityResult: views(
        tables={"quintiles": lambda r, s, lang: plan_page.tabulate_quintiles(r, lang=lang)},
        plots={"lorenz": lambda r, s, lang: plan_page.plot_lorenz(r, lang=lang)},
        texts={"equity": lambda r, s, lang: plan.describe_equity(r, lang=lang)},
    ),
    SensitivityResult: views(
        tables={"weights": lambda r, s, lang: plan_page.tabulate_sensitivity(r, lang=lang)},
        texts={"weights": lambda r, s, lang: plan.describe_sensitivity(r, s.ranking, lang=lang)},
    ),
}  # fmt: skip
