import dataclasses

import numpy as np
import pandas as pd
import pytest
from panels import PANEL_TRUTH, PanelDraw, PanelWorld, draw_panel

from outreach_analysis.models.impact import PLACEBO_LEVEL, ImpactQuestion, ImpactResult, estimate_impact
from outreach_analysis.models.impact_panel import changed_areas
from outreach_analysis.settings import Settings


@pytest.fixture(scope="module")
def world() -> PanelWorld:
    return PanelWorld.of_reference()


@pytest.fixture(scope="module")
def drawn(world: PanelWorld) -> PanelDraw:
    return draw_panel(world, n_events=24, truth=PANEL_TRUTH.replace(displacement=0.4), rng=np.random.default_rng(11))


def estimate(
    world: PanelWorld, drawn: PanelDraw, *, settings: Settings | None = None, n_redraws: int = 99, **changes: object
) -> ImpactResult:
    tables = {
        "office_monthly": drawn.office_monthly,
        "counts": drawn.counts,
        "events": drawn.events,
        "sites": world.sites,
        "areas": world.areas,
        "costs": world.costs,
    }
    tables |= changes
    tables["counts"] = tables["counts"][tables["counts"]["event_id"].isin(tables["events"].index)]
    question = ImpactQuestion(settings=settings or Settings(), n_redraws=n_redraws)
    return estimate_impact(**tables, question=question, rng=np.random.default_rng(1))


def test_a_planted_share_is_found_and_no_input_is_changed(world: PanelWorld, drawn: PanelDraw) -> None:
    before = drawn.office_monthly.copy(), drawn.counts.copy(), drawn.events.copy()
    found = estimate(world, drawn, n_redraws=199)
    assert found.displacement_low < 0.4 < found.displacement_high
    assert found.displacement_low > 0
    assert found.log_effect_low < found.log_effect < found.log_effect_high < 0
    assert (found.n_events, found.n_months) == (24, 36)
    for frame, kept in zip((drawn.office_monthly, drawn.counts, drawn.events), before, strict=True):
        pd.testing.assert_frame_equal(frame, kept)


def test_the_same_seed_gives_the_same_result_whatever_the_order_of_rows(world: PanelWorld, drawn: PanelDraw) -> None:
    first = estimate(world, drawn)
    shuffled = estimate(
        world,
        drawn,
        office_monthly=drawn.office_monthly.sample(frac=1, random_state=1),
        counts=drawn.counts.sample(frac=1, random_state=2),
    )
    assert shuffled.displacement == pytest.approx(first.displacement)
    assert shuffled.displacement_low == pytest.approx(first.displacement_low)
    assert shuffled.placebo_p == first.placebo_p


def test_months_after_the_visit_add_up_to_the_displacement(world: PanelWorld, drawn: PanelDraw) -> None:
    found = estimate(world, drawn)
    by_month = found.event_time.set_index("months_after")
    assert by_month.index.tolist() == [-3, -2, -1, 0, 1, 2, 3]
    assert by_month.loc[1:, "missing"].sum() == pytest.approx(found.displacement, abs=0.08)
    assert (by_month["ci_low"] < by_month["missing"]).all()


def test_summary_has_the_columns_of_every_result(world: PanelWorld, drawn: PanelDraw) -> None:
    summary = estimate(world, drawn).summary()
    assert summary.columns.tolist() == ["estimate", "ci_low", "ci_high", "unit"]
    assert summary.index.tolist() == ["displacement", "log_effect"]


def test_few_events_give_no_number_whatever_they_show(world: PanelWorld, drawn: PanelDraw) -> None:
    found = estimate(world, drawn, events=drawn.events.iloc[:11])
    assert found.status == "too_few_events"
    assert found.about == ("11", "12")
    assert np.isnan([found.displacement, found.log_effect, found.placebo_p]).all()
    assert found.summary()["unit"].tolist() == ["cannot tell: too_few_events"] * 2


def test_one_event(world: PanelWorld, drawn: PanelDraw) -> None:
    found = estimate(world, drawn, events=drawn.events.iloc[:1])
    assert (found.status, found.n_events) == ("too_few_events", 1)


def test_no_event_was_held(world: PanelWorld, drawn: PanelDraw) -> None:
    found = estimate(world, drawn, events=drawn.events.assign(status="planned"))
    assert (found.status, found.n_events) == ("too_few_events", 0)


@pytest.mark.parametrize("rows", [None, 0])
def test_no_office_data(world: PanelWorld, drawn: PanelDraw, rows: int | None) -> None:
    office = None if rows is None else drawn.office_monthly.iloc[:rows]
    assert estimate(world, drawn, office_monthly=office).status == "no_office_data"


def test_a_month_that_is_missing_is_named(world: PanelWorld, drawn: PanelDraw) -> None:
    office = drawn.office_monthly
    found = estimate(world, drawn, office_monthly=office[office["month"] != "2024-02-01"])
    assert (found.status, found.about) == ("month_missing", ("2024-02",))


def test_an_area_that_was_split_is_named(world: PanelWorld, drawn: PanelDraw) -> None:
    office = drawn.office_monthly.copy()
    late = office["month"] >= "2024-07-01"
    split = (office["area_id"] == "64.72.03") & late
    office = pd.concat([office[~split], office[split].assign(area_id="64.72.99")])
    # the table of areas knows the new one: months of an area that it does not know are refused
    areas = pd.concat([world.areas, world.areas.loc[["64.72.03"]].rename(index={"64.72.03": "64.72.99"})])
    found = estimate(world, drawn, office_monthly=office, areas=areas)
    assert (found.status, found.about) == ("area_changed", ("64.72.03", "64.72.99"))


def test_less_than_a_year_is_too_short(world: PanelWorld, drawn: PanelDraw) -> None:
    office = drawn.office_monthly
    found = estimate(world, drawn, office_monthly=office[office["month"] < "2023-12-01"])
    assert (found.status, found.about) == ("too_few_months", ("11", "12"))


def test_nothing_to_compare_with_where_every_area_was_visited(world: PanelWorld, drawn: PanelDraw) -> None:
    assert estimate(world, drawn, settings=Settings(service_threshold_km=5000)).status == "no_controls"


def test_a_month_that_is_not_over_is_left_out(world: PanelWorld, drawn: PanelDraw) -> None:
    settings = Settings(as_of=pd.Timestamp("2025-11-20").date())
    assert estimate(world, drawn, settings=settings).n_months == 34


def test_a_new_service_point_is_no_rise_of_demand(world: PanelWorld, drawn: PanelDraw) -> None:
    """An area whose nearest service point opens has another level from then on, which is not the visits'."""
    opened = world.sites.loc[["64.02.16"]].assign(kind="ukk", opened=pd.Timestamp("2024-06-01"))
    sites = pd.concat([world.sites.assign(opened=pd.NaT), opened.rename(index={"64.02.16": "new"})])
    costs = pd.concat([world.costs, world.costs[world.costs["site_id"] == "64.02.16"].assign(site_id="new")])
    nearest = costs[costs["site_id"].isin(["new", "office"])].sort_values("km").groupby("area_id")["site_id"].first()
    later = (drawn.office_monthly["area_id"].map(nearest) == "new") & (drawn.office_monthly["month"] >= "2024-06-01")
    office = drawn.office_monthly.assign(applicants=drawn.office_monthly["applicants"] * (1 + 2 * later))
    found = estimate(world, drawn, office_monthly=office, sites=sites, costs=costs)
    assert found.displacement == pytest.approx(estimate(world, drawn).displacement, abs=0.12)


def test_lists_in_review_do_not_read_as_few_people(world: PanelWorld, drawn: PanelDraw) -> None:
    half = drawn.counts.assign(applicants=drawn.counts["applicants"] / 2)
    found = estimate(world, drawn, counts=half, events=drawn.events.assign(placed_share=0.5))
    assert found.displacement == pytest.approx(estimate(world, drawn).displacement)


def test_the_estimate_is_a_mean_over_areas_with_known_weights(world: PanelWorld, drawn: PanelDraw) -> None:
    found = estimate(world, drawn)
    assert found.area_weights.sum() == pytest.approx(1)
    assert (found.area_weights >= 0).all()
    assert found.area_weights.index.isin(world.areas.index).all()
    # who came most weighs most
    came = drawn.counts.groupby("area_id")["applicants"].sum()
    assert found.area_weights.corr(came.reindex(found.area_weights.index), method="spearman") > 0.9
    # without numbers there are none
    assert estimate(world, drawn, events=drawn.events.iloc[:1]).area_weights.empty


def test_what_failed_the_gate_is_told_as_no_effect(world: PanelWorld, drawn: PanelDraw) -> None:
    found = dataclasses.replace(estimate(world, drawn), status="placebo_failed")
    assert not found.gate_passed
    assert found.summary()["unit"].str.endswith("differed before visits already").all()


def test_the_gate_stops_visits_that_followed_rises(world: PanelWorld) -> None:
    """A few panels of the study in benchmarks: the gate stops them, and passes most fair ones."""
    passed = {True: 0, False: 0}
    for seed in range(8):
        for after_rises in passed:
            rng = np.random.default_rng([seed, after_rises])
            panel = draw_panel(world, n_events=16, after_rises=after_rises, rng=rng)
            found = estimate(world, panel)
            assert found.gate_passed == (found.placebo_p > PLACEBO_LEVEL)
            passed[after_rises] += found.gate_passed
    assert passed[True] <= 1
    assert passed[False] >= 5


def test_people_told_beside_the_estimate_are_rounded(world: PanelWorld, drawn: PanelDraw) -> None:
    found = estimate_impact(
        office_monthly=drawn.office_monthly,
        areas=world.areas,
        sites=world.sites,
        events=drawn.events,
        counts=drawn.counts,
        costs=world.costs,
        question=ImpactQuestion(settings=Settings(), n_redraws=19, rounding_base=5),
        rng=np.random.default_rng(1),
    )
    assert (found.left_out["people"] % 5 == 0).all()


def test_a_held_event_without_a_date_is_an_error(world: PanelWorld, drawn: PanelDraw) -> None:
    with pytest.raises(ValueError, match="without a date: E000"):
        estimate(world, drawn, events=drawn.events.assign(date=pd.NaT).head(1))
    with pytest.raises(ValueError, match="not in sites: nowhere"):
        estimate(world, drawn, events=drawn.events.assign(site_id="nowhere"))


class TestChangedAreas:
    months = pd.date_range("2025-01-01", periods=12, freq="MS")
    areas = pd.DataFrame({"parent_id": ["K"] * 3}, index=["a", "b", "c"])

    def office(self, **people: list[int]) -> pd.DataFrame:
        wide = pd.DataFrame(people, index=self.months.rename("month"))
        return wide.melt(ignore_index=False, var_name="area_id", value_name="applicants").reset_index()

    def test_an_area_with_few_people_may_begin_with_nobody(self) -> None:
        assert changed_areas(self.office(a=[0] * 4 + [1] * 8, b=[5] * 12), self.months, self.areas) == ()

    def test_one_large_group_is_no_beginning(self) -> None:
        assert changed_areas(self.office(a=[0] * 8 + [60, 0, 0, 1]), self.months, self.areas) == ()

    def test_an_area_that_ends(self) -> None:
        assert changed_areas(self.office(a=[9] * 7 + [0] * 5, b=[5] * 12), self.months, self.areas) == ("a",)

    def test_kabupaten_are_no_areas(self) -> None:
        assert changed_areas(self.office(K=[0] * 6 + [9] * 6), self.months, self.areas) == ()

    def test_an_area_not_named_at_first_where_others_are_named_always(self) -> None:
        office = self.office(**{f"x{i}": [0] * 12 for i in range(10)}, a=[0] * 6 + [1, 0, 0, 1, 0, 0])
        late = (office["area_id"] != "a") | (office["month"] >= self.months[6])
        assert changed_areas(office[late], self.months, self.areas) == ("a",)
