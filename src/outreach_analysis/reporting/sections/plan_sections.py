"""The section on the plan: places together, their days, other plans, how many are worth it, fairness and weights."""

from __future__ import annotations

from typing import Any

from outreach_analysis.presentation import describe_plans, tables_of_plans
from outreach_analysis.presentation.charts_of_plans import curve_subtitle, curve_title, lorenz_title
from outreach_analysis.presentation.svg_curves import lorenz_curve, reach_curve
from outreach_analysis.presentation.wording.words import Words
from outreach_analysis.reporting.analysis import Analysis
from outreach_analysis.reporting.sections.section import Section


def plan_section(analysis: Analysis, words: Words) -> Section:
    """The next pop-ups together, and what speaks for and against them."""
    planned, ranking, sites, lang = analysis.planned, analysis.ranking, analysis.sites, words.lang
    plan, schedule, equity = planned.plan, planned.schedule, planned.equity
    curve = reach_curve(planned.longer, words)
    view: dict[str, Any] = {
        "fewer": words.say("No more pop-ups are planned: no other place may be visited in the period.")
        if planned.is_cut
        else "",
        "told": describe_plans.describe_plan(plan, schedule, ranking, sites, spread=planned.spread, lang=lang),
        "days": tables_of_plans.tabulate_schedule(schedule, plan, ranking, sites, lang=lang),
        "places": tables_of_plans.tabulate_plan(plan, ranking, sites, lang=lang),
        "period": words.say(
            "Days from {start} to {end}. Places that a rule keeps out today are not planned.",
            start=words.date(planned.start),
            end=words.date(planned.end),
        ),
        "far": describe_plans.describe_far_sites(schedule, ranking, planned.basis.minutes, lang=lang),
        "alternatives": tables_of_plans.tabulate_alternatives(plan, sites, lang=lang),
        "hypotheses": None
        if analysis.hypotheses is None
        else tables_of_plans.tabulate_hypotheses(analysis.hypotheses, sites, lang=lang),
        "hypotheses_told": describe_plans.describe_hypotheses(
            analysis.hypotheses, sites, analysis.dataset.areas, lang=lang
        ),
        "curve": curve,
        "curve_title": curve_title(planned.longer, words) if curve else "",
        "curve_subtitle": curve_subtitle(planned.longer, words) if curve else "",
        "worth": describe_plans.describe_plan_curve(planned.longer, lang=lang),
        "sizes": tables_of_plans.tabulate_plan_curve(planned.longer, sites, lang=lang),
        "fair": tables_of_plans.tabulate_fairness(planned.fairness, sites, lang=lang),
        "fair_told": describe_plans.describe_fairness(planned.fairness, sites, lang=lang),
        "fifths": None if equity is None else tables_of_plans.tabulate_quintiles(equity, lang=lang),
        "equity_told": "" if equity is None else describe_plans.describe_equity(equity, lang=lang),
        "lorenz": None if equity is None else lorenz_curve(equity, words),
        "lorenz_title": "" if equity is None else lorenz_title(equity, words),
        "weights": tables_of_plans.tabulate_sensitivity(planned.sensitivity, lang=lang),
        "weights_told": describe_plans.describe_sensitivity(planned.sensitivity, ranking, lang=lang),
        "moved": None
        if analysis.changes is None or analysis.changes.by_site.empty
        else tables_of_plans.tabulate_changes(analysis.changes, ranking, lang=lang),
    }
    return Section(name="plan", heading=words.say("Plan of the next pop-ups"), contents=words.say("Plan"), view=view)
