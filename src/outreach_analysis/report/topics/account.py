"""The account of the data: rows, faults, sources, assumptions, methods."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from operator import itemgetter

import pandas as pd
import plotly.graph_objects as go

from outreach_analysis.files import bundled_data
from outreach_analysis.intake.boundary_import import BoundaryImport
from outreach_analysis.intake.ledger import IntakeLedger
from outreach_analysis.report.figure import amounts_from_zero, apply_theme, bars, legend_below, plain, set_category_axis
from outreach_analysis.report.glossary import terms
from outreach_analysis.report.table import (
    Block,
    Column,
    Section,
    Table,
    Ways,
    as_table,
    folded,
    listed,
    numbers,
    paragraph,
    subheading,
    table_of,
)
from outreach_analysis.report.words import Language, Sentence, Words, fault_label, remedy_text
from outreach_analysis.settings import Settings
from outreach_analysis.study import Study

# --- What became of the rows, in one sentence each.


def describe_ledger(ledger: IntakeLedger, words: Words) -> str:
    """Share of the rows that could be used, how many wait for a decision, and the pop-ups that are lost."""
    rows = ledger.summary()
    if not rows["estimate"]["read"]:
        return ""
    told = {
        "read": words.number(rows["estimate"]["read"]),
        "share": words.percent(float(rows["share"]["matched"]), digits=1),
    }
    review = rows["estimate"]["review"]
    used = (
        words.say(
            "Of {read} rows read, {share} could be used as they stand; {review} wait for a decision on their place.",
            review=words.number(review),
            **told,
        )
        if review
        else words.say("Of {read} rows read, {share} could be used as they stand.", **told)
    )
    if ledger.unused_events.empty:
        return used
    lost = words.say(
        "Pop-ups that were held and cannot be used: {n} ({events}); `outreach check` says why.",
        n=words.number(len(ledger.unused_events)),
        events=words.listing(ledger.unused_events["event_id"].tolist()),
    )
    return f"{used} {lost}"


def describe_problems(ledger: IntakeLedger, words: Words) -> str:
    """How many kinds of problem were found in the rows, and the most frequent one."""
    found = ledger.by_reason()
    if found.empty:
        return words.say("No row has a problem.")
    return words.say(
        "{n} kinds of problem were found; the most frequent is: {problem} ({rows} rows).",
        n=words.number(found["reason"].nunique()),
        problem=fault_label(str(found["reason"].iloc[0]), words),
        rows=words.number(int(found["rows"].iloc[0])),
    )


def describe_headers(ledger: IntakeLedger, words: Words) -> str:
    """How many different headers the files have, and how many of them were used."""
    headers = ledger.columns_taken.drop_duplicates(["header", "column"])
    return words.say(
        "{used} of {all} different column headers were used; the others are ignored.",
        used=words.number(int((headers["how"] != "ignored").sum())),
        all=words.number(len(headers)),
    )


def describe_placed_share(placed_share: pd.Series, words: Words) -> str:
    """At how many pop-ups the kecamatan of every applicant is known, and the lowest share."""
    known = placed_share.dropna()
    if known.empty:
        return ""
    return words.say(
        "At {complete} of {all} pop-ups the kecamatan of every applicant is known; the lowest share is {lowest}.",
        complete=words.number(int((known == 1).sum())),
        all=words.number(len(known)),
        lowest=words.percent(float(known.min())),
    )


# --- What an office sees of its own files: remedies, places that wait for a decision, settings, boundaries.


_SUGGESTIONS = ("suggestion_1", "suggestion_2", "suggestion_3")


def tabulate_remedies(ledger: IntakeLedger, words: Words) -> Table:
    """Each kind of problem once, with what to do about it; `outreach check` names the rows."""
    say = words.say
    return table_of(
        say("Problems found, and what to do about each"),
        ledger.by_reason().groupby("reason", sort=False)["rows"].sum().items(),
        Column(say("Problem"), lambda kind: fault_label(kind[0], words)),
        numbers(say("Rows"), lambda kind: words.number(int(kind[1]))),
        Column(say("What to do"), lambda kind: remedy_text(kind[0], words)),
    )


def tabulate_review(waiting: pd.DataFrame, *, lang: Language = "id") -> Table:
    """Names of places that fit several areas, with these; what fits none may be an address and is not shown."""
    say = Words(lang).say
    return table_of(
        say("Places that wait for a decision"),
        waiting[waiting["suggestion_1"] != ""].to_dict("records"),
        Column(say("As it is written"), lambda row: str(row["text"])),
        Column(
            say("What it may be"), lambda row: "; ".join(_place_of(row[name]) for name in _SUGGESTIONS if row[name])
        ),
    )


def describe_review(waiting: pd.DataFrame, *, lang: Language = "id") -> Sentence:
    """How many places wait for a decision, and how many of them look like no area; parameters as above."""
    words = Words(lang)
    if waiting.empty:
        return Sentence(words.say("No place waits for a decision."))
    return Sentence(
        words.say(
            "Places that wait for a decision: {n}; {none} of them resemble no area at all.",
            n=words.number(len(waiting)),
            none=words.number(int((waiting["suggestion_1"] == "").sum())),
        )
    )


def describe_settings(settings: Settings, words: Words) -> str:
    """How many settings the office has set itself."""
    described = settings.describe()
    return words.say(
        "{own} of {all} settings differ from their default; the others hold until the office confirms or changes them.",
        own=words.number(sum(not row["is_default"] for row in described)),
        all=words.number(len(described)),
    )


def tabulate_boundaries(found: BoundaryImport, *, lang: Language = "id") -> Table:
    """What became of polygons that an office brings."""
    words = Words(lang)
    say = words.say
    joined = int((found.ledger["status"] == "joined").sum())
    counted = {
        say("polygons joined to an area"): joined,
        say("polygons that were not joined"): len(found.ledger) - joined,
        say("areas without a polygon"): len(found.missing),
        say("faults of the polygons"): len(found.faults),
    }
    return table_of(
        say("What became of the boundaries"),
        counted,
        Column(say("What"), str),
        numbers(say("Number"), lambda what: words.number(counted[what])),
    )


def describe_boundaries(found: BoundaryImport, *, lang: Language = "id") -> Sentence:
    """Whether the polygons may be used as they are; parameters as for `tabulate_boundaries`."""
    words = Words(lang)
    joined = int((found.ledger["status"] == "joined").sum())
    if joined == len(found.ledger) and found.missing.empty and found.faults.empty:
        return Sentence(
            words.say("All {n} polygons were joined to an area, and no fault was found.", n=words.number(joined))
        )
    return Sentence(
        words.say(
            "{joined} of {all} polygons were joined to an area; areas that have none: {missing}.",
            joined=words.number(joined),
            all=words.number(len(found.ledger)),
            missing=words.number(len(found.missing)),
        )
    )


def _place_of(suggestion: str) -> str:
    """The place of a suggestion, without the reason for it."""
    return suggestion.rpartition("): ")[0] + ")" if "): " in suggestion else suggestion


# --- What the reference data was made from, as its own records say.


AREAS_FILE, OTHER_NAMES = "areas.csv", "name_changes"
SOURCE_FIELDS = ("title", "source", "year", "licence")


def reference_sources(
    reference: str, *, own_files: Sequence[str] = (), other_names_used: bool = True, lang: Language = "en"
) -> list[dict[str, str]]:
    """Title, source, year and licence of each table that the areas were built from, by file name."""
    tables = sorted((bundled_data(f"reference/{reference}") / "sources").glob("*.toml"))
    if AREAS_FILE in own_files:
        tables = [path for path in tables if path.name.startswith(OTHER_NAMES) and other_names_used]
    if set(own_files) <= {AREAS_FILE}:  # without boundaries of the office
        tables.append(bundled_data("reference/indonesia") / "land.geojson.toml")
    described = [tomllib.loads(path.read_text(encoding="utf-8")) for path in tables]
    say = Words(lang).say
    own = [
        {"title": say("Areas or boundaries of the office"), "source": say("{file}, handed in", file=name)}
        for name in own_files
    ]
    return [
        *({"year": "", "licence": "", **entry} for entry in own),
        *({key: str(entry.get(f"{key}_{lang}", entry[key])) for key in SOURCE_FIELDS} for entry in described),
    ]


# --- Tables of what the figures rest on: the sources of the reference data, and the settings.


def tabulate_sources(
    reference: str, words: Words, *, own_files: Sequence[str] = (), other_names_used: bool = True
) -> Table:
    """What the areas were made from; parameters as for `reference_sources`."""
    say = words.say
    headers = (say("Title"), say("Source"), say("Year"), say("Licence"))
    return table_of(
        say("Sources of the reference data"),
        reference_sources(reference, own_files=own_files, other_names_used=other_names_used, lang=words.lang),
        *(Column(header, itemgetter(field)) for header, field in zip(headers, SOURCE_FIELDS, strict=True)),
    )


def tabulate_main_settings(settings: Settings, areas: pd.DataFrame, words: Words) -> Table:
    """The settings that a manager should confirm, in words; all of them stand in `tabulate_settings`."""
    say, number = words.say, words.number
    names = areas["parent_name"] if "parent_name" in areas else areas["parent_id"]
    values = {
        say("Working area"): words.listing(names[areas["in_jurisdiction"].astype(bool)].drop_duplicates().tolist()),
        say("Visit where more people than this are interested"): number(settings.interest_threshold_people),
        say("Interest counts for"): say("{n} days", n=number(settings.interest_expires_days)),
        say("Near a service point"): say(
            "within {threshold}", threshold=words.measure(settings.service_threshold, settings.travel_measure)
        ),
        say("Time over which need is counted"): say("{n} months", n=number(settings.window_months)),
        say("Not again at the same place for"): say("{n} months", n=number(settings.revisit_months)),
        say("Time to prepare a pop-up"): say("at least {n} days", n=number(settings.lead_days)),
        say("People expected on an event-day, where nothing is known"): say(
            "half of all below {median}, 90% between {low} and {high}",
            median=number(settings.prior_total_median),
            low=number(settings.prior_total_low),
            high=number(settings.prior_total_high),
        ),
        say("Capacity where a place names none"): say("{n} people a day", n=number(settings.popup_capacity)),
    }
    return table_of(
        say("Settings to confirm; outreach.toml holds all of them"),
        values,
        Column(say("Setting"), str),
        Column(say("Value"), values.__getitem__),
    )


def tabulate_settings(settings: Settings, words: Words) -> Table:
    """Every setting: its key in outreach.toml, value, unit and the reason for its default."""
    say, described = words.say, pd.DataFrame(settings.describe())
    return table_of(
        say("Settings used"),
        described[~described["key"].str.startswith(("columns", "files."))].itertuples(),
        Column(say("Setting"), lambda row: str(row.key)),
        Column(say("Value"), lambda row: setting_text(row.value)),
        Column(say("Unit"), lambda row: say(row.unit)),
        Column(say("Why"), lambda row: say(row.why)),
        code=(0, 1),
    )


def setting_text(value: object) -> str:
    """The value of a setting, as a table shows it."""
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "–"
    if hasattr(value, "items"):
        return "; ".join(f"{key}: {setting_text(item)}" for key, item in value.items()) or "–"
    return "–" if value is None else str(value) or "–"


# --- Sections that give account: every row read, the limits, the methods and the sources.


def data_section(analysis: Study, words: Words) -> Section:
    """What became of every row that was read."""
    say = words.say
    intro = say(
        "Every row that was read is in exactly one column: matched, for review, rejected, duplicate or skipped."
    )
    if analysis.ledger is not analysis.dataset.ledger:
        intro += " " + say("Rows that were used are people, and rounded like all numbers of people.")
    problems = tabulate_problems(analysis.ledger, words)
    return Section.of(
        "data",
        say("Data quality"),
        paragraph(intro),
        folded(say("Problems found in the rows ({n} kinds)", n=len(problems.rows)), as_table(problems, "plain")),
        folded(say("Every row read, file by file"), as_table(tabulate_ledger(analysis.ledger, words), "plain")),
    )


def methods_section(analysis: Study, words: Words) -> Section:
    """How each number was made, and where the reference data come from."""
    say, data = words.say, analysis.dataset
    sources = reference_sources(
        analysis.settings.reference,
        own_files=data.own_area_files,
        other_names_used=data.other_names_used,
        lang=words.lang,
    )
    return Section.of(
        "methods",
        say("Methods and sources"),
        listed(
            (
                say(
                    "Additional people: expected people of each kecamatan at the place on the proposed "
                    "day, capacity applied, less those whom earlier pop-ups have served and who do not "
                    "come again yet, those who would have come to the office within three months anyway, "
                    "and those who would go to a later announced pop-up; summed over the working area."
                ),
                say(
                    "Order: by additional people, counted by the stated weights where there are any. "
                    "Nearly as good are the fewest places that hold the best one in at least 95 of 100 "
                    "draws, and those that more draws could put first; of the latter the one with the "
                    "earliest day is recommended, then the one with the shortest way."
                ),
                say(
                    "Interest: a kecamatan or desa may be visited when more than the set number of people"
                    " there are interested; exactly that number is not enough."
                ),
                say("Coverage: residents of kecamatan whose population centre is within the distance, inclusive."),
            )
        ),
        subheading(say("Sources of the reference data")),
        listed(
            f"{at['title']}{at['year'] and ' (' + at['year'] + ')'}. {at['source']} {at['licence']}" for at in sources
        ),
    )


def terms_section(analysis: Study, words: Words) -> Section:
    """What the terms of the report mean; links lead here from where they first stand."""
    return Section.of(
        "terms",
        words.say("Terms"),
        paragraph(words.say("Words with a dotted line under them are explained here."), "source"),
        Block(kind="terms", content=terms(words, analysis.settings)),
    )


# --- Interactive charts: each takes a result and returns a plotly figure; none computes anything.


LEDGER_COLOURS = {
    "matched": "#1d91c0",
    "review": "#f0a202",
    "rejected": "#c2410c",
    "duplicate": "#7b6d8d",
    "skipped": "#c9c9c9",
}


def plot_ledger(ledger: IntakeLedger, words: Words) -> go.Figure:
    """Rows that were not simply used, by file and by what became of them; files without any are left out."""
    say = words.say
    apart = [column for column in LEDGER_COLOURS if column != "matched"]
    by_file = ledger.by_file.groupby("file", sort=False)[apart].sum()
    used = float(ledger.summary()["share"]["matched"])
    title = say("{share} of the rows could be used as they stand", share=words.percent(used, digits=1))
    shown = by_file[by_file.sum(axis=1) > 0]
    subtitle = say(
        "Rows set apart, by file; {n} of {all} files have none",
        n=words.number(len(by_file) - len(shown)),
        all=words.number(len(by_file)),
    )
    names, lists = row_states(words), list_names(ledger, words)
    figure = go.Figure()
    for column in (name for name in apart if shown[name].any()):
        told = [f"{plain(lists[str(file)])}<br>{names[column]}: {words.number(n)}" for file, n in shown[column].items()]
        looks = {"name": names[column], "marker": {"color": LEDGER_COLOURS[column]}}
        figure.add_trace(bars(shown[column].to_list(), told, **looks))
    if len(shown):
        set_category_axis(figure, [lists[str(file)] for file in shown.index])
        amounts_from_zero(figure, float(shown.sum(axis=1).max()), words)
    apply_theme(figure, title=title, subtitle=subtitle)
    return legend_below(figure).update_layout(barmode="stack", showlegend=True)


def list_names(ledger: IntakeLedger, words: Words) -> dict[str, str]:
    """What a report calls each file: a list by its place and its pop-ups, for its own name may be somebody's."""
    files = dict.fromkeys(map(str, ledger.by_file["file"]))
    lists = [file for file in files if "/" in file]
    named = {file: file for file in files}
    for number, file in enumerate(lists, start=1):
        ids = ledger.events_of_list.get(file, ())
        which = f" ({', '.join(ids[:_MOST_EVENTS])}{', …' if len(ids) > _MOST_EVENTS else ''})" if ids else ""
        named[file] = words.say("list {n}", n=words.number(number)) + which
    return named


_MOST_EVENTS = 3


def row_states(words: Words) -> dict[str, str]:
    """What may become of a row that was read, by column of the ledger."""
    return {
        "matched": words.say("Matched"),
        "review": words.say("For review"),
        "rejected": words.say("Rejected"),
        "duplicate": words.say("Duplicate"),
        "skipped": words.say("Skipped"),
    }


# --- Tables ready to be read: a result's rows in a language's words and numbers.


def tabulate_ledger(ledger: IntakeLedger, words: Words) -> Table:
    """Rows of each file by what became of them; every row read stands in one column."""
    names = {"read": words.say("Read"), **row_states(words)}
    by_file = ledger.by_file.groupby("file", sort=False)[list(names)].sum().rename(index=list_names(ledger, words))
    total = by_file.sum().to_frame(words.say("All files")).T

    def rows_that(state: str) -> Column:
        return numbers(names[state], lambda row: words.number(row[1][state]))

    return table_of(
        words.say("Every row read, file by file"),
        pd.concat([by_file, total]).iterrows(),
        Column(words.say("File"), lambda row: str(row[0])),
        *map(rows_that, names),
        strong=(*[False] * len(by_file), True),
    )


def tabulate_problems(ledger: IntakeLedger, words: Words) -> Table:
    """How many rows have each problem, and what became of them."""
    states = {**row_states(words), "warning": words.say("Warning")}
    return table_of(
        words.say("Problems found in the rows"),
        ledger.by_reason().itertuples(),
        Column(words.say("Problem"), lambda row: fault_label(row.reason, words)),
        Column(words.say("What became of the row"), lambda row: states[row.status]),
        numbers(words.say("Rows"), lambda row: words.number(row.rows)),
    )


def tabulate_headers(ledger: IntakeLedger, words: Words) -> Table:
    """Which column header of the files was taken for what, and in how many files and sheets it stands."""
    say = words.say
    how = {"ours": say("our own name"), "usual": say("usual wording"), "settings": say("from outreach.toml")}
    counted = ledger.columns_taken.groupby(["how", "column", "header"]).size().reset_index(name="files")
    counted = counted.assign(ignored=counted["how"] == "ignored").sort_values(
        ["ignored", "column", "files", "header"], ascending=[True, True, False, True]
    )
    return table_of(
        say("What each column header was taken for"),
        counted.itertuples(),
        Column(say("Header"), lambda row: row.header or "–"),
        Column(say("Our column"), lambda row: row.column or "–"),
        Column(say("How it was recognised"), lambda row: how.get(row.how, say("ignored"))),
        numbers(say("Files"), lambda row: words.number(row.files)),
        code=(0, 1),
    )


# --- The ways in which results show themselves here, by name.


VIEWS: Ways = {
    (Study, "tables"): {
        "settings": lambda r, s, words: tabulate_settings(s.settings, words),
        "main settings": lambda r, s, words: tabulate_main_settings(s.settings, s.areas, words),
        "sources": lambda r, s, words: tabulate_sources(
            s.settings.reference, words, own_files=s.dataset.own_area_files, other_names_used=s.dataset.other_names_used
        ),
    },
    (Study, "texts"): {
        "placed": lambda r, s, words: describe_placed_share(s.came["placed_share"], words),
        "settings": lambda r, s, words: describe_settings(s.settings, words),
    },
    (IntakeLedger, "tables"): {
        "rows": lambda r, s, words: tabulate_ledger(r, words),
        "problems": lambda r, s, words: tabulate_problems(r, words),
        "remedies": lambda r, s, words: tabulate_remedies(r, words),
        "headers": lambda r, s, words: tabulate_headers(r, words),
    },
    (IntakeLedger, "plots"): {"rows": lambda r, s, words: plot_ledger(r, words)},
    (IntakeLedger, "texts"): {
        "rows": lambda r, s, words: describe_ledger(r, words),
        "problems": lambda r, s, words: describe_problems(r, words),
        "headers": lambda r, s, words: describe_headers(r, words),
    },
}
