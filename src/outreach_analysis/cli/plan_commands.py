"""The commands that plan: several pop-ups together, their days, and what was decided."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import wraps
from inspect import Parameter, Signature, signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, get_type_hints

import typer

from outreach_analysis.cli.application import (
    DataOption,
    Format,
    FormatOption,
    InternalOption,
    LanguageOption,
    OnOption,
    OwnDataOption,
    PageLanguage,
    Progress,
    SeedOption,
    app,
    echo,
    print_note,
    print_rows,
    run,
    say,
    stop,
    studied,
    told,
    why_excluded,
    written_day,
)

if TYPE_CHECKING:
    import pandas as pd

    from outreach_analysis.decisions.plan_problem import Conflict
    from outreach_analysis.plan_study import PlanOptions
    from outreach_analysis.study import Study


RequestsOption = Annotated[
    bool,
    typer.Option(
        "--requests", help="Open letters of requests.csv are candidates too, each around its day. Default: own visits."
    ),
]


class PlanTable(StrEnum):
    """What `plan` prints."""

    PLACES = "places"
    HYPOTHESES = "hypotheses"
    FACTS = "facts"


def _title(table: PlanTable) -> str:
    return {
        PlanTable.PLACES: say("Places of the plan, the one that adds most first"),
        PlanTable.HYPOTHESES: say(
            "The plan by who would have come to the office anyway, and what it loses if another is true"
        ),
        PlanTable.FACTS: say("What the office could find out, the most valuable for the plan first"),
    }[table]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanArguments:
    """What is asked of a plan, as options of a command; None: as `PlanOptions` says."""

    events: Annotated[
        int | None,
        typer.Option(
            "--events", metavar="NUMBER", min=1, help="How many pop-ups. Default: plan.events of the settings."
        ),
    ] = None
    start: Annotated[
        datetime | None,
        typer.Option(
            "--from", metavar="YYYY-MM-DD", parser=written_day, help="First day. Default: popup.lead_days ahead."
        ),
    ] = None
    end: Annotated[
        datetime | None,
        typer.Option(
            "--to", metavar="YYYY-MM-DD", parser=written_day, help="Last day. Default: plan.months after the data end."
        ),
    ] = None
    require: Annotated[
        list[str] | None,
        typer.Option("--require", metavar="ID", help="Place to visit; may be given several times. Default: none."),
    ] = None
    forbid: Annotated[
        list[str] | None,
        typer.Option("--forbid", metavar="ID", help="Place not to visit; may be given several times. Default: none."),
    ] = None
    teams: Annotated[
        int | None,
        typer.Option("--teams", metavar="NUMBER", min=1, help="Teams at work. Default: plan.teams of the settings."),
    ] = None
    budget: Annotated[
        float | None,
        typer.Option("--budget", metavar="RUPIAH", min=0, help="Most that all new visits may cost. Default: no limit."),
    ] = None
    max_per_kabupaten: Annotated[
        int | None,
        typer.Option(
            "--max-per-kabupaten", metavar="NUMBER", min=1, help="Most new pop-ups in one kabupaten. Default: no limit."
        ),
    ] = None
    reach: Annotated[
        float | None,
        typer.Option(
            "--reach",
            metavar="PEOPLE",
            min=1,
            help="Additional people to reach, with as few pop-ups as that takes; not with --events. "
            "Default: not asked.",
        ),
    ] = None
    min_gap_days: Annotated[
        int | None,
        typer.Option(
            "--min-gap-days",
            metavar="DAYS",
            min=0,
            help="Days between two visits to one place. Default: plan.min_gap_days of the settings.",
        ),
    ] = None

    def options(self) -> PlanOptions:
        """The request; options that contradict each other end the command."""
        from outreach_analysis.plan_study import PlanOptions

        if self.start is not None and self.end is not None and self.end < self.start:
            stop(say("--to {end} lies before --from {start}", end=self.end.date(), start=self.start.date()), code=2)
        if self.events is not None and self.reach is not None:
            stop(say("give either --events or --reach, not both: --reach finds the number of pop-ups"), code=2)
        return PlanOptions(
            n_events=self.events,
            start=None if self.start is None else self.start.date(),
            end=None if self.end is None else self.end.date(),
            required=tuple(self.require or ()),
            forbidden=tuple(self.forbid or ()),
            teams=self.teams,
            budget=self.budget,
            max_per_kabupaten=self.max_per_kabupaten,
            reach=self.reach,
            min_gap_days=self.min_gap_days,
        )


def takes_plan_arguments(command: Callable[..., None]) -> Callable[..., None]:
    """The options of `PlanArguments` on a command that takes them together as `asked`."""
    hints = get_type_hints(command, include_extras=True)
    options = get_type_hints(PlanArguments, include_extras=True)
    parameters: list[Parameter] = []
    for parameter in signature(command).parameters.values():
        if parameter.name == "asked":
            parameters += [Parameter(n, Parameter.KEYWORD_ONLY, default=None, annotation=options[n]) for n in options]
        else:
            parameters.append(parameter.replace(annotation=hints[parameter.name]))

    @wraps(command)
    def called(**given: Any) -> None:
        command(asked=PlanArguments(**{name: given.pop(name) for name in options}), **given)

    called.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    called.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return called


@app.command(
    short_help="Plan several pop-ups together",
    epilog="Example: outreach plan --events 4 --from 2026-12-06 --to 2027-02-28",
)
@takes_plan_arguments
def plan(
    *,
    data: DataOption = None,
    asked: PlanArguments,
    table: Annotated[
        PlanTable,
        typer.Option(
            "--table",
            metavar="places|hypotheses|facts",
            help="The places; the plan by who would have come to the office anyway; or what is worth finding out.",
        ),
    ] = PlanTable.PLACES,
    requests: RequestsOption = False,
    format: FormatOption = Format.TABLE,
    internal: InternalOption = False,
    seed: SeedOption = 1,
) -> None:
    """Plan several pop-ups together: the places that reach most people, each on its day."""
    options = asked.options()
    analysis = _planned(data, options, requests=requests, internal=internal, seed=seed)

    from outreach_analysis.plan_exports import facts_rows, hypotheses_rows, plan_rows
    from outreach_analysis.report.topics.plan import people_fewer
    from outreach_analysis.report.words import Words

    published, spread = analysis.planning.plan, analysis.planning.spread
    if table is PlanTable.PLACES:
        print_rows(plan_rows(analysis), format, title=_title(table), table=_plan_table)
    elif table is PlanTable.HYPOTHESES:
        print_rows(hypotheses_rows(analysis), format, title=_title(table), table=_hypotheses_table)
    else:
        print_rows(facts_rows(analysis), format, title=_title(table))
    note = say(
        "{n} pop-ups add about {reach} people (90% range {low} to {high}); best of the plans on average (gap {gap}); "
        "best in {best} of 100 draws; as of {day}",
        n=len(published.sites),
        reach=f"{published.expected_reach:.0f}",
        low=f"{published.ci_low:.0f}",
        high=f"{published.ci_high:.0f}",
        gap=Words("id" if run.lang == "id" else "en").percent(published.gap, digits=1),
        best=f"{100 * published.p_best:.0f}",
        day=analysis.as_of,
    )
    if spread is not None:
        fewer = people_fewer(published.expected_reach, spread.expected_reach)
        sites = ", ".join(spread.sites)
        note += "; " + say("with one pop-up a kabupaten ({sites}) about {n} fewer", sites=sites, n=fewer)
    if options.reach is not None and published.expected_reach < options.reach:
        n = f"{options.reach:.0f}"
        note += "; " + say("{n} cannot be reached with the pop-ups that places and period allow", n=n)
    print_note(note, analysis.settings, internal=internal)


@app.command(
    short_help="Give every pop-up of the plan a day and a team",
    epilog="Example: outreach schedule --events 4 --out jadwal.ics",
)
@takes_plan_arguments
def schedule(
    *,
    data: DataOption = None,
    asked: PlanArguments,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FILE", help="File to write instead of printing: .ics, .xlsx or .csv. Default: none."
        ),
    ] = None,
    requests: RequestsOption = False,
    lang: LanguageOption = PageLanguage.ID,
    format: FormatOption = Format.TABLE,
    internal: InternalOption = False,
    seed: SeedOption = 1,
) -> None:
    """Give every pop-up of the plan a day and a team; write it as a calendar or workbook with --out."""
    if out is not None and out.suffix.casefold() not in (".ics", ".xlsx", ".csv"):
        stop(say("{file}: a schedule is written as .ics, .xlsx or .csv", file=out.name), code=2)
    analysis = _planned(data, asked.options(), requests=requests, internal=internal, seed=seed)

    from outreach_analysis.plan_exports import schedule_rows, write_schedule

    if out is None:
        print_rows(schedule_rows(analysis), format, title=say("Pop-ups by day"), table=_schedule_table)
    else:
        write_schedule(out, analysis, lang=lang.value)
        echo(told(out))
    published = analysis.planning
    span = {"start": published.start, "end": published.end, "n": published.schedule.workdays}
    print_note(say("days from {start} to {end}, {n} on workdays", **span), analysis.settings, internal=internal)


@app.command(
    short_help="Answer the letters that ask for a pop-up",
    epilog="Example: outreach requests --data my-office --budget 12000000 --format csv",
)
@takes_plan_arguments
def requests(
    *,
    data: DataOption = None,
    asked: PlanArguments,
    lang: LanguageOption = PageLanguage.ID,
    format: FormatOption = Format.TABLE,
    internal: InternalOption = False,
    seed: SeedOption = 1,
) -> None:
    """Draft an answer to every open letter of requests.csv: what each would bring and add, the minimum it meets, and
    which of them and of the office's own visits fit teams, days and budget together."""
    with Progress() as progress:
        analysis = studied(data, "requests", internal=internal, seed=seed, progress=progress, options=asked.options())

    from outreach_analysis.plan_exports import requests_rows

    title = say("Letters that wait for an answer, the one that adds most first")
    print_rows(requests_rows(analysis, lang=lang.value), format, title=title, table=_requests_table)
    found = analysis.requests
    note = say("no letter waits for an answer")
    if found is not None:
        visits = [f"{visit.day:%Y-%m-%d} {visit.name}" for visit in found.visits.itertuples()]
        note = say(
            "{n} pop-ups add about {reach} people (90% range {low} to {high}): {visits}; as of {day}",
            n=len(visits),
            reach=f"{found.additional:.0f}",
            low=f"{found.additional_low:.0f}",
            high=f"{found.additional_high:.0f}",
            visits="; ".join(visits) or say("none"),
            day=analysis.as_of,
        )
        if found.budget is not None:
            note += f"; Rp {found.cost:,.0f} of {found.budget:,.0f}"
    print_note(note, analysis.settings, internal=internal)


@app.command(
    short_help="Record which place was chosen, and why",
    epilog='Example: outreach decide S15 --reason "the camat has a hall ready" --data my-office',
)
def decide(
    *,
    site: Annotated[str, typer.Argument(help="Id of the place that was chosen, as in sites.csv or `outreach rank`.")],
    data: OwnDataOption,
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why this place. Write no names or numbers of people.")
    ],
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="Who decided. Default: nobody is named.")] = "",
    on: OnOption = None,
    seed: SeedOption = 1,
) -> None:
    """Record which place was chosen, why, and against which ranking; the report then shows what changed since."""
    with Progress() as progress:
        from outreach_analysis.office_logs import record_decision
        from outreach_analysis.plan_study import unknown_place

        analysis = studied(data, "ranking", internal=False, seed=seed, progress=progress)
    ranking = analysis.ranking
    candidates = [str(place) for place in analysis.incremental.site_ids]
    if site not in candidates:
        stop(unknown_place(site, candidates, analysis.sites), code=2)
    path = record_decision(
        data,
        ranking,
        site,
        reason=reason,
        decided_by=by,
        decided_on=on.date() if on else None,
        rounding_base=analysis.rounding_base,
        seed=seed,
    )
    echo(f"{told(path)}: " + say("{site} ({name}) chosen", site=site, name=analysis.sites["name"][site]))
    if site in ranking.excluded.index:
        echo(say("note: a rule keeps this place out: {reason}", reason=why_excluded(ranking, site)), err=True)
    elif site != ranking.recommended:
        rank, best = ranking.by_site["rank"][site], ranking.recommended
        echo(say("note: it is at rank {rank}; {site} was recommended", rank=rank, site=best), err=True)


def _planned(data: Path | None, options: PlanOptions, *, requests: bool, internal: bool, seed: int) -> Study:
    """The chain with a plan as asked; a plan or schedule that cannot be ends the command with what is in the way."""
    with Progress() as progress:
        analysis = studied(
            *(data, "ranking", "planning"),
            internal=internal,
            seed=seed,
            progress=progress,
            options=options,
            requests=requests,
        )
    if "infeasible" in (analysis.planning.plan.status, analysis.planning.schedule.status):
        _refuse(analysis)
    return analysis


def _refuse(analysis: Study) -> NoReturn:
    """Name every constraint that is in the way, and which rule keeps a place out that was asked for."""
    planned, excluded = analysis.planning, analysis.ranking.excluded
    is_plan = planned.plan.status == "infeasible"
    problems = planned.schedule.conflicts or planned.plan.conflicts
    first = say("no plan meets the request") if is_plan else say("no schedule meets the request")
    kept_out = [site for site in planned.plan.required if site in excluded.index]
    # a place that a rule keeps out is forbidden to the plan; the rule says more than that
    by_rule = [one.code == "required_and_forbidden" and {*one.places} <= {*kept_out} for one in problems]
    told = [one for one, ruled_out in zip(problems, by_rule, strict=True) if not ruled_out]
    lines = [f"{first}:", *(f"  {_conflict_words(conflict, analysis)}" for conflict in told)]
    lines += [
        "  " + say("a rule keeps {site} out: {reason}", site=site, reason=why_excluded(analysis.ranking, site))
        for site in kept_out
    ]
    # ids of places beside each other look like a number of a person; what may be one is no id, and names are masked
    stop("\n".join(lines), code=2, masked=True)


def _conflict_words(conflict: Conflict, analysis: Study) -> str:
    if run.lang == "en":
        return str(conflict)
    from outreach_analysis.report.topics.plan import conflict_text
    from outreach_analysis.report.words import Words

    return conflict_text(conflict, analysis.sites["name"], Words("id"))


def _with_ranges(rows: pd.DataFrame, *names: str) -> pd.DataFrame:
    """Rows with numbers and their ranges in one cell."""
    from outreach_analysis.exports import with_range

    return rows.assign(**{name: with_range(rows, name, f"{name}_low", f"{name}_high") for name in names})


def _plan_table(rows: pd.DataFrame) -> pd.DataFrame:
    hours, rupiah = (rows["team_minutes"] / 60).round(1), rows["cost_rupiah"].astype("Int64")
    published = _with_ranges(rows, "additional", "people").assign(hours=hours, cost_rupiah=rupiah)
    return published[["site_id", "name", "days", "additional", "people", "hours", "cost_rupiah"]]


def _hypotheses_table(rows: pd.DataFrame) -> pd.DataFrame:
    published = _with_ranges(rows, "additional").assign(
        probability=rows["probability"].map(lambda p: "<1%" if 0 < p < 0.005 else f"{p:.0%}", na_action="ignore")
    )
    return published.drop(columns=["additional_low", "additional_high"]).rename(
        columns=lambda n: n.removeprefix("lost_if_")
    )


def _requests_table(rows: pd.DataFrame) -> pd.DataFrame:
    published = _with_ranges(rows, "additional", "people").assign(asked=rows["asked"].astype("Int64"))
    return published[["number", "name", "asked", "people", "additional", "meets", "text"]]


def _schedule_table(rows: pd.DataFrame) -> pd.DataFrame:
    return _with_ranges(rows, "people").assign(
        additional=rows["additional"].round(0).astype("Int64"),
        why=rows["day_reason"].where(rows["day_reason"] != "", rows["day_kind"]),
        hours=(rows["team_minutes"] / 60).round(1),
    )[["day", "why", "team", "site_id", "name", "people", "additional", "hours"]]
