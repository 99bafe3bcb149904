"""Travel by a routing server of the office's own: OSRM or Valhalla, asked in parts and remembered."""

from __future__ import annotations

import hashlib
import io
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from outreach_analysis.errors import RequestError
from outreach_analysis.files import replace_file
from outreach_analysis.geography.routing_engines import ENGINES, Moved, OffRoadError, Table, TooManyError
from outreach_analysis.geography.web_request import TravelServerError, ask
from outreach_analysis.settings import Settings

FARTHEST_MOVED_KM = 5.0
"""An engine puts a point on the nearest road that it knows, however far that is: farther, it is another place's way."""

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ServerTravel:
    """What a travel server said about every pair it was asked for.

    Attributes
    ----------
    costs
        `area_id, site_id, km, minutes, source` ('server'), one row a pair that the engine could answer; km and
        minutes are infinite where no way leads.
    off_road
        Areas and sites (`kind`, `id`) without a road near them: the engine says nothing about their pairs.
    moved
        Areas and sites (`kind`, `id`, `km`) that the engine moved by more than 5 km to a road of its own: what it says
        of their pairs is the way of another place, and is not in `costs`.
    pairs
        Pairs asked for: rows of `costs` and those of `off_road` and `moved` together.
    requests, repeats, remembered
        Tables asked of the server, attempts beyond the first, and tables taken from the cache.
    server
        Address and kind of the server.
    """

    costs: pd.DataFrame
    off_road: pd.DataFrame
    moved: pd.DataFrame
    pairs: int
    requests: int
    repeats: int
    remembered: int
    server: str

    @property
    def unreachable(self) -> int:
        """Pairs between which no way leads."""
        return int(np.isinf(self.costs["minutes"]).sum())

    def summary(self) -> pd.DataFrame:
        """Pairs by what became of them: `estimate, ci_low, ci_high, unit`; counts, so without an interval."""
        rows = {
            "answered": len(self.costs) - self.unreachable,
            "unreachable": self.unreachable,
            "off road": self.pairs - len(self.costs),
        }
        return pd.DataFrame({"estimate": rows, "ci_low": np.nan, "ci_high": np.nan, "unit": "pairs"})

    def _repr_html_(self) -> str:
        return self.summary().to_html()


def ask_travel_server(
    areas: pd.DataFrame,
    sites: pd.DataFrame,
    *,
    settings: Settings,
    cache: Path | None = None,
    progress: Progress | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> ServerTravel:
    """Ask the server of the settings for the way from every area to every site.

    In tables of at most `settings.travel_server_points` areas by as many sites (fewer where the server says so).
    A slow, busy or absent server is asked again, with pauses that double or last as long as it asks for. Nothing
    about people is sent: coordinates of areas and sites only.

    Parameters
    ----------
    areas, sites
        Index `area_id` and `site_id`; `lon`, `lat` (degrees WGS84), none missing.
    settings
        For address and kind of the server, profile, points at once, time-out and attempts.
    cache
        Folder for answers, named by the content of the question; None remembers nothing. A question that was
        answered before is not asked again; the folder can be deleted at any time.
    progress
        Called as progress(done, total, text) before each table and once at the end.
    sleep
        Waits that many seconds.

    Returns
    -------
    ServerTravel

    Raises
    ------
    TravelServerError
        Where a table stays without a usable answer: says which server, why, and how to go on without it.
    ValueError
        Where no server is set or a coordinate is missing.

    References
    ----------
    Luxen and Vetter (2011), Real-time routing with OpenStreetMap data, ACM SIGSPATIAL GIS.

    Examples
    --------
    >>> areas = pd.DataFrame({"lon": [117.0], "lat": [0.0]}, index=["A"])
    >>> ask_travel_server(areas, areas, settings=Settings())
    Traceback (most recent call last):
    ...
    outreach_analysis.errors.RequestError: no travel server is set; write [travel] server in outreach.toml
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
    row, column = np.nonzero(answered)
    costs = pd.DataFrame(
        {
            "area_id": pd.Index(areas.index.to_numpy(dtype=object)[row], dtype="str"),
            "site_id": pd.Index(sites.index.to_numpy(dtype=object)[column], dtype="str"),
            "km": km[answered],
            "minutes": minutes[answered],
            "source": pd.Index(["server"] * len(row), dtype="str"),
        }
    )
    return ServerTravel(
        costs=costs,
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
        pairs=len(areas) * len(sites),
        requests=asking.requests,
        repeats=asking.repeats,
        remembered=asking.remembered,
        server=f"{settings.travel_server} ({settings.travel_server_kind})",
    )


class _RoutingClient:
    """The requests of one run: how they are made, and what is known of points without a road."""

    def __init__(self, settings: Settings, cache: Path | None, sleep: Callable[[float], None]) -> None:
        self._settings, self._cache, self._sleep = settings, cache, sleep
        self._engine = ENGINES[settings.travel_server_kind]
        self.requests = self.repeats = self.remembered = 0
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
        kept = self._kept_at(url, body)
        stored = _stored(kept, shape)
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
        self.repeats += answer.repeats
        if kept is not None:
            _store(kept, table, moved)
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
        return self._cache / f"{key}.npz"

    def _failed(self, why: str) -> TravelServerError:
        return TravelServerError(
            f"the travel server {self._settings.travel_server} gave no travel times: {why}; start it, or correct "
            "[travel] server in outreach.toml, or go on with the estimate: [travel] when_down = 'estimate'"
        )


def _stored(path: Path | None, shape: tuple[int, int]) -> tuple[Table, Moved] | None:
    """The table kept at a path; None where there is none, or what stands there is no such table."""
    if path is None or not path.is_file():
        return None
    try:
        with np.load(path) as stored:
            table = Table(km=stored["km"], minutes=stored["minutes"])
            moved = Moved(sources=stored["moved_sources"], targets=stored["moved_targets"])
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None
    fits = table.km.shape == table.minutes.shape == (*moved.sources.shape, *moved.targets.shape) == shape
    return (table, moved) if fits else None


def _store(path: Path, table: Table, moved: Moved) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    content = io.BytesIO()
    np.savez_compressed(
        content, km=table.km, minutes=table.minutes, moved_sources=moved.sources, moved_targets=moved.targets
    )
    replace_file(path, content.getvalue())


def _points(frame: pd.DataFrame, name: str) -> np.ndarray:
    points = np.column_stack([frame[axis].to_numpy(dtype=float, na_value=np.nan) for axis in ("lon", "lat")])
    lost = np.isnan(points).any(axis=1)
    if lost.any():
        raise RequestError(f"{int(lost.sum())} {name} without coordinates: {', '.join(map(str, frame.index[lost]))}")
    return points


def _off_road(points: np.ndarray, asking: _RoutingClient) -> np.ndarray:
    return np.array([asking.off_road.get((float(lon), float(lat)), False) for lon, lat in points], dtype=bool)


def _parts(rows: int, columns: int, size: int) -> Iterator[tuple[slice, slice]]:
    for top in range(0, rows, size):
        for left in range(0, columns, size):
            yield slice(top, min(top + size, rows)), slice(left, min(left + size, columns))
