"""Charts over two axes: every value at its place, nothing outside the box."""

import pytest

from outreach_analysis.report.topics.turnout import Axes, column_chart, line_chart


def test_values_stand_between_the_ticks_around_them() -> None:
    axes = Axes.of(90, 40, x_text=str, y_text=str)
    assert axes.x(0) == 34.0
    assert axes.x(axes.x_largest) == 392.0
    assert axes.y(0) == axes.floor == 196.0
    assert axes.y(axes.y_largest) == 14.0
    assert axes.x(0) < axes.x(45) < axes.x(90)


def test_a_line_has_a_corner_a_value_and_a_band_there_and_back() -> None:
    chart = line_chart([0, 5, 10], [4, 3, 1], low=[3, 2, 0], high=[5, 4, 2], titles="abc", x_text=str, y_text=str)
    assert len(chart.line.split()) == len(chart.points) == 3
    there, back = chart.band.split()[:3], chart.band.split()[3:]
    assert [corner.split(",")[0] for corner in there] == [corner.split(",")[0] for corner in back[::-1]]
    assert all(
        float(a.split(",")[1]) < float(b.split(",")[1]) for a, b in zip(there, back[::-1], strict=True)
    )  # high stands above low
    assert [title for *_, title in chart.points] == ["a", "b", "c"]


def test_without_band_or_titles_there_is_the_line_alone() -> None:
    chart = line_chart([0, 1], [0, 0], x_text=str, y_text=str)
    assert (chart.band, chart.points) == ("", ())
    assert chart.line == "34,196 392,196"


@pytest.mark.parametrize("n", [1, 3, 40])
def test_intervals_stand_side_by_side_in_order(n: int) -> None:
    chart = column_chart(
        [1.0] * n,
        [2.0] * n,
        [3.0] * n,
        [9.0] * n,
        inside=[False] * n,
        titles=["t"] * n,
        labels={0: "first"},
        y_text=str,
    )
    at = [column.x for column in chart.columns]
    assert at == sorted(at)
    assert len(set(at)) == n
    assert 34 < at[0] <= at[-1] < 392
    for column in chart.columns:
        assert 14 <= column.observed < column.high < column.middle < column.low <= 196
        assert not column.inside
    assert chart.labels == ((at[0], "first"),)


def test_nothing_to_show_is_an_empty_chart() -> None:
    chart = column_chart([], [], [], [], inside=[], titles=[], labels={}, y_text=str)
    assert chart.columns == ()
