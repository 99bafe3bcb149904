"""Rows in Spark: the same call, the same counts, the same study."""

import pandas as pd
import pytest

from outreach_analysis.geography.areas import load_aliases
from outreach_analysis.intake.bulk_count import count_applicants

pytestmark = [pytest.mark.servers, pytest.mark.filterwarnings("default")]


def test_counts_and_study_are_those_of_a_frame(spark, lists, same_study, areas, tmp_path) -> None:
    lists.to_parquet(tmp_path / "lists.parquet", index=False)
    same_study(count_applicants(spark.read.parquet(str(tmp_path / "lists.parquet")), areas, aliases=load_aliases()))


def test_dates_as_dates_and_rows_in_any_order_and_partition(spark, lists, counted, areas) -> None:
    dated = lists.assign(**{"Tgl Permohonan": pd.to_datetime(lists["Tgl Permohonan"])}).sample(frac=1, random_state=1)
    frame = spark.createDataFrame(dated.astype(object).where(dated.notna(), None)).repartition(7)
    same = count_applicants(frame, areas, aliases=load_aliases())
    pd.testing.assert_frame_equal(same.counts, counted.counts)
