"""Rounding never tells a small number of people, and a mask leaves no long number."""

import re

import numpy as np
import pandas as pd
from hypothesis import example, given, settings
from hypothesis import strategies as st

from outreach_analysis.disclosure import round_people
from outreach_analysis.masking import mask_identifiers
from outreach_analysis.measures.need import unmet_need
from outreach_analysis.measures.reach import catchment, reach_rate
from outreach_analysis.settings import Settings

COUNT = st.one_of(st.integers(0, 30), st.integers(0, 10**6))


@given(st.lists(COUNT), st.integers(1, 50))
@settings(max_examples=60, deadline=None)
def test_rounded_counts_are_multiples_near_the_count(counts, base):
    exact = np.array(counts, dtype=int)
    found = round_people(exact, base=base)
    assert (found % base == 0).all()
    assert ((found == 0) == (exact == 0)).all()
    assert (np.abs(found - exact) <= np.maximum(base / 2, base - np.minimum(exact, base))).all()
    assert np.array_equal(round_people(found, base=base), found)
    # the order of counts is kept
    assert (np.diff(round_people(np.sort(exact), base=base)) >= 0).all()


@given(st.floats(0, 1e6), st.floats(0, 1e6))
@settings(max_examples=60, deadline=None)
def test_one_to_seven_people_look_the_same(one, other):
    assert len({round_people(count) for count in range(1, 8)}) == 1
    low, high = sorted([one, other])
    assert round_people(low) <= round_people(high)
    assert round_people(low) not in {1, 2, 3, 4, 6, 7}


AREAS = pd.DataFrame(
    {
        "name": list("abc"),
        "population": [10_000, 6_000, 31_000],
        "parent_id": ["K1", "K1", "K2"],
        "in_jurisdiction": [True, True, False],
    },
    index=pd.Index(list("abc"), name="area_id"),
)
EVENTS = pd.DataFrame(
    {"site_id": "S", "date": pd.to_datetime(["2026-11-01"]), "status": "held"}, index=pd.Index(["E"], name="event_id")
)
SITES = pd.DataFrame({"kind": "mall", "area_id": "a", "opened": pd.NaT, "closed": pd.NaT}, index=["S"])
COSTS = pd.DataFrame({"area_id": list("abc"), "site_id": "S", "km": [3.0, 4.0, 60.0]})


@given(st.sampled_from([*"abc", "K2"]), st.integers(2, 7))
@settings(max_examples=6, deadline=None)
def test_no_measure_tells_one_to_seven_people_apart(area, people):
    """Whatever the small count is, every number of a rounded result is that of one person."""

    def everything(applicants: int) -> list[pd.DataFrame]:
        counts = pd.DataFrame({"event_id": "E", "area_id": [area], "applicants": applicants})
        reach = reach_rate(areas=AREAS, counts=counts, rounding_base=5)
        by_kabupaten = reach_rate(areas=AREAS, counts=counts, by="kabupaten", rounding_base=5)
        drawn = catchment(areas=AREAS, sites=SITES, events=EVENTS, counts=counts, costs=COSTS, rounding_base=5)
        asked_on = Settings(as_of=pd.Timestamp("2026-11-22").date())
        need = unmet_need(areas=AREAS, events=EVENTS, counts=counts, office=None, settings=asked_on, rounding_base=5)
        found = [reach.by_area, reach.summary(), reach.left_out.to_frame(), by_kabupaten.by_area, drawn.by_event]
        return [*found, drawn.summary(), drawn.left_out.to_frame(), need.by_area, need.summary()]

    for left, right in zip(everything(1), everything(people), strict=True):
        pd.testing.assert_frame_equal(left, right, check_exact=True)


def texts(*pieces: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(st.one_of(*pieces), max_size=6).map(" ".join)


EIGHT_DIGITS = re.compile(r"\d(?:[ \-./()_\u2013]{0,3}\d){7}")
PASSPORT = re.compile(r"(?<![A-Za-z0-9])[A-Za-z]{1,2} ?\d{6,7}(?!\d)")


# without 0, 1, 2, points, strokes and R (Rp) there is no day, amount or code of an area to be left
@given(
    texts(
        st.text("3456789 ()_\u2013", max_size=12),
        st.from_regex(r"[A-QS-Za-qs-z]{1,2} ?[3-9]{6,7}", fullmatch=True),
        st.text("abKx\u00e9\u00df\u5b57\u0647+@:", max_size=6),
    )
)
@settings(max_examples=80, deadline=None)
@example("8 digits: 88888888字@xK")
@example("E 986869 E 986869 8 E 986869 )8–  @a字@xK")
def test_a_mask_leaves_no_run_of_eight_digits(text):
    masked = mask_identifiers(text)
    assert not EIGHT_DIGITS.search(masked)
    assert mask_identifiers(masked) == masked


@given(st.from_regex(r"[A-QS-Za-qs-z] ?[0-9]{6,7}", fullmatch=True))
@settings(max_examples=40, deadline=None)
@example("O000000")
def test_a_mask_leaves_no_passport(number):
    assert not PASSPORT.search(mask_identifiers(f"paspor {number}, berlaku"))


DAY, MONTH, YEAR = r"(?:0?[1-9]|[12]\d|3[01])", r"(?:0?[1-9]|1[0-2])", r"(?:19|20)\d\d"
STAYS = re.compile(
    "|".join(
        (
            rf"{YEAR}([-/.]){MONTH}\1{DAY}|{DAY}([-/.]){MONTH}\2(?:{YEAR}|\d\d)",
            rf"{YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])|(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2]){YEAR}",
            r"[1-9]\d{0,2}(?:\.\d{3})+",
            r"[1-9]\d\.\d\d\.\d\d\.[12]\d{3}",
            r"20[0-3]\d[-/._]\d{4}",
        )
    )
)


@given(
    texts(
        st.text("0123456789 -./()_\u2013", max_size=12),
        st.from_regex(r"[A-Za-z]{1,2} ?[0-9]{6,7}", fullmatch=True),
        st.text(max_size=6),
    )
)
@settings(max_examples=80, deadline=None)
def test_only_days_amounts_and_codes_of_areas_stay(text):
    masked = mask_identifiers(text)
    for found in EIGHT_DIGITS.finditer(masked):
        assert STAYS.search(masked[max(found.start() - 10, 0) : found.end() + 10])
    assert mask_identifiers(masked) == masked
