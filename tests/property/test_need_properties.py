"""Need and interest: bounds, people counted once, and the order of rows."""

import datetime as dt

import numpy as np
import pandas as pd
from examples import tries
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach_analysis.measures.interest import interest_evidence
from outreach_analysis.measures.need import unmet_need
from outreach_analysis.settings import Settings

SETTINGS = Settings(as_of=dt.date(2026, 11, 22), benchmark_min_population=500)
AREA_IDS = ["64.02.01", "64.02.02", "64.08.01", "64.08.02"]


@st.composite
def worlds(draw) -> dict[str, pd.DataFrame | None]:
    n = len(AREA_IDS)
    areas = pd.DataFrame(
        {
            "name": AREA_IDS,
            "parent_id": [area[:5] for area in AREA_IDS],
            "population": draw(st.lists(st.sampled_from([0, 400, 3000, 90_000]), min_size=n, max_size=n)),
            "in_jurisdiction": [True, *draw(st.lists(st.booleans(), min_size=n - 1, max_size=n - 1))],
        },
        index=pd.Index(AREA_IDS, name="area_id"),
    )
    known = st.sampled_from([*AREA_IDS, "64.02"])
    dates = draw(st.lists(st.sampled_from(["2025-11-22", "2026-03-01", "2026-11-22"]), min_size=2, max_size=2))
    people = draw(st.lists(st.tuples(st.sampled_from(["E1", "E2"]), known, st.integers(0, 60)), max_size=8))
    months = st.sampled_from(["2025-10-01", "2025-11-01", "2026-06-01", "2026-10-01", "2026-11-01"])
    office = draw(st.none() | st.lists(st.tuples(months, known, st.integers(0, 90)), max_size=8))
    frame = pd.DataFrame(office or [], columns=["month", "area_id", "applicants"])
    frame = frame.assign(month=pd.to_datetime(frame["month"])).astype({"area_id": "str", "applicants": int})
    return {
        "areas": areas,
        "counts": pd.DataFrame(people, columns=["event_id", "area_id", "applicants"]).astype(
            {"event_id": "str", "area_id": "str", "applicants": int}
        ),
        "events": pd.DataFrame(
            {"site_id": "MALL", "date": pd.to_datetime(dates), "status": "held"}, index=["E1", "E2"]
        ),
        "office": None if office is None else frame,
    }


@given(worlds(), st.sampled_from([1, 5]))
@settings(max_examples=tries(15, 5), deadline=None)
def test_need_is_what_demand_leaves_and_never_negative(world, base):
    found = unmet_need(**world, settings=SETTINGS, rounding_base=base)
    table = found.by_area
    numbers = table[["demand", "served", "need"]]
    assert np.isfinite(numbers.to_numpy(float)).all()
    assert (numbers >= 0).all(axis=None)
    if found.office_share is not None:
        # a market share may be above 1; where nothing is expected it is not known
        assert ((found.office_share >= 0) | (table["demand"] == 0)).all()
    assert np.allclose(table["need"], np.maximum(table["demand"] - table["served"], 0))
    assert found.benchmark_low <= found.benchmark <= found.benchmark_high
    summary = found.summary()
    assert np.isfinite(summary[["estimate", "ci_low", "ci_high"]].to_numpy(float)).all()
    need = summary.loc["need"]
    assert need["ci_low"] - 1e-9 <= need["estimate"] <= need["ci_high"] + 1e-9
    if base == 1:
        inside = table[table["in_jurisdiction"]]
        assert np.isclose(found.served_total, inside["served"].sum())


@given(worlds(), st.sampled_from([1, 5]), st.randoms(use_true_random=False))
@settings(max_examples=tries(8, 3), deadline=None)
def test_need_is_blind_to_the_order_of_rows(world, base, random):
    turned = {}
    for name, frame in world.items():
        rows = [] if frame is None else list(range(len(frame)))
        random.shuffle(rows)
        turned[name] = None if frame is None else frame.iloc[rows]
    one = unmet_need(**world, settings=SETTINGS, rounding_base=base)
    other = unmet_need(**turned, settings=SETTINGS, rounding_base=base)
    pd.testing.assert_frame_equal(one.by_area, other.by_area.loc[one.by_area.index])
    pd.testing.assert_frame_equal(one.summary(), other.summary())


# ---------- interest

DAYS = ["2026-05-25", "2026-05-26", "2026-11-22", "2026-11-23"]


@st.composite
def registrations(draw) -> pd.DataFrame:
    places = st.sampled_from(["64.02.01", "64.02.01.2001", "64.02.01.2002", "64.02.02", "64.99.01"])
    who = st.sampled_from([None, None, "p1", "p2", "p3"])
    event = st.sampled_from([None, "HELD", "PLANNED"])
    row = st.tuples(st.sampled_from(DAYS), places, st.integers(1, 25), st.booleans(), who, event)
    frame = pd.DataFrame(
        draw(st.lists(row, max_size=12)), columns=["date", "area_id", "people", "group", "person_key", "event_id"]
    )
    frame = frame.astype({"area_id": "str", "people": int, "group": bool, "person_key": object, "event_id": object})
    return frame.assign(date=pd.to_datetime(frame["date"]))


HELD = pd.DataFrame(
    {"date": pd.to_datetime(["2026-11-01", "2026-12-01"]), "status": ["held", "planned"]}, index=["HELD", "PLANNED"]
)


def people_by_hand(interest: pd.DataFrame, area: str) -> int:
    """People of an area and of the desa in it: one promise a known person, every row without a key."""
    alone, by_person = 0, {}
    for row in interest.itertuples():
        valid = "2026-05-26" <= str(row.date.date()) <= "2026-11-22" and row.event_id != "HELD"
        if valid and (row.area_id == area or row.area_id.startswith(f"{area}.")):
            if row.person_key is None or pd.isna(row.person_key):
                alone += row.people
            else:
                by_person[row.person_key] = max(by_person.get(row.person_key, 0), row.people)
    return alone + sum(by_person.values())


@given(registrations(), st.randoms(use_true_random=False))
@settings(max_examples=tries(15, 5), deadline=None)
def test_interest_is_a_count_by_hand_in_any_order(interest, random):
    areas = pd.DataFrame(index=pd.Index(AREA_IDS, name="area_id"))
    found = interest_evidence(interest=interest, areas=areas, events=HELD, settings=SETTINGS)
    for table in (found.by_area, found.by_village):
        for area, row in table.iterrows():
            assert row["people"] == people_by_hand(interest, area)
            assert row["above_threshold"] == (row["people"] > 20)
            assert 0 <= row["group_share"] <= 1
            assert 0 <= row["p_above_threshold"] <= 1
            assert pd.isna(row["freshness_days"]) == (row["people"] == 0)
    assert (found.left_out >= 0).all()
    rows = list(range(len(interest)))
    random.shuffle(rows)
    again = interest_evidence(interest=interest.iloc[rows], areas=areas, events=HELD, settings=SETTINGS)
    pd.testing.assert_frame_equal(found.by_area, again.by_area)
    pd.testing.assert_frame_equal(found.by_village, again.by_village)
    pd.testing.assert_series_equal(found.left_out, again.left_out)
