"""How the table services of OSRM and Valhalla are asked, and what their answers mean."""

from __future__ import annotations

import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

import numpy as np
import pandas as pd

from outreach_analysis.errors import OutreachError
from outreach_analysis.geography.distance import great_circle_km
from outreach_analysis.geography.web_request import Answer, TravelServerError


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


class Engine(Protocol):
    """One kind of server."""

    def request(self, server: str, profile: str, sources: np.ndarray, targets: np.ndarray) -> tuple[str, bytes | None]:
        """Address and body (None: by GET) that ask for a table; points are rows of longitude and latitude."""

    def table(self, answer: Answer, shape: tuple[int, int]) -> Table:
        """What the server answered, checked.

        Raises
        ------
        OffRoadError
            Where a point has no road near it.
        TooManyError
            Where fewer points must be asked for at once.
        TravelServerError
            Where the answer is a refusal, or no table of this shape.
        """

    def moved(self, answer: Answer, sources: np.ndarray, targets: np.ndarray) -> Moved:
        """How far the points were moved before a way was looked for, by an answer that `table` has taken."""


class Osrm:
    """OSRM's table service, version 1: seconds and metres, null where no route was found.

    http://project-osrm.org/docs/v5.24.0/api/#table-service
    """

    def request(self, server: str, profile: str, sources: np.ndarray, targets: np.ndarray) -> tuple[str, bytes | None]:
        """Address of the request, by GET."""
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
        """By the `distance` of each waypoint, in metres, or by its `location`."""
        said = _json(answer)
        return Moved(_moved_km(said.get("sources"), sources), _moved_km(said.get("destinations"), targets))


class Valhalla:
    """Valhalla's matrix service: seconds and kilometres, null where no route was found.

    https://valhalla.github.io/valhalla/api/matrix/api-reference/
    """

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


ENGINES: Mapping[str, Engine] = MappingProxyType({"osrm": Osrm(), "valhalla": Valhalla()})


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
    except ValueError:
        raise TravelServerError(_refusal(answer, None, "the answer is not JSON")) from None
    if not isinstance(said, dict):
        raise TravelServerError(_refusal(answer, None, "the answer is no JSON object"))
    return said


def _refusal(answer: Answer, code: object, message: object) -> str:
    return " ".join(str(part) for part in (f"HTTP {answer.status}:", code, message) if part)


def _grid(rows: Any, shape: tuple[int, int], *, per_unit: float) -> np.ndarray:
    """Numbers of an answer as an array, infinite where it says null: no way leads there."""
    try:
        grid = np.array([[np.inf if cell is None else cell for cell in row] for row in rows], dtype=float)
    except (TypeError, ValueError):
        raise TravelServerError("the answer holds no table of numbers") from None
    if grid.shape != shape:
        raise TravelServerError(f"the answer is a table of {grid.shape}, not of {shape}")
    if np.isnan(grid).any() or (grid < 0).any():
        raise TravelServerError("the answer holds numbers below 0")
    return grid / per_unit
