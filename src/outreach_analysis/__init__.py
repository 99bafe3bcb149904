"""Where should the passport office's next pop-up go, and how sure are we?

The public names, each loaded on first use, so that importing the package stays fast.
"""

import importlib
from typing import Any

_HOMES = {
    "settings": ("Settings",),
    "files": (
        "bundled_data",
        "cache_folder",
    ),
    "contracts": (
        "ContractError",
        "OutreachError",
        "RequestError",
    ),
    "geography.areas": (
        "load_aliases",
        "load_areas",
    ),
    "geography.boundaries": ("indicative_cells",),
    "geography.service_days": ("service_days",),
    "geography.travel": (
        "DetourResult",
        "TravelServerWarning",
        "calibrate_detours",
        "nearby_travel_costs",
        "travel_costs",
    ),
    "geography.travel_server": (
        "ServerTravel",
        "TravelServerError",
        "ask_travel_server",
    ),
    "intake.boundary_files": ("BoundaryLayout",),
    "intake.boundary_import": (
        "BoundaryImport",
        "import_boundaries",
    ),
    "intake.bulk_count": (
        "CountedApplicants",
        "count_applicants",
    ),
    "intake.bulk_sources": ("open_applicants",),
    "intake.dataset": (
        "Dataset",
        "load_sample",
        "read_dataset",
    ),
    "intake.ledger": ("IntakeLedger",),
    "geocoding.resolver": ("resolve_origins",),
    "intake.review": ("review_sheet",),
    "measures.coverage": (
        "AccessibilityResult",
        "CoverageResult",
        "accessibility",
        "coverage",
        "coverage_at_thresholds",
        "e2sfca_zones",
        "incremental_coverage",
        "service_capacity",
        "service_points_on",
    ),
    "measures.attendance": (
        "attendance_by_event",
        "people_by_event",
        "placed_share_by_event",
        "rounded_ledger",
    ),
    "measures.audience": (
        "AudienceResult",
        "UptakeResult",
        "audience",
        "electronic_uptake",
    ),
    "measures.reach": (
        "CatchmentResult",
        "ReachResult",
        "catchment",
        "reach_rate",
    ),
    "measures.flows": (
        "FlowResult",
        "origin_flows",
    ),
    "measures.interest": (
        "InterestResult",
        "add_interest_candidates",
        "interest_evidence",
    ),
    "measures.series": (
        "SeriesResult",
        "WorkingDaysResult",
        "compare_series",
        "working_days",
    ),
    "measures.need": (
        "NeedResult",
        "unmet_need",
    ),
    "measures.small_numbers": (
        "SuppressedTable",
        "SuppressionError",
        "suppress_small",
    ),
    "models.prior": (
        "TurnoutPrior",
        "published_turnout",
    ),
    "models.backtest": (
        "BacktestResult",
        "SavedForecastsResult",
        "backtest",
        "compare_saved_forecasts",
    ),
    "models.impact": (
        "ImpactResult",
        "estimate_impact",
    ),
    "models.forecast": ("Forecast",),
    "models.turnout": (
        "TurnoutResult",
        "fit_turnout",
        "prior_turnout",
    ),
    "decisions.increment": (
        "DecisionWeights",
        "IncrementalAttendance",
        "incremental_attendance",
    ),
    "decisions.ranking": (
        "Decision",
        "RankingChanges",
        "RankingResult",
        "changes_since",
        "rank_sites",
    ),
    "decisions.classical": (
        "solve_lscp",
        "solve_mclp",
        "solve_p_center",
        "solve_p_median",
    ),
    "decisions.planning": ("plan_popups",),
    "decisions.plan_problem": ("PlanResult",),
    "decisions.schedule": (
        "ScheduleResult",
        "ScheduleRules",
        "schedule_popups",
    ),
    "decisions.equity": (
        "EquityResult",
        "FairnessResult",
        "SensitivityResult",
        "fairness_plans",
        "gini",
        "lorenz",
        "plan_equity",
        "preference_weights",
        "weight_sensitivity",
        "worst_served_areas",
    ),
    "decisions.hypotheses": ("HypothesesResult",),
    "decisions.scenarios": (
        "ScenarioResult",
        "plan_scenarios",
    ),
    "report.topics.measures": (
        "describe_accessibility",
        "describe_catchment",
        "describe_coverage",
        "describe_events",
        "describe_extremes",
        "describe_interest",
        "describe_need",
        "describe_reach",
        "describe_thresholds",
        "plot_catchment",
        "tabulate_coverage",
        "tabulate_events",
        "tabulate_reach",
    ),
    "report.topics.account": (
        "describe_boundaries",
        "describe_headers",
        "describe_ledger",
        "describe_placed_share",
        "describe_problems",
        "describe_review",
        "describe_settings",
        "plot_ledger",
        "tabulate_boundaries",
        "tabulate_headers",
        "tabulate_ledger",
        "tabulate_main_settings",
        "tabulate_problems",
        "tabulate_remedies",
        "tabulate_review",
        "tabulate_settings",
        "tabulate_sources",
    ),
    "report.topics.ranking": (
        "plot_ranking",
        "tabulate_excluded",
        "tabulate_free_days",
        "tabulate_ranking",
        "tabulate_scheduled",
    ),
    "report.topics.people": (
        "describe_applications",
        "describe_channels",
        "describe_impact",
        "describe_saved_forecasts",
        "describe_series",
        "describe_uptake",
        "describe_working_days",
        "plot_channels",
        "plot_event_time",
        "plot_uptake",
        "tabulate_ages",
        "tabulate_applications",
        "tabulate_channels",
        "tabulate_impact",
        "tabulate_saved_forecasts",
        "tabulate_series",
        "tabulate_uptake",
        "tabulate_working_days",
    ),
    "report.topics.answer": (
        "describe_day",
        "describe_excluded",
        "describe_limits",
        "describe_next_site",
        "describe_order",
    ),
    "report.topics.plan_page": (
        "plot_lorenz",
        "plot_plan_curve",
        "tabulate_alternatives",
        "tabulate_changes",
        "tabulate_fairness",
        "tabulate_hypotheses",
        "tabulate_plan",
        "tabulate_plan_curve",
        "tabulate_quintiles",
        "tabulate_schedule",
        "tabulate_sensitivity",
    ),
    "report.topics.plan": (
        "describe_changes",
        "describe_equity",
        "describe_fairness",
        "describe_far_sites",
        "describe_hypotheses",
        "describe_plan",
        "describe_plan_curve",
        "describe_sensitivity",
    ),
    "report.topics.turnout": (
        "backtested_events",
        "describe_backtest",
        "describe_decay",
        "describe_forecast",
        "describe_turnout",
        "plot_backtest",
        "plot_decay_curve",
        "tabulate_backtest",
        "tabulate_forecast",
        "tabulate_terms",
        "tabulate_turnout",
    ),
    "report.topics.flows": (
        "describe_flow",
        "plot_flow",
    ),
    "report.figure": (
        "plot_accessibility",
        "plot_coverage",
        "plot_need",
        "plot_next_sites",
        "plot_reach",
    ),
    "report.notebooks": (
        "answer_box",
        "use_offline_plotly",
    ),
    "report.topics.scenarios": (
        "describe_scenario",
        "tabulate_scenario",
        "tabulate_scenarios",
    ),
    "office_logs": (
        "last_decision",
        "record_decision",
        "save_forecast",
        "saved_forecasts",
    ),
    "study": (
        "Analysis",
        "analyse",
        "run_backtest",
    ),
    "plan_exports": (
        "calendar_text",
        "scheduled_visits",
        "write_schedule",
    ),
    "office_folder": (
        "describe_folder",
        "describe_written",
        "practice_folder",
        "tabulate_folder",
        "tabulate_written",
        "temporary_folder",
    ),
    "plan_study": (
        "PlanAnalysis",
        "PlanOptions",
        "plan_next",
        "rank_and_plan",
    ),
    "report.page": (
        "render_report",
        "write_report",
    ),
}
_HOME_OF = {name: home for home, names in _HOMES.items() for name in names}
__all__ = sorted(_HOME_OF)  # noqa: PLE0605 - the list of names has one source


def __getattr__(name: str) -> Any:
    home = _HOME_OF.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{home}"), name)


def __dir__() -> list[str]:
    return [*__all__]
