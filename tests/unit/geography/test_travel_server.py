"""A travel server asked in parts: every cell accounted for, whatever the server does."""

import datetime as dt
import email.utils
import http.server
import threading
import time

import numpy as np
import pandas as pd
import pytest

from outreach_analysis.files import CACHE_VARIABLE, CacheWarning, cache_folder
from outreach_analysis.geography import travel_server as routing_engines
from outreach_analysis.geography.areas import load_areas
from outreach_analysis.geography.travel import TravelServerWarning, travel_costs
from outreach_analysis.geography.travel_server import FIRST_PAUSE_S, TravelServerError, ask_travel_server
from outreach_analysis.settings import Settings


def points(n: int, *, start: float, prefix: str) -> pd.DataFrame:
    return pd.DataFrame(
        {"lon": start + 0.01 * np.arange(n), "lat": 0.002 * np.arange(n)},
        index=pd.Index([f"{prefix}{number}" for number in range(n)]),
    )


@pytest.fixture
def areas() -> pd.DataFrame:
    return points(7, start=117.0, prefix="A")


@pytest.fixture
def sites() -> pd.DataFrame:
    return points(4, start=117.5, prefix="S")


def settings_for(stub, **changes) -> Settings:
    return Settings(travel_server=stub.url, **{"travel_server_points": 3, "travel_server_timeout": 5.0, **changes})


def km_by_hand(areas: pd.DataFrame, sites: pd.DataFrame) -> np.ndarray:
    """The stub's own way: 100 km a degree, along the axes, to a decimetre."""
    across = np.abs(areas["lon"].to_numpy()[:, None] - sites["lon"].to_numpy()[None])
    along = np.abs(areas["lat"].to_numpy()[:, None] - sites["lat"].to_numpy()[None])
    return (across + along) * 100


class Pauses(list):
    def __call__(self, seconds: float) -> None:
        self.append(seconds)


@pytest.mark.parametrize(("kind", "verbose"), [("osrm", False), ("valhalla", False), ("valhalla", True)])
def test_table_in_parts_is_the_table_in_one(areas, sites, routing_server, kind, verbose):
    routing_server.verbose = verbose
    seen = []
    got = ask_travel_server(
        areas=areas,
        sites=sites,
        settings=settings_for(routing_server, travel_server_kind=kind),
        progress=lambda done, total, text: seen.append((done, total, text)),
    )
    assert got.costs["area_id"].tolist() == [area for area in areas.index for _ in sites.index]
    assert got.costs["km"].to_numpy() == pytest.approx(km_by_hand(areas, sites).ravel(), abs=1e-3)
    # one hour for 60 km
    assert got.costs["minutes"].to_numpy() == pytest.approx(got.costs["km"].to_numpy(), abs=0.01)
    assert set(got.costs["source"]) == {"server"}
    # 3 x 3 of 7 x 4 points: three parts down, two across
    assert (got.requests, len(routing_server.requests), len(got.costs)) == (6, 6, 28)
    assert [step[:2] for step in seen] == [(n, 6) for n in range(7)]


@pytest.mark.slow
def test_desa_of_a_province_with_a_time_out_a_429_and_a_null(routing_server):
    areas = load_areas("desa")
    areas["access"] = "road"
    sites = load_areas("kecamatan")[["lon", "lat"]]
    sites = pd.concat([sites, sites.iloc[:95] + 0.01]).reset_index(drop=True).rename_axis("site_id")
    sites.index = sites.index.astype(str)
    lonely = areas.index[500]
    routing_server.islands = {(round(areas.loc[lonely, "lon"], 6), round(areas.loc[lonely, "lat"], 6))}
    routing_server.faults = ["slow", None, (429, {"Retry-After": "7"}), "cut", 502]
    settings = Settings(travel_server=routing_server.url, travel_server_timeout=0.5)
    pauses = Pauses()
    got = ask_travel_server(areas=areas, sites=sites, settings=settings, sleep=pauses)
    assert len(got.costs) == 1038 * 200
    assert not got.costs.duplicated(["area_id", "site_id"]).any()
    # the one null row: reached by nobody, and not filled by anything
    cut_off = got.costs[np.isinf(got.costs["minutes"])]
    assert set(cut_off["area_id"]) == {lonely}
    assert len(cut_off) == 200
    assert np.isinf(cut_off["km"]).all()
    # 21 x 4 tables; four of the first five requests failed once
    assert (got.requests, len(routing_server.requests), got.remembered) == (84, 88, 0)
    assert pauses == [FIRST_PAUSE_S, 7, 2 * FIRST_PAUSE_S, 4 * FIRST_PAUSE_S]
    costs = got.costs.set_index(["area_id", "site_id"])
    assert costs.loc[(areas.index[0], "0"), "km"] == pytest.approx(
        km_by_hand(areas.iloc[:1].round(6), sites.iloc[:1].round(6))[0, 0], abs=1e-3
    )


def test_a_pause_until_a_date_is_kept(areas, sites, routing_server):
    until = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=30)
    routing_server.faults = [(503, {"Retry-After": email.utils.format_datetime(until, usegmt=True)})]
    pauses = Pauses()
    ask_travel_server(areas=areas, sites=sites, settings=settings_for(routing_server), sleep=pauses)
    assert len(pauses) == 1
    assert 25 < pauses[0] <= 30


@pytest.mark.parametrize("asked", ["0", "-5", "soon"])
def test_a_server_that_asks_for_less_than_our_own_pause_gets_ours(areas, sites, routing_server, asked):
    routing_server.faults = [(429, {"Retry-After": asked})] * 2
    pauses = Pauses()
    ask_travel_server(areas=areas, sites=sites, settings=settings_for(routing_server), sleep=pauses)
    assert pauses == [FIRST_PAUSE_S, 2 * FIRST_PAUSE_S]


def test_a_pause_without_end_is_not_waited_for(areas, sites, routing_server):
    routing_server.faults = [(429, {"Retry-After": "86400"})]
    with pytest.raises(TravelServerError, match="asks to wait 86400 s"):
        ask_travel_server(areas=areas, sites=sites, settings=settings_for(routing_server), sleep=Pauses())


def test_a_server_that_is_down_is_said_with_the_way_on(areas, sites):
    settings = Settings(travel_server="http://127.0.0.1:9", travel_server_attempts=3)
    pauses = Pauses()
    with pytest.raises(TravelServerError) as error:
        ask_travel_server(areas=areas, sites=sites, settings=settings, sleep=pauses)
    said = str(error.value)
    assert "http://127.0.0.1:9 gave no travel times: " in said
    assert ", 3 attempts" in said
    assert "[travel] when_down = 'estimate'" in said
    assert pauses == [FIRST_PAUSE_S, 2 * FIRST_PAUSE_S]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ("garbage", "the answer is not JSON"),
        ((404, {}), "HTTP 404"),
        (500, "HTTP 500 Internal Server Error, 1 attempts"),
    ],
)
def test_an_answer_of_no_use_stops(areas, sites, routing_server, fault, said):
    routing_server.faults = [fault]
    with pytest.raises(TravelServerError, match=said):
        ask_travel_server(areas=areas, sites=sites, settings=settings_for(routing_server, travel_server_attempts=1))


def test_a_server_that_takes_fewer_points_gets_fewer(areas, sites, routing_server):
    routing_server.most_points = 2
    got = ask_travel_server(areas=areas, sites=sites, settings=settings_for(routing_server, travel_server_points=50))
    assert got.costs["km"].to_numpy() == pytest.approx(km_by_hand(areas, sites).ravel(), abs=1e-3)
    assert got.requests > 28


@pytest.mark.parametrize("kind", ["osrm", "valhalla"])
def test_points_without_a_road_are_named_and_left_to_the_estimate(areas, sites, routing_server, kind):
    routing_server.off_road = {(round(areas.loc["A2", "lon"], 6), round(areas.loc["A2", "lat"], 6))}
    settings = settings_for(routing_server, travel_server_kind=kind)
    got = ask_travel_server(areas=areas, sites=sites, settings=settings)
    assert got.off_road.to_dict("list") == {"kind": ["area"], "id": ["A2"]}
    assert len(got.costs) == 6 * 4
    assert "A2" not in set(got.costs["area_id"])
    costs = travel_costs(areas=areas, sites=sites, settings=settings)
    assert set(costs.loc[costs["area_id"] == "A2", "source"]) == {"estimate"}
    assert costs["source"].value_counts().to_dict() == {"server": 24, "estimate": 4}
    assert np.isfinite(costs["minutes"]).all()


def test_answers_are_remembered_by_content(areas, sites, routing_server, tmp_path):
    settings = settings_for(routing_server)
    first = ask_travel_server(areas=areas, sites=sites, settings=settings, cache=tmp_path / "answers")
    again = ask_travel_server(areas=areas, sites=sites, settings=settings, cache=tmp_path / "answers")
    pd.testing.assert_frame_equal(first.costs, again.costs)
    assert (again.requests, again.remembered) == (0, 6)
    # another coordinate is another question: only the parts that hold it are asked again
    moved = areas.assign(lat=areas["lat"].where(areas.index != "A6", 0.5))
    third = ask_travel_server(areas=moved, sites=sites, settings=settings, cache=tmp_path / "answers")
    assert (third.requests, third.remembered) == (2, 4)


def test_a_broken_cache_file_is_asked_for_again(areas, sites, routing_server, tmp_path):
    settings = settings_for(routing_server, travel_server_points=50)
    ask_travel_server(areas=areas, sites=sites, settings=settings, cache=tmp_path)
    (kept,) = tmp_path.glob("*.bin")
    kept.write_bytes(b"cut short")
    with pytest.warns(CacheWarning, match="computed again"):
        got = ask_travel_server(areas=areas, sites=sites, settings=settings, cache=tmp_path)
    assert (got.requests, got.remembered) == (1, 0)


def test_cache_folder_is_the_one_named(monkeypatch, tmp_path):
    monkeypatch.setenv(CACHE_VARIABLE, str(tmp_path))
    assert cache_folder("travel") == tmp_path / "travel"


def test_matrix_first_then_server_then_estimate(areas, sites, routing_server):
    areas["access"] = ["road"] * 5 + ["river"] * 2
    routing_server.islands = {
        (round(areas.loc[name, "lon"], 6), round(areas.loc[name, "lat"], 6)) for name in ("A4", "A6")
    }
    matrix = pd.DataFrame({"area_id": "A0", "site_id": sites.index, "minutes": [10.0, np.inf, np.nan, 12.0]})
    settings = settings_for(routing_server)
    costs = travel_costs(areas=areas, sites=sites, matrix=matrix, settings=settings).set_index(["area_id", "site_id"])
    assert costs.loc["A0", "source"].tolist() == ["matrix", "matrix", "server", "matrix"]
    # stated to be cut off: no km either
    assert np.isinf(costs.loc[("A0", "S1"), ["km", "minutes"]].to_numpy(float)).all()
    # no road to A4, which is reached by road: cut off. None to A6 either, but it lies on a river
    assert costs.loc["A4", "source"].tolist() == ["server"] * 4
    assert np.isinf(costs.loc["A4", "minutes"]).all()
    assert costs.loc["A6", "source"].tolist() == ["estimate"] * 4
    assert np.isfinite(costs.loc["A6", "minutes"]).all()
    # a road leads to A5, river or not
    assert costs.loc["A5", "source"].tolist() == ["server"] * 4


def test_known_pairs_are_not_asked_for(areas, sites, routing_server):
    matrix = pd.DataFrame({"area_id": "A0", "site_id": sites.index, "minutes": 1.0, "km": 1.0})
    travel_costs(
        areas=areas, sites=sites, matrix=matrix, settings=settings_for(routing_server, travel_server_points=50)
    )
    (asked,) = routing_server.requests
    assert "117.000000,0.000000" not in asked


def test_waiting_is_added_to_minutes_of_the_server(areas, sites, routing_server):
    settings = settings_for(routing_server)
    access = pd.DataFrame({"area_id": ["A0"], "access": ["road"], "extra_minutes": [30.0]})
    plain = travel_costs(areas=areas, sites=sites, settings=settings)
    waited = travel_costs(areas=areas, sites=sites, access=access, settings=settings)
    assert (waited["minutes"] - plain["minutes"]).tolist() == pytest.approx([30.0] * 4 + [0.0] * 24)


def test_going_on_with_the_estimate_is_asked_for_and_told(areas, sites, monkeypatch):
    monkeypatch.setattr("outreach_analysis.geography.travel_server.FIRST_PAUSE_S", 0.0)
    down = Settings(travel_server="http://127.0.0.1:9", travel_server_attempts=1)
    with pytest.raises(TravelServerError):
        travel_costs(areas=areas, sites=sites, settings=down)
    with pytest.warns(TravelServerWarning, match="28 pairs are estimated: the travel server"):
        costs = travel_costs(areas=areas, sites=sites, settings=down.replace(travel_when_down="estimate"))
    pd.testing.assert_frame_equal(costs, travel_costs(areas=areas, sites=sites))


def test_refusals(areas, sites):
    with pytest.raises(ValueError, match="no travel server is set"):
        ask_travel_server(areas=areas, sites=sites, settings=Settings())
    lost = areas.assign(lat=areas["lat"].where(areas.index != "A1"))
    with pytest.raises(ValueError, match="1 areas without coordinates: A1"):
        ask_travel_server(areas=lost, sites=sites, settings=Settings(travel_server="http://127.0.0.1:9"))
    with pytest.raises(TravelServerError, match="no http or https address"):
        ask_travel_server(areas=areas, sites=sites, settings=Settings(travel_server="file:///etc/passwd"))


@pytest.mark.parametrize(("kind", "verbose"), [("osrm", False), ("valhalla", False), ("valhalla", True)])
def test_a_point_that_the_server_moved_far_is_told_and_its_pairs_are_estimated(
    areas, sites, routing_server, tmp_path, *, kind, verbose
):
    routing_server.verbose = verbose
    settings = settings_for(routing_server, travel_server_kind=kind)
    routing_server.moved_km = {(117.02, 0.004): 5.2, (117.03, 0.006): 4.8, (117.51, 0.002): 31.0}
    for remembered in (0, 6):
        got = ask_travel_server(areas=areas, sites=sites, settings=settings, cache=tmp_path)
        assert got.moved[["kind", "id"]].to_numpy().tolist() == [["area", "A2"], ["site", "S1"]]
        assert got.moved["km"].to_numpy() == pytest.approx([5.2, 31.0], abs=0.1)
        assert len(got.costs) == 6 * 3
        assert not {"A2"} & set(got.costs["area_id"])
        assert not {"S1"} & set(got.costs["site_id"])
        assert got.remembered == remembered
    published = r"no road within 5 km of 2 points.*area A2 \(5\.2 km\), site S1 \(31 km\)"
    with pytest.warns(TravelServerWarning, match=published):
        costs = travel_costs(areas=areas, sites=sites, settings=settings).set_index(["area_id", "site_id"])
    assert set(costs.xs("A2")["source"]) == set(costs.xs("S1", level=1)["source"]) == {"estimate"}
    assert set(costs.drop("A2").drop("S1", level=1)["source"]) == {"server"}


@pytest.mark.parametrize("said", [None, "no list", [], [None] * 7, [{"location": "x"}] * 7, [{"distance": None}] * 7])
def test_a_server_that_does_not_say_where_it_put_points_is_believed(said):
    asked = np.zeros((7, 2))
    assert routing_engines._moved_km(said, asked).tolist() == [0.0] * 7


class Liar(http.server.BaseHTTPRequestHandler):
    """A server that says what a test wants it to."""

    def do_GET(self) -> None:
        self.server.logins.append(self.headers.get("Authorization"))
        self.server.lie(self)

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""

    def answer(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def liar():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Liar) as server:
        server.daemon_threads, server.logins = True, []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def drip(handler: Liar) -> None:
    handler.send_response(200)
    handler.end_headers()
    while True:
        try:
            handler.wfile.write(b" ")
            handler.wfile.flush()
        except OSError:
            return
        time.sleep(0.05)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lie", "said"),
    [
        (drip, "no answer within 0.5 s"),
        (lambda one: one.answer(b"x" * 3_000), "larger than 0 MB"),
        (lambda one: one.answer(b"", 302, Location="http://127.0.0.1:9/"), "not followed"),
        (lambda one: one.answer(b"[" * 900), "not JSON"),
        (lambda one: one.answer(b'{"code": "Ok", "distances": [[Infinity]], "durations": [[1]]}'), "without an end"),
        (lambda one: one.answer(b'{"code": "Ok", "distances": [[1e999]], "durations": [[1]]}'), "without an end"),
        (lambda one: one.answer(b'{"code": "Ok", "distances": [[-1]], "durations": [[1]]}'), "below 0"),
        (lambda one: one.answer(b'{"code": "Ok", "distances": [[1, 2]], "durations": [[1]]}'), "a table of"),
    ],
)
def test_a_server_that_lies_is_met_in_time(liar, monkeypatch, lie, said):
    monkeypatch.setattr(routing_engines, "LARGEST_ANSWER", 1_000)
    monkeypatch.setattr(routing_engines, "_SPARE_S", 0.2)
    liar.lie = lie
    settings = Settings(
        travel_server=f"http://127.0.0.1:{liar.server_port}", travel_server_attempts=1, travel_server_timeout=0.5
    )
    one = points(1, start=117.0, prefix="A")
    with pytest.raises(TravelServerError, match=said):
        ask_travel_server(areas=one, sites=one, settings=settings)


def test_what_a_server_says_is_cut_and_moves_no_cursor(liar, monkeypatch):
    monkeypatch.setenv("OUTREACH_TRAVEL_LOGIN", "kantor:RAHASIA")
    liar.lie = lambda one: one.answer(b'{"code": "No", "message": "\\u001b[31m 081299887766 ' + b"x" * 5_000 + b'"}')
    settings = Settings(travel_server=f"http://127.0.0.1:{liar.server_port}", travel_server_attempts=1)
    one = points(1, start=117.0, prefix="A")
    with pytest.raises(TravelServerError) as error:
        ask_travel_server(areas=one, sites=one, settings=settings)
    said = str(error.value)
    assert len(said) < 600
    assert "\x1b" not in said
    assert "99887766" not in said
    assert "RAHASIA" not in said
    assert liar.logins[0].startswith("Basic ")
