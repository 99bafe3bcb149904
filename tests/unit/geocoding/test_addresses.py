"""Addresses of East Kalimantan as people, registers and map services write them: recall must not fall.

`tests/reference/kaltim_addresses.csv` was written by hand: streets, housing estates, gang, RT and RW, plus codes, short
forms, English forms, postcodes; each with the narrowest area that it names.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from outreach_analysis.geocoding.resolver import resolve_origins

ADDRESSES = Path(__file__).parents[2] / "reference" / "kaltim_addresses.csv"


def test_addresses_are_placed_and_none_wrongly() -> None:
    table = pd.read_csv(ADDRESSES, dtype=str)
    assert len(table) >= 90
    found = resolve_origins(table["address"])
    answered = found["status"] != "review"
    wrong = table[answered & (found["area_id"] != table["expected_area_id"])]
    assert wrong.to_dict("records") == []
    assert answered.mean() >= 0.95
