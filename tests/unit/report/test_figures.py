"""What all interactive figures share: a file holds no finer numbers than its picture shows."""

import math

import numpy as np
import plotly.graph_objects as go

from outreach_analysis.report.figure import apply_theme


def test_positions_are_no_finer_than_a_thousandth_of_the_largest() -> None:
    spread = {"type": "data", "array": [19.41795691, 0.1], "arrayminus": [1.23456789, 0.1]}
    figure = go.Figure(go.Scatter(x=[26.20022179834339, math.nan], y=np.array([1e-3, 0.123456789]), error_x=spread))
    (trace,) = apply_theme(figure, title="", subtitle="").data
    assert trace.x[0] == 26.2
    assert math.isnan(trace.x[1])
    assert list(trace.y) == [0.001, 0.1235]
    assert (list(trace.error_x.array), list(trace.error_x.arrayminus)) == ([19.42, 0.1], [1.23, 0.1])


def test_all_traces_of_an_axis_share_its_precision() -> None:
    figure = go.Figure([go.Scatter(x=[0, 1], y=[1234.5678, 10]), go.Scatter(x=[0, 1], y=[0.123456, 10])])
    first, second = apply_theme(figure, title="", subtitle="").data
    assert (list(first.y), list(second.y)) == ([1235, 10], [0, 10])


def test_words_days_and_empty_axes_stay_as_they_are() -> None:
    traces = [go.Scatter(x=["a", "b"], y=[0, 0]), go.Scatter(x=[], y=[math.nan]), go.Scattergeo(lon=[117.12345])]
    figure = go.Figure(traces)
    names, nothing, place = apply_theme(figure, title="", subtitle="").data
    assert (list(names.x), list(names.y), list(nothing.x)) == (["a", "b"], [0, 0], [])
    assert list(place.lon) == [117.12345]
