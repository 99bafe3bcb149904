"""Decisions in an office's folder: what is recorded, what is refused, and what a spreadsheet may do to the file."""

import datetime as dt
import json

import pandas as pd
import pytest

from outreach_analysis.contracts import ContractError
from outreach_analysis.decisions.ranking import changes_since
from outreach_analysis.office_logs import (
    DECISIONS_FILE,
    LOG_COLUMNS,
    RANKING_LOG_COLUMNS,
    last_decision,
    ranking_log_rows,
    record_decision,
)


@pytest.fixture
def record(planned, tmp_path):
    def run(site: str, **changes):
        published = {"reason": "aula siap", "rounding_base": 5, "seed": 1}
        return record_decision(tmp_path, planned.ranking, site, **(published | changes))

    return run


def log(folder) -> pd.DataFrame:
    return pd.read_csv(folder / DECISIONS_FILE, dtype=str, keep_default_na=False, encoding="utf-8-sig")


def test_a_decision_holds_the_ranking_and_the_settings_it_was_taken_with(record, planned, tmp_path):
    path = record("MELAK", decided_by="Andini", decided_on=dt.date(2026, 11, 24))
    assert path == tmp_path / DECISIONS_FILE
    (row,) = log(tmp_path).to_dict("records")
    assert tuple(row) == LOG_COLUMNS
    assert (row["decided_on"], row["as_of"], row["decided_by"]) == ("2026-11-24", "2026-11-22", "Andini")
    assert row["recommended"] == planned.ranking.recommended
    assert int(row["rank"]) == planned.ranking.by_site["rank"]["MELAK"]
    assert float(row["increment"]) == pytest.approx(planned.ranking.by_site["increment"]["MELAK"], abs=0.06)
    assert json.loads(row["settings"])["office.synthetic"] is True
    before = pd.read_csv(tmp_path / row["ranking"], encoding="utf-8-sig")
    assert tuple(before.columns) == RANKING_LOG_COLUMNS
    assert set(before["site_id"]) == set(planned.incremental.site_ids)
    assert [path.name for path in tmp_path.rglob("*.part")] == []


def test_what_was_recorded_is_read_back_and_compared(record, planned, tmp_path):
    record("MELAK")
    decision = last_decision(tmp_path, planned.settings)
    assert (decision.site_id, decision.name, decision.reason) == ("MELAK", "Pesantren Melak", "aula siap")
    assert changes_since(decision, planned.ranking).by_site.empty


def test_the_latest_decision_counts_and_none_after_the_day_asked_about(record, planned, tmp_path):
    assert last_decision(tmp_path, planned.settings) is None
    record("MELAK", decided_on=dt.date(2026, 11, 20))
    record("HULU", decided_on=dt.date(2026, 11, 21))
    record("MALL", decided_on=dt.date(2026, 11, 19))
    assert len(log(tmp_path)) == 3
    assert last_decision(tmp_path, planned.settings).site_id == "HULU"
    earlier = planned.settings.replace(as_of=dt.date(2026, 11, 20))
    assert last_decision(tmp_path, earlier).site_id == "MELAK"
    assert last_decision(tmp_path, planned.settings.replace(as_of=dt.date(2026, 11, 1))) is None


def test_a_place_against_the_rules_is_recorded_with_its_rule(record, tmp_path):
    record("TGR")
    (row,) = log(tmp_path).to_dict("records")
    assert (row["excluded"], row["rank"]) == ("recently_visited", "")


def test_texts_hold_no_number_of_a_person_and_no_formula(record, tmp_path):
    record("MELAK", reason="=cmd hubungi Andini 0812-3456-7890 \n NIK 6472031201900001", decided_by="C1234567")
    text = (tmp_path / DECISIONS_FILE).read_text(encoding="utf-8-sig")
    assert "7890" not in text
    assert "6472031201900001" not in text
    assert "C1234567" not in text
    assert log(tmp_path)["reason"][0].startswith("'=cmd hubungi Andini [number removed]")


@pytest.mark.parametrize(
    ("site", "changes", "message"),
    [
        ("NOWHERE", {}, "NOWHERE is not among the candidate places"),
        ("KANIM", {}, "not among the candidate places"),
        ("MELAK", {"reason": "  \n "}, "say why"),
    ],
)
def test_what_says_nothing_is_refused(record, tmp_path, site, changes, message):
    with pytest.raises(ValueError, match=message):
        record(site, **changes)
    assert not (tmp_path / DECISIONS_FILE).exists()


def test_the_same_decision_twice_is_refused(record, tmp_path):
    record("MELAK")
    before = (tmp_path / DECISIONS_FILE).read_bytes()
    with pytest.raises(ValueError, match="recorded already"):
        record("MELAK", reason="another")
    assert (tmp_path / DECISIONS_FILE).read_bytes() == before


def test_a_file_saved_by_a_spreadsheet_is_read_and_keeps_its_columns(record, planned, tmp_path):
    record("MELAK")
    table = log(tmp_path).assign(decided_on="22/11/2026", catatan="milik kantor; sendiri")
    table.to_csv(tmp_path / DECISIONS_FILE, sep=";", index=False)
    assert last_decision(tmp_path, planned.settings).decided_on == dt.date(2026, 11, 22)
    record("HULU")
    assert log(tmp_path)["catatan"].tolist() == ["milik kantor; sendiri", ""]
    assert log(tmp_path)["site_id"].tolist() == ["MELAK", "HULU"]


def test_a_broken_file_names_what_is_wrong(record, planned, tmp_path):
    record("MELAK")
    good = log(tmp_path)
    good.drop(columns=["reason", "as_of"]).to_csv(tmp_path / DECISIONS_FILE, index=False)
    with pytest.raises(ContractError, match="reason"):
        last_decision(tmp_path, planned.settings)
    good.assign(decided_on="kemarin").to_csv(tmp_path / DECISIONS_FILE, index=False)
    with pytest.raises(ContractError, match="row 2: decided_on 'kemarin' is not a date"):
        last_decision(tmp_path, planned.settings)
    good.assign(ranking="../../secret.csv").to_csv(tmp_path / DECISIONS_FILE, index=False)
    with pytest.raises(ContractError, match=r"decisions/secret\.csv"):
        last_decision(tmp_path, planned.settings)


def test_a_site_id_that_is_no_file_name_stays_in_the_folder(planned, tmp_path):
    import dataclasses

    renamed = planned.ranking.by_site.rename(index={"MELAK": "../MELAK"})
    ranking = dataclasses.replace(planned.ranking, by_site=renamed)
    record_decision(tmp_path, ranking, "../MELAK", reason="x", rounding_base=5, seed=1)
    assert [path.name for path in (tmp_path / "decisions").iterdir()] == ["2026-11-22-.._MELAK.csv"]
    assert last_decision(tmp_path, planned.settings).site_id == "../MELAK"


def test_every_candidate_stands_once_in_the_recorded_ranking(planned):
    rows = ranking_log_rows(planned.ranking)
    assert rows["site_id"].is_unique
    assert rows["rank"].notna().tolist() == (rows["excluded"] == "").tolist()
