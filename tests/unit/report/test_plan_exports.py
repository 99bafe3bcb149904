"""Plans for other programs: stable columns, numbers that agree with the plan, and files that are safe to open."""

import openpyxl
import pandas as pd
import pytest

from outreach_analysis.exports import ranking_rows, ranking_table, with_range
from outreach_analysis.plan_exports import (
    FACTS_COLUMNS,
    HYPOTHESES_COLUMNS,
    PLAN_COLUMNS,
    SCHEDULE_COLUMNS,
    facts_rows,
    hypotheses_rows,
    plan_rows,
    schedule_rows,
    workbook_frames,
    write_schedule,
)
from outreach_analysis.plan_study import PlanOptions
from outreach_analysis.report.words import Words

HEADER = 4
"""Rows above the headings of a sheet: its title, the office and its data, that the people are invented, a blank."""


@pytest.fixture(scope="session")
def safe_name(planned, plan_again):
    """The plan with the place whose name could be a formula in it."""
    ranking, published = plan_again(options=PlanOptions(n_events=4, required=("BADAK",)))
    return planned.given(ranking=ranking, planning=published)


def test_rows_of_the_plan_are_those_of_the_result(planned):
    rows = plan_rows(planned)
    plan = planned.planning.plan
    assert tuple(rows.columns) == PLAN_COLUMNS
    assert tuple(rows["site_id"]) == plan.sites
    assert rows["additional"].tolist() == pytest.approx(plan.by_site["contribution"].tolist(), abs=0.06)
    assert (rows["additional_low"] <= rows["additional"]).all()
    assert (rows["additional"] <= rows["additional_high"]).all()
    assert rows["order"].tolist() == [1, 2, 3]
    days = planned.planning.schedule.events.set_index("site_id")["day"].dt.strftime("%Y-%m-%d")
    assert rows.set_index("site_id")["days"].to_dict() == days.to_dict()


def test_rows_of_the_schedule_are_by_day(planned):
    rows = schedule_rows(planned)
    assert tuple(rows.columns) == SCHEDULE_COLUMNS
    assert rows["day"].is_monotonic_increasing
    people = planned.ranking.by_site.loc[rows["site_id"], "people"].round(0)
    assert rows["people"].tolist() == people.tolist()
    costs = planned.sites["cost"].reindex(rows["site_id"])
    pd.testing.assert_series_equal(rows["cost_rupiah"], costs.reset_index(drop=True), check_names=False)


def test_a_workbook_opens_with_days_numbers_and_no_formula(safe_name, tmp_path):
    write_schedule(tmp_path / "jadwal.xlsx", safe_name, lang="en")
    sheets = pd.read_excel(tmp_path / "jadwal.xlsx", sheet_name=None, engine="calamine", header=HEADER)
    assert list(sheets) == ["Schedule", "Plan", "Other plans", "Number of pop-ups", "Notes"]
    schedule = sheets["Schedule"]
    assert schedule["Day"].dtype.kind == "M"
    assert schedule["People expected"].dtype.kind in "if"
    assert not schedule["Place"].str.match(r"[=+\-@]").any()
    assert "Balai Badak, lantai 2; timur" in schedule["Place"].tolist()
    assert sheets["Notes"]["Note"].iloc[0].startswith("SAMPLE DATA (SYNTHETIC)")


@pytest.mark.parametrize("lang", ["id", "en"])
def test_every_sheet_can_be_read_and_printed_alone(planned, tmp_path, lang):
    """What the file itself holds, opened by another program than the one that wrote it."""
    write_schedule(tmp_path / "jadwal.xlsx", planned, lang=lang)
    book = openpyxl.load_workbook(tmp_path / "jadwal.xlsx")
    words = Words(lang)
    for sheet in book:
        assert sheet["A1"].value == sheet.title
        assert sheet["A1"].font.bold
        assert planned.settings.office_name in sheet["A2"].value
        assert sheet["A3"].value == words.say("SAMPLE DATA (SYNTHETIC): all people in it are invented")
        assert sheet.freeze_panes == "A6"
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
        assert sheet.sheet_properties.pageSetUpPr.fitToPage
        assert sheet.page_setup.fitToHeight == 0
        assert sheet.print_title_rows == "$5:$5"
        assert words.say("SAMPLE DATA (SYNTHETIC): all people in it are invented") in sheet.oddFooter.left.text
        widths = [column.width for column in sheet.column_dimensions.values()]
        assert all(3 <= width <= 36.8 for width in widths)
    plan = book[words.say("Plan")]
    heads = [cell.value for cell in plan[5]]
    shown = {head: plan.cell(row=6, column=at).number_format for at, head in enumerate(heads, start=1)}
    assert shown[words.say("Additional people")] == "#,##0.0"
    assert shown[words.say("Cost of a visit (rupiah)")] == '"Rp"#,##0'
    for name in ("Schedule", "Plan"):
        sheet = book[words.say(name)]
        last = {head.value: cell.value for head, cell in zip(sheet[5], sheet[sheet.max_row], strict=True)}
        assert last[words.say("Place")] == words.say("Together")
        assert last[words.say("Additional people")] == pytest.approx(planned.planning.plan.expected_reach, abs=0.05)
    assert book[words.say("Schedule")]["A6"].number_format == "dd/mm/yyyy"


def test_headings_of_the_workbook_are_those_of_a_language_and_hold_no_code(planned):
    """Whatever the sheet, no heading is the name of a column for programs."""
    codes = {*PLAN_COLUMNS, *SCHEDULE_COLUMNS, "takes_in", "leaves_out", "share_of_best", "sites", "added"}
    english, indonesian = (workbook_frames(planned, lang=lang) for lang in ("en", "id"))
    for mine, theirs in zip(english.values(), indonesian.values(), strict=True):
        assert not {*mine.columns, *theirs.columns} & codes
        assert len(set(theirs.columns)) == len(theirs.columns)
        pd.testing.assert_frame_equal(
            mine.set_axis(range(mine.shape[1]), axis=1).select_dtypes("number"),
            theirs.set_axis(range(theirs.shape[1]), axis=1).select_dtypes("number"),
        )
    assert {"Tanggal", "Lokasi", "Pemohon tambahan"} <= set(indonesian["Jadwal"].columns)


def test_the_last_row_of_the_plan_is_what_its_places_bring_together(planned):
    plan = planned.planning.plan
    *places, together = workbook_frames(planned, lang="en")["Plan"]["Additional people"]
    assert together == pytest.approx(plan.expected_reach, abs=0.05)
    assert together >= sum(places) - 0.2
    assert workbook_frames(planned, lang="en")["Plan"]["Cost of a visit (rupiah)"].isna().iloc[-1]


def test_every_kind_of_file_is_written_whole_and_the_same(planned, tmp_path):
    for kind in ("ics", "xlsx", "csv"):
        first, second = tmp_path / f"a.{kind}", tmp_path / f"b.{kind}"
        write_schedule(first, planned)
        write_schedule(second, planned)
        assert first.read_bytes() == second.read_bytes()
    assert b"DATA CONTOH" in (tmp_path / "a.ics").read_bytes()
    assert pd.read_csv(tmp_path / "a.csv", encoding="utf-8-sig").columns.tolist() == list(SCHEDULE_COLUMNS)
    with pytest.raises(ValueError, match=r"jadwal\.pdf"):
        write_schedule(tmp_path / "jadwal.pdf", planned)


def test_a_schedule_that_cannot_be_writes_nothing(planned, plan_again, tmp_path):
    ranking, published = plan_again(options=PlanOptions(n_events=99))
    with pytest.raises(ValueError, match="99 events need more visits"):
        write_schedule(tmp_path / "a.ics", planned.given(ranking=ranking, planning=published))
    assert list(tmp_path.iterdir()) == []


def test_an_infeasible_plan_has_rows_of_nothing(planned, plan_again):
    ranking, published = plan_again(options=PlanOptions(n_events=99))
    none = planned.given(ranking=ranking, planning=published)
    assert plan_rows(none).empty
    assert schedule_rows(none).empty
    assert all(len(frame) == 0 for name, frame in workbook_frames(none).items() if name != "Catatan")


def test_internal_numbers_are_marked(planned):
    notes = workbook_frames(planned.given(rounding_base=1), lang="en")["Notes"]["Note"]
    assert "INTERNAL: exact numbers, not for publication" in notes.tolist()


def test_the_ranking_for_people_has_eight_columns(planned):
    table = ranking_table(ranking_rows(planned.ranking))
    assert table.shape[1] == 8
    assert table["note"].iloc[list(planned.ranking.by_site.index).index(planned.ranking.recommended)] == "proposed"
    first = planned.ranking.by_site.iloc[0]
    assert table["best (costs)"][0] == f"{100 * first['p_best']:.0f}% (0.0)"
    assert table["additional"][0] == f"{first['increment']:.0f} ({first['ci_low']:.0f}-{first['ci_high']:.0f})"


def test_a_number_that_is_not_known_is_blank():
    rows = pd.DataFrame({"n": [float("nan"), 3.4], "low": [1.0, 1.0], "high": [2.0, 9.6]})
    assert with_range(rows, "n", "low", "high").tolist() == ["", "3 (1-10)"]


def test_the_account_adds_up_as_it_is_printed(planned):
    rows = ranking_rows(planned.ranking)
    parts = rows["increment"] + rows["office_anyway"] + rows["gone_later"] + rows["outside"]
    assert (parts - rows["people"]).abs().max() < 1e-9
    exact = planned.ranking.by_site.set_index(rows.index)
    for name in ("increment", "office_anyway", "gone_earlier", "gone_later", "outside", "costs_on_average"):
        assert (rows[name] - exact[name]).abs().max() <= 0.25, name
    assert rows["p_best"].sum() == pytest.approx(1, abs=0.01)


def test_without_office_figures_their_hypothesis_is_blank(planned, plan_again):
    ranking, published = plan_again(options=PlanOptions(n_events=9))
    nothing_planned = planned.given(ranking=ranking, planning=published)
    rows = hypotheses_rows(planned)
    assert tuple(rows.columns) == HYPOTHESES_COLUMNS
    assert rows["lost_if_office_share"].isna().all()
    assert rows.drop(columns=["lost_if_office_share", "probability"]).notna().all(axis=None)
    assert facts_rows(planned)["name"].ne("").any()
    for rows_of, columns in ((hypotheses_rows, HYPOTHESES_COLUMNS), (facts_rows, FACTS_COLUMNS)):
        assert rows_of(nothing_planned).empty
        assert tuple(rows_of(nothing_planned).columns) == columns
