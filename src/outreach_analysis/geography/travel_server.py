"""Minutes and km of road asked of a routing server (OSRM, Valhalla), remembered and checked."""

from __future__ import annotations

import datetime as dt
import email.utils
import hashlib
import http.client
import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from outreach_analysis.contracts import OutreachError, RequestError
from outreach_analysis.files import keep, kept
from outreach_analysis.geography.areas import column_of, great_circle_km, refuse_missing_points
from outreach_analysis.masking import mask_identifiers
from outreach_analysis.settings import Settings

# --- Asking a server politely: time-outs, a limited number of attempts, and the pause that it asks for.


FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 120.0
LARGEST_ANSWER = 200 * 2**20
LOGIN_VARIABLE = "OUTREACH_TRAVEL_LOGIN"
"""Environment variable for the user:password of a server that asks for one."""
_BLOCK, _SPARE_S, _LONGEST_MESSAGE = 2**16, 1.0, 200
_TOO_MANY, _UNAVAILABLE = 429, 503
_TRY_AGAIN = (408, _TOO_MANY, 500, 502, _UNAVAILABLE, 504)


class TravelServerError(OutreachError, RuntimeError):
    """The travel server gave no usable answer: the text says why, and how to go on without it."""


class Answer(NamedTuple):
    """What a server said: the HTTP status, its words, and the pause that it asks for."""

    status: int
    body: bytes
    retry_after: str | None = None


def ask(
    url: str,
    *,
    body: bytes | None = None,
    timeout_s: float,
    attempts: int,
    sleep: Callable[[float], None] = time.sleep,
) -> Answer:
    """Ask a server, again where it is slow, busy or not there, with pauses that double. A pause that the server asks
    for (`Retry-After`, seconds or a date) is kept, and stands in for ours."""
    if not url.startswith(("http://", "https://")):
        raise TravelServerError(f"'{url}' is no http or https address")
    why = ""
    for attempt in range(attempts):
        pause = FIRST_PAUSE_S * 2**attempt
        reply = _once(url, body, timeout_s)
        if isinstance(reply, str):
            why = reply
        elif reply.status not in _TRY_AGAIN:
            return reply
        else:
            why = f"HTTP {reply.status} {http.client.responses.get(reply.status, '')}"
            pause = max(pause, _asked_pause(reply.retry_after))
        if pause > LONGEST_PAUSE_S:
            raise TravelServerError(f"{why}; it asks to wait {pause:.0f} s")
        if attempt + 1 < attempts:
            sleep(pause)
    raise TravelServerError(f"{why}, {attempts} attempts")


def _once(url: str, body: bytes | None, timeout_s: float) -> Answer | str:
    """One request, or why it failed. Whatever the server does, it is over in time: a server may send a byte now and
    then for hours, so the clock runs beside it."""
    said: list[Answer | str] = []
    asking = threading.Thread(target=lambda: said.append(_reply(url, body, timeout_s)), daemon=True)
    asking.start()
    asking.join(timeout_s + _SPARE_S)
    return said[0] if said else f"no answer within {timeout_s:g} s"


def _reply(url: str, body: bytes | None, timeout_s: float) -> Answer | str:
    import urllib3

    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    if login := os.environ.get(LOGIN_VARIABLE):
        headers |= urllib3.make_headers(basic_auth=login)
    until = time.monotonic() + timeout_s
    content = bytearray()
    try:
        with urllib3.PoolManager() as pool, pool.request(
            "GET" if body is None else "POST", url, body=body, headers=headers, timeout=timeout_s, retries=False,
            redirect=False, preload_content=False,
        ) as reply:  # fmt: skip
            if 300 <= reply.status < 400:
                return "it sends on to another address, which is not followed: write that one"
            while block := reply.read1(_BLOCK, decode_content=True):
                content += block
                if len(content) > LARGEST_ANSWER:
                    return f"its answer is larger than {LARGEST_ANSWER // 2**20} MB"
                if time.monotonic() > until:
                    return f"no answer within {timeout_s:g} s"
            return Answer(reply.status, bytes(content), reply.headers.get("Retry-After"))
    except urllib3.exceptions.TimeoutError:
        return f"no answer within {timeout_s:g} s"
    except (urllib3.exceptions.HTTPError, OSError) as error:
        cause = error.__cause__ or error
        return os.strerror(cause.errno) if isinstance(cause, OSError) and cause.errno else "it breaks off its answer"


def _asked_pause(header: str | None) -> float:
    """Seconds that a `Retry-After` header asks for; 0 where it says nothing that can be read."""
    if not header:
        return 0.0
    if header.strip().isdigit():
        return float(header)
    try:
        until = email.utils.parsedate_to_datetime(header)
    except ValueError:
        return 0.0
    if until.tzinfo is None:
        until = until.replace(tzinfo=dt.UTC)
    return max((until - dt.datetime.now(dt.UTC)).total_seconds(), 0.0)


# --- How the table services of OSRM and Valhalla are asked, and what their answers mean.


class Table(NamedTuple):
    """Travel between every source (rows) and target (columns): km and minutes, infinite where no way leads."""

    km: np.ndarray
    minutes: np.ndarray


class Moved(NamedTuple):
    """How far the engine moved each source and target to a road of its own, in km; 0 where it does not say."""

    sources: np.ndarray
    targets: np.ndarray


class OffRoadError(OutreachError):
    """At least one of the points has no road near it, so that the engine answers none of them."""


class TooManyError(OutreachError):
    """The engine takes fewer points at once."""


class Osrm:
    """OSRM's table service, version 1: seconds and metres, null where no route was found.
    http://project-osrm.org/docs/v5.24.0/api/#table-service"""

    def request(self, server: str, profile: str, sources: np.ndarray, targets: np.ndarray) -> tuple[str, bytes | None]:
        """Address that asks for a table, by GET; points are rows of longitude and latitude."""
        points = ";".join(f"{lon:.6f},{lat:.6f}" for lon, lat in np.vstack([sources, targets]))
        rows = ";".join(str(number) for number in range(len(sources)))
        columns = ";".join(str(number) for number in range(len(sources), len(sources) + len(targets)))
        query = f"sources={rows}&destinations={columns}&annotations=duration,distance"
        return f"{server.rstrip('/')}/table/v1/{profile or 'driving'}/{points}?{query}", None

    def table(self, answer: Answer, shape: tuple[int, int]) -> Table:
        """Kilometres and minutes from metres and seconds."""
        said = _json(answer)
        code = said.get("code")
        if code == "NoSegment":
            raise OffRoadError
        if code == "TooBig" or answer.status in (413, 414):
            raise TooManyError
        if code != "Ok":
            raise TravelServerError(_refusal(answer, code, said.get("message")))
        if "distances" not in said:
            raise TravelServerError("the server gives no distances; OSRM does so from version 5.18")
        return Table(
            km=_grid(said["distances"], shape, per_unit=1000.0),
            minutes=_grid(said.get("durations"), shape, per_unit=60.0),
        )

    def moved(self, answer: Answer, sources: np.ndarray, targets: np.ndarray) -> Moved:
        """How far points were moved: by the `distance` of each waypoint, in metres, or by its `location`."""
        said = _json(answer)
        return Moved(_moved_km(said.get("sources"), sources), _moved_km(said.get("destinations"), targets))


class Valhalla:
    """Valhalla's matrix service: seconds and kilometres, null where no route was found.
    https://valhalla.github.io/valhalla/api/matrix/api-reference/"""

    _OFF_ROAD = (171,)
    _TOO_MANY = (150,)

    def request(self, server: str, profile: str, sources: np.ndarray, targets: np.ndarray) -> tuple[str, bytes | None]:
        """Address of the request and its body."""
        body = {
            "sources": [{"lon": lon, "lat": lat} for lon, lat in sources.round(6).tolist()],
            "targets": [{"lon": lon, "lat": lat} for lon, lat in targets.round(6).tolist()],
            "costing": profile or "auto",
            "units": "kilometers",
            "verbose": False,
        }
        return f"{server.rstrip('/')}/sources_to_targets", json.dumps(body).encode()

    def table(self, answer: Answer, shape: tuple[int, int]) -> Table:
        """Kilometres and minutes, from the short form or, of versions that know no other, the long one."""
        said = _json(answer)
        code = said.get("error_code")
        if code in self._OFF_ROAD:
            raise OffRoadError
        if code in self._TOO_MANY or answer.status == 413:
            raise TooManyError
        table = said.get("sources_to_targets")
        if isinstance(table, Mapping):
            km, seconds = table.get("distances"), table.get("durations")
        elif isinstance(table, list) and all(isinstance(row, list) for row in table):
            km, seconds = ([[_of_cell(cell, name) for cell in row] for row in table] for name in ("distance", "time"))
        else:
            raise TravelServerError(_refusal(answer, code, said.get("error")))
        return Table(km=_grid(km, shape, per_unit=1.0), minutes=_grid(seconds, shape, per_unit=60.0))

    def moved(self, answer: Answer, sources: np.ndarray, targets: np.ndarray) -> Moved:
        """By the place of each location on the road, which the answer lists."""
        said = _json(answer)
        return Moved(_moved_km(said.get("sources"), sources), _moved_km(said.get("targets"), targets))


ENGINES: Mapping[str, Osrm | Valhalla] = MappingProxyType({"osrm": Osrm(), "valhalla": Valhalla()})


def _of_cell(cell: Any, name: str) -> Any:
    return cell.get(name) if isinstance(cell, Mapping) else None


def _moved_km(waypoints: Any, points: np.ndarray) -> np.ndarray:
    """Distances between points and where an engine put them; 0 where it does not say."""
    # some versions list the locations as one row of a table
    while isinstance(waypoints, list) and len(waypoints) == 1 and isinstance(waypoints[0], list):
        waypoints = waypoints[0]
    if not isinstance(waypoints, list) or len(waypoints) != len(points):
        return np.zeros(len(points))
    stated, places = np.full(len(points), np.nan), np.full((len(points), 2), np.nan)
    for at, said in enumerate(waypoints):
        if not isinstance(said, Mapping):
            continue
        place = said.get("location") or (said.get("lon"), said.get("lat"))
        if _is_number(said.get("distance")):
            stated[at] = said["distance"] / 1000
        elif isinstance(place, list | tuple) and len(place) == 2 and all(map(_is_number, place)):
            places[at] = place
    asked, found = (pd.DataFrame(pair, columns=["lon", "lat"]) for pair in (points, places))
    moved: np.ndarray = np.nan_to_num(np.fmax(stated, np.diag(great_circle_km(asked, found))))
    return moved


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and bool(np.isfinite(value))


def _json(answer: Answer) -> Mapping[str, Any]:
    try:
        said = json.loads(answer.body)
    except (ValueError, RecursionError):
        raise TravelServerError(_refusal(answer, None, "the answer is not JSON")) from None
    if not isinstance(said, dict):
        raise TravelServerError(_refusal(answer, None, "the answer is no JSON object"))
    return said


def _refusal(answer: Answer, code: object, message: object) -> str:
    said = " ".join(str(part) for part in (code, message) if part)
    plain = mask_identifiers("".join(letter if letter.isprintable() else " " for letter in said[:_LONGEST_MESSAGE]))
    return f"HTTP {answer.status}: {plain}"


def _grid(rows: Any, shape: tuple[int, int], *, per_unit: float) -> np.ndarray:
    """Numbers of an answer as an array, infinite where it says null: no way leads there."""
    try:
        grid = np.array([[np.nan if cell is None else cell for cell in row] for row in rows], dtype=float)
        missing = np.array([[cell is None for cell in row] for row in rows], dtype=bool)
    except (TypeError, ValueError, OverflowError):
        raise TravelServerError("the answer holds no table of numbers") from None
    if grid.shape != shape:
        raise TravelServerError(f"the answer is a table of {grid.shape}, not of {shape}")
    if not (np.isfinite(grid) & (grid >= 0))[~missing].all():
        raise TravelServerError("the answer holds numbers below 0, or without an end")
    return np.where(missing, np.inf, grid) / per_unit


# --- Travel by a routing server of the office's own: OSRM or Valhalla, asked in parts and remembered.


FARTHEST_MOVED_KM = 5.0
"""An engine puts a point on the nearest road that it knows, however far that is: farther, it is another place's way."""

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ServerTravel:
    """What a travel server said about every pair it was asked for.

    Attributes
    ----------
    costs
        As `travel_costs` gives them, one row a pair that the engine could answer; infinite where no way leads.
    off_road
        Areas and sites (`kind`, `id`) without a road near them: the engine says nothing about their pairs.
    moved
        Areas and sites (`kind`, `id`, `km`) that the engine moved by more than 5 km to a road of its own: what it says
        of their pairs is the way of another place, and is not in `costs`.
    requests, remembered
        Tables asked of the server, and tables taken from the cache.
    """

    costs: pd.DataFrame
    off_road: pd.DataFrame
    moved: pd.DataFrame
    requests: int
    remembered: int


def ask_travel_server(
    *,
    areas: pd.DataFrame,
    sites: pd.DataFrame,
    settings: Settings,
    cache: Path | None = None,
    progress: Progress | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> ServerTravel:
    """Ask the server of the settings for the way from every area to every site.

    In tables of at most `settings.travel_server_points` areas by as many sites (fewer where the server says so).
    A slow, busy or absent server is asked again, with pauses that double or last as long as it asks for (`sleep`).
    Nothing about people is sent: coordinates of areas and sites only, none of which may be missing.

    Parameters
    ----------
    areas, sites, settings
        As in `travel_costs`.
    cache
        Folder for answers, named by the content of the question; None remembers nothing. A question that was
        answered before is not asked again; the folder can be deleted at any time.
    progress
        Called as progress(done, total, text) before each table and once at the end.

    Raises
    ------
    TravelServerError
        Where a table stays without a usable answer: says which server, why, and how to go on without it.
    RequestError
        Where no server is set or a coordinate is missing.

    References
    ----------
    Luxen and Vetter (2011), Real-time routing with OpenStreetMap data, ACM SIGSPATIAL GIS.

    Examples
    --------
    >>> areas = pd.DataFrame({"lon": [117.0], "lat": [0.0]}, index=["A"])
    >>> ask_travel_server(areas=areas, sites=areas, settings=Settings())
    Traceback (most recent call last):
    ...
    outreach_analysis.contracts.RequestError: no travel server is set; write [travel] server in outreach.toml
    """
    if not settings.travel_server:
        raise RequestError("no travel server is set; write [travel] server in outreach.toml")
    asking = _RoutingClient(settings, cache, sleep)
    points = [_points(frame, name) for frame, name in ((areas, "areas"), (sites, "sites"))]
    km, minutes = (np.full((len(areas), len(sites)), np.nan) for _ in range(2))
    parts = list(_parts(len(areas), len(sites), settings.travel_server_points))
    for done, (rows, columns) in enumerate(parts):
        if progress is not None:
            progress(done, len(parts), settings.travel_server)
        table = asking.table(points[0][rows], points[1][columns])
        km[rows, columns], minutes[rows, columns] = table
    if progress is not None:
        progress(len(parts), len(parts), "")
    lost = [("area", areas.index[_off_road(points[0], asking)]), ("site", sites.index[_off_road(points[1], asking)])]
    answered = ~np.isnan(minutes)
    costs = cost_pairs(areas.index, sites.index, km, minutes, np.full(km.shape, "server"))
    return ServerTravel(
        costs=costs[answered.ravel()].reset_index(drop=True),
        off_road=pd.DataFrame([(kind, str(key)) for kind, keys in lost for key in keys], columns=["kind", "id"]),
        moved=pd.DataFrame(
            [
                (kind, str(key), round(km, 1))
                for kind, frame, at in (("area", areas, points[0]), ("site", sites, points[1]))
                for key, km in zip(frame.index, asking.moved_km(at), strict=True)
                if km > FARTHEST_MOVED_KM
            ],
            columns=["kind", "id", "km"],
        ),
        requests=asking.requests,
        remembered=asking.remembered,
    )


COST_COLUMNS = ("area_id", "site_id", "km", "minutes", "source")


def cost_pairs(
    area_ids: pd.Index, site_ids: pd.Index, km: np.ndarray, minutes: np.ndarray, source: np.ndarray
) -> pd.DataFrame:
    """Ways from each area to each site as a table of pairs."""
    columns = (
        area_ids.repeat(len(site_ids)).astype("str"),
        pd.Index(np.tile(site_ids.to_numpy(dtype=object), len(area_ids)), dtype="str"),
        km.ravel(),
        minutes.ravel(),
        pd.Index(source.ravel(), dtype="str"),
    )
    return pd.DataFrame(dict(zip(COST_COLUMNS, columns, strict=True)))


class _RoutingClient:
    """The requests of one run: how they are made, and what is known of points without a road."""

    def __init__(self, settings: Settings, cache: Path | None, sleep: Callable[[float], None]) -> None:
        self._settings, self._cache, self._sleep = settings, cache, sleep
        self._engine = ENGINES[settings.travel_server_kind]
        self.requests = self.remembered = 0
        self.off_road: dict[tuple[float, float], bool] = {}
        self._moved: dict[tuple[float, float], float] = {}

    def moved_km(self, points: np.ndarray) -> list[float]:
        """How far the engine moved each of these points."""
        return [self._moved.get((float(lon), float(lat)), 0.0) for lon, lat in points]

    def table(self, sources: np.ndarray, targets: np.ndarray) -> Table:
        """The table between points; NaN where a point has no road near it."""
        shape = (len(sources), len(targets))
        try:
            return self._ask(sources, targets)
        except TooManyError:
            if shape == (1, 1):
                raise self._failed("the server takes not even one pair at once") from None
            return self._halved(sources, targets)
        except OffRoadError:
            on_road = [np.array([not self._is_off_road(point) for point in points]) for points in (sources, targets)]
        if all(side.all() for side in on_road):
            raise self._failed("the server finds no road near points that it answers alone")
        table = Table(*(np.full(shape, np.nan) for _ in range(2)))
        if all(side.any() for side in on_road):
            inner = self.table(sources[on_road[0]], targets[on_road[1]])
            for grid, part in zip(table, inner, strict=True):
                grid[np.ix_(*on_road)] = part
        return table

    def _halved(self, sources: np.ndarray, targets: np.ndarray) -> Table:
        axis = 0 if len(sources) >= len(targets) else 1
        if axis == 0:
            halves = [self.table(part, targets) for part in np.array_split(sources, 2)]
        else:
            halves = [self.table(sources, part) for part in np.array_split(targets, 2)]
        return Table(*(np.concatenate(pair, axis=axis) for pair in zip(*halves, strict=True)))

    def _is_off_road(self, point: np.ndarray) -> bool:
        key = (float(point[0]), float(point[1]))
        if key not in self.off_road:
            try:
                self._ask(point[None], point[None])
                self.off_road[key] = False
            except OffRoadError:
                self.off_road[key] = True
        return self.off_road[key]

    def _ask(self, sources: np.ndarray, targets: np.ndarray) -> Table:
        settings, shape = self._settings, (len(sources), len(targets))
        url, body = self._engine.request(settings.travel_server, settings.travel_profile, sources, targets)
        place = self._kept_at(url, body)
        stored = _stored(place, shape)
        if stored is not None:
            self.remembered += 1
            return self._without_moved(*stored, sources, targets)
        self.requests += 1
        try:
            answer = ask(
                url,
                body=body,
                timeout_s=settings.travel_server_timeout,
                attempts=settings.travel_server_attempts,
                sleep=self._sleep,
            )
            table = self._engine.table(answer, shape)
            moved = self._engine.moved(answer, sources, targets)
        except TravelServerError as error:
            raise self._failed(str(error)) from None
        if place is not None:
            _store(place, table, moved)
        return self._without_moved(table, moved, sources, targets)

    def _without_moved(self, table: Table, moved: Moved, sources: np.ndarray, targets: np.ndarray) -> Table:
        """The table with NaN for points that were moved too far: the way told is not theirs."""
        for points, distances in ((sources, moved.sources), (targets, moved.targets)):
            for (lon, lat), km in zip(points, distances, strict=True):
                self._moved[float(lon), float(lat)] = float(km)
        far = (moved.sources > FARTHEST_MOVED_KM)[:, None] | (moved.targets > FARTHEST_MOVED_KM)[None, :]
        return Table(*(np.where(far, np.nan, grid) for grid in table))

    def _kept_at(self, url: str, body: bytes | None) -> Path | None:
        if self._cache is None:
            return None
        key = hashlib.sha256(url.encode() + b"\n" + (body or b"")).hexdigest()[:40]
        return self._cache / f"{key}.bin"

    def _failed(self, why: str) -> TravelServerError:
        return TravelServerError(
            f"the travel server {self._settings.travel_server} gave no travel times: {why}; start it, or correct "
            "[travel] server in outreach.toml, or go on with the estimate: [travel] when_down = 'estimate'"
        )


def _stored(path: Path | None, shape: tuple[int, int]) -> tuple[Table, Moved] | None:
    """The table kept at a path, checked as if it came from the server; None where there is none that fits."""
    content = None if path is None else kept(path)
    numbers = np.frombuffer(content or b"", dtype="<f8") if content is not None and len(content) % 8 == 0 else None
    rows, columns = shape
    if numbers is None or len(numbers) != 2 * rows * columns + rows + columns or not (numbers >= 0).all():
        return None
    km, minutes, sources, targets = np.split(numbers, np.cumsum([rows * columns, rows * columns, rows]))
    return Table(km.reshape(shape), minutes.reshape(shape)), Moved(sources, targets)


def _store(path: Path, table: Table, moved: Moved) -> None:
    numbers = np.concatenate([part.ravel() for part in (*table, *moved)])
    keep(path, numbers.astype("<f8").tobytes())


def _points(frame: pd.DataFrame, name: str) -> np.ndarray:
    refuse_missing_points(frame, name)
    return np.column_stack([column_of(frame, axis) for axis in ("lon", "lat")])


def _off_road(points: np.ndarray, asking: _RoutingClient) -> np.ndarray:
    return np.array([asking.off_road.get((float(lon), float(lat)), False) for lon, lat in points], dtype=bool)


def _parts(rows: int, columns: int, size: int) -> Iterator[tuple[slice, slice]]:
    for top in range(0, rows, size):
        for left in range(0, columns, size):
            yield slice(top, min(top + size, rows)), slice(left, min(left + size, columns))
