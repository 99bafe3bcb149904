"""Whoever stands in a list of an event came to it, wherever they live and whether or not that can be told."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path

import pandas as pd
from examples import tries
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outreach_analysis.exports import account_rows
from outreach_analysis.intake.dataset import Dataset, read_dataset
from outreach_analysis.measures.attendance import attendance_by_event, own_people_by_event, people_by_event
from outreach_analysis.report.topics.measures import tabulate_events
from outreach_analysis.report.words import Words

FILES = {
    "outreach.toml": '[office]\nname = "Kantor"\n',
    "sites.csv": "site_id,name,kind,area\nM,Mal,mall,64.72.03\n",
    "events.csv": "event_id,site_id,date,status\nA,M,2026-03-14,held\nB,M,2026-04-11,held\n",
}
ORIGINS = {
    "Samarinda Ulu": "placed",
    "Tenggarong, Kukar": "placed",
    "Kutai Kartanegara": "kabupaten",
    "Surabaya": "outside",
    "Kampung Tak Bernama": "unplaced",
    "-": "unplaced",
    "Tak Tentu": "unplaced",
}
DECIDED = "alias,area_id\nTak Tentu,UNKNOWN\n"
people = st.tuples(st.sampled_from(["A", "B"]), st.sampled_from(list(ORIGINS)))
few = settings(max_examples=tries(8, 3), deadline=None, suppress_health_check=[HealthCheck.too_slow])


def office(rows: list[tuple[str, str]]) -> Dataset:
    """An office with one list in which these people stand, each with an event and an origin."""
    days = {"A": "2026-03-14", "B": "2026-04-11"}
    lines = [f'{days[event]},{event},"{origin}"' for event, origin in rows]
    listed = "\n".join(["tanggal,kode kegiatan,alamat", *lines, "2026-04-12,KANTOR,Samarinda Ulu"])
    with tempfile.TemporaryDirectory() as folder:
        for name, text in {**FILES, "aliases.csv": DECIDED, "applicants/list.csv": listed}.items():
            path = Path(folder) / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return read_dataset(folder)


@few
@given(st.lists(people, min_size=1, max_size=60))
def test_the_people_of_events_are_the_rows_of_their_lists(rows: list[tuple[str, str]]) -> None:
    data = office(rows)
    came = attendance_by_event(data)
    assert came["people"].to_dict() == dict(sorted(Counter(event for event, _ in rows).items()))
    lists = data.ledger.by_file[data.ledger.by_file["file"] == "applicants/list.csv"].iloc[0]
    assert came["people"].sum() == lists["matched"] + lists["review"] - 1  # one row is of the office
    for event in came.index:
        kinds = Counter(ORIGINS[origin] for at, origin in rows if at == event)
        assert came.loc[event, "unplaced"] == kinds["unplaced"]
        home = kinds.total() - kinds["outside"]
        share = came.loc[event, "placed_share"]
        assert pd.isna(share) if home == 0 else share == kinds["placed"] / home


@few
@given(st.lists(people, min_size=1, max_size=60))
def test_every_table_of_events_tells_the_same_people(rows: list[tuple[str, str]]) -> None:
    data = office(rows)
    exact = attendance_by_event(data)["people"]
    shown = tabulate_events(data.events, data.sites, attendance_by_event(data), Words("en"))
    assert sorted(int(row[2]) for row in shown.rows if row[2] != "–") == sorted(exact)
    assert account_rows(data, "events").set_index("event_id")["applicants"].to_dict() == exact.to_dict()
    people = people_by_event(areas=data.areas, counts=data.counts, outside=data.outside, unplaced=data.unplaced)
    home = own_people_by_event(people, data.outside)
    away = data.outside.groupby("event_id")["applicants"].sum()
    assert home.add(away, fill_value=0).astype(int).to_dict() == exact.to_dict()


@few
@given(st.lists(people, min_size=1, max_size=60), st.sampled_from([3, 5, 10]))
def test_rounded_people_are_near_the_exact_ones(rows: list[tuple[str, str]], base: int) -> None:
    data = office(rows)
    exact, published = (
        people_by_event(
            areas=data.areas,
            counts=data.counts,
            outside=data.outside,
            unplaced=data.unplaced,
            events=data.events,
            settings=data.settings,
            rounding_base=each,
        )
        for each in (1, base)
    )
    assert (published % base == 0).all()
    assert ((published - exact).abs() <= 2 * base).all()
