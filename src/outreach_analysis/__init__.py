"""Where should the passport office's next pop-up go, and how sure are we?

The public names, each loaded on first use, so that importing the package stays fast.
"""

import importlib
from typing import Any

_HOMES = {
    "settings": ("Settings",),
    "bundled": ("bundled_data",),
    "contracts": ("ContractError",),
    "geography.areas": ("load_aliases", "load_areas"),
    "geography.boundaries": ("indicative_cells",),
    "geography.service_days": ("service_days",),
    "geography.detour": ("DetourResult", "calibrate_detours"),
    "geography.travel": ("TravelServerWarning", "travel_costs"),
    "geography.travel_nearby": ("nearby_travel_costs",),
    "geography.travel_server": ("ServerTravel", "ask_travel_server"),
    "geography.web_request": ("TravelServerError",),
    "intake.boundary_import": ("BoundaryImport", "import_boundaries"),
    "intake.counting_frames": ("CountedApplicants", "count_applicants"),
    "intake.counting_sources": ("open_applicants",),
    "intake.dataset": ("Dataset", "load_sample", "read_dataset"),
    "intake.ledger": ("IntakeLedger",),
    "intake.origins": ("resolve_origins",),
    "measures.accessibility": ("AccessibilityResult", "accessibility", "e2sfca_zones", "service_capacity"),
    "measures.attendance": ("people_by_event", "placed_share_by_event", "rounded_ledger"),
    "measures.audience": ("AudienceResult", "audience"),
    "measures.catchment": ("CatchmentResult", "catchment"),
    "measures.coverage": (
        "CoverageResult",
        "coverage",
        "coverage_at_thresholds",
        "incremental_coverage",
        "service_points_on",
    ),
    "measures.interest": ("InterestResult", "add_interest_candidates", "interest_evidence"),
    "measures.series": ("SeriesResult", "compare_series"),
    "measures.uptake": ("UptakeResult", "electronic_uptake"),
    "measures.working_days": ("WorkingDaysResult", "working_days"),
    "models.impact": ("ImpactResult", "estimate_impact"),
    "measures.need": ("NeedResult", "unmet_need"),
    "measures.reach": ("ReachResult", "reach_rate"),
    "measures.suppression": ("SuppressedTable", "SuppressionError", "suppress_small"),
    "models.prior": ("TurnoutPrior",),
    "models.backtest": ("BacktestResult", "backtest"),
    "models.turnout": ("Forecast", "TurnoutResult", "fit_turnout", "prior_turnout"),
    "decisions.increment": ("IncrementalAttendance", "incremental_attendance"),
    "decisions.ranking": ("RankingResult", "rank_sites"),
    "decisions.classical": ("solve_lscp", "solve_mclp", "solve_p_center", "solve_p_median"),
    "decisions.planning": ("plan_popups",),
    "decisions.plan_result": ("PlanResult",),
    "decisions.schedule": ("ScheduleResult", "schedule_popups"),
    "decisions.weights": ("DecisionWeights",),
    "decisions.stated_weights": ("stated_weights", "worst_served_areas"),
    "decisions.equity": ("EquityResult", "gini", "lorenz", "plan_equity"),
    "decisions.fairness": ("FairnessResult", "fairness_plans"),
    "decisions.sensitivity": ("SensitivityResult", "weight_sensitivity"),
    "decisions.changes": ("Decision", "RankingChanges", "changes_since"),
    "presentation.charts": ("plot_catchment", "plot_ledger", "plot_ranking"),
    "presentation.describe_accessibility": ("describe_accessibility",),
    "presentation.describe_decisions": (
        "describe_day",
        "describe_excluded",
        "describe_limits",
        "describe_next_place",
        "describe_order",
    ),
    "presentation.charts_of_plans": ("plot_lorenz", "plot_plan_curve"),
    "presentation.describe_plans": (
        "describe_changes",
        "describe_equity",
        "describe_fairness",
        "describe_far_places",
        "describe_plan",
        "describe_plan_curve",
        "describe_sensitivity",
    ),
    "presentation.describe_intake": (
        "describe_headers",
        "describe_ledger",
        "describe_placed_share",
        "describe_problems",
    ),
    "presentation.describe_measures": (
        "describe_catchment",
        "describe_coverage",
        "describe_events",
        "describe_extremes",
        "describe_interest",
        "describe_need",
        "describe_reach",
        "describe_thresholds",
    ),
    "presentation.describe_turnout": ("describe_backtest", "describe_decay", "describe_forecast", "describe_turnout"),
    "presentation.maps": ("plot_accessibility", "plot_coverage", "plot_need", "plot_next_places", "plot_reach"),
    "presentation.notebook": ("answer_box", "use_offline_plotly"),
    "presentation.tables": (
        "tabulate_coverage",
        "tabulate_events",
        "tabulate_excluded",
        "tabulate_free_days",
        "tabulate_headers",
        "tabulate_ledger",
        "tabulate_problems",
        "tabulate_ranking",
        "tabulate_reach",
        "tabulate_scheduled",
    ),
    "presentation.tables_of_turnout": (
        "judged_events",
        "plot_backtest",
        "plot_decay_curve",
        "tabulate_backtest",
        "tabulate_forecast",
        "tabulate_turnout",
    ),
    "presentation.tables_of_plans": (
        "tabulate_alternatives",
        "tabulate_changes",
        "tabulate_fairness",
        "tabulate_fifths",
        "tabulate_plan",
        "tabulate_plan_curve",
        "tabulate_schedule",
        "tabulate_sensitivity",
    ),
    "presentation.tables_of_assumptions": ("tabulate_main_settings", "tabulate_settings", "tabulate_sources"),
    "reporting.analysis": ("Analysis", "analyse", "judge_past_events"),
    "reporting.calendar_file": ("calendar_text",),
    "reporting.decision_log": ("last_decision", "record_decision"),
    "reporting.plan_analysis": ("PlanAnalysis", "plan_next", "rank_and_plan"),
    "reporting.plan_exports": ("scheduled_visits", "write_schedule"),
    "reporting.plan_request": ("PlanOptions",),
    "reporting.report": ("render_report", "write_report"),
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
