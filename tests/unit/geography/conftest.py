"""A local stand-in for OSRM and Valhalla that speaks their table services word for word, and can misbehave."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

METRES_PER_DEGREE = 100_000.0
SECONDS_PER_METRE = 0.06


@dataclass
class Stub:
    """How the server behaves, and what it was asked.

    Way: |dlon| + |dlat| degrees, 100 km a degree, one hour per 60 km. Points in `islands` are reached by none but
    themselves; points in `off_road` have no road near them, those in `moved_km` none for so many km.
    `faults` are what it does to its next requests, one each: 'slow', 'cut', 'garbage', a status, or (status, headers).
    """

    url: str = ""
    most_points: int = 100
    islands: set[tuple[float, float]] = field(default_factory=set)
    off_road: set[tuple[float, float]] = field(default_factory=set)
    moved_km: dict[tuple[float, float], float] = field(default_factory=dict)
    faults: list[Any] = field(default_factory=list)
    slow_s: float = 1.0
    verbose: bool = False
    requests: list[str] = field(default_factory=list)

    def on_road(self, point: tuple[float, float]) -> tuple[float, float]:
        return point[0], point[1] + self.moved_km.get(point, 0.0) / 111.195

    def metres(self, sources: list[tuple[float, float]], targets: list[tuple[float, float]]) -> list[list[Any]]:
        a, b = np.array(sources), np.array(targets)
        way = np.abs(a[:, None, :] - b[None, :, :]).sum(axis=2) * METRES_PER_DEGREE
        return [
            [
                None if source != target and {source, target} & self.islands else round(float(way[i, j]), 1)
                for j, target in enumerate(targets)
            ]
            for i, source in enumerate(sources)
        ]


def _seconds(metres: list[list[Any]]) -> list[list[Any]]:
    return [[None if cell is None else round(cell * SECONDS_PER_METRE, 1) for cell in row] for row in metres]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def stub(self) -> Stub:
        return self.server.stub  # type: ignore[attr-defined,no-any-return]

    def do_GET(self) -> None:
        self.stub.requests.append(self.path)
        if self._misbehaves():
            return
        parts = urlsplit(self.path)
        _, service, version, profile, coordinates = parts.path.split("/")
        if (service, version, profile) != ("table", "v1", "driving"):
            self._say(400, {"code": "InvalidUrl", "message": "URL string malformed"})
            return
        points = [tuple(map(float, point.split(","))) for point in coordinates.split(";")]
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        rows, columns = ([points[int(n)] for n in query[name].split(";")] for name in ("sources", "destinations"))
        if len(rows) * len(columns) > self.stub.most_points**2 / 4:
            self._say(400, {"code": "TooBig", "message": "Too many table coordinates"})
        elif self.stub.off_road & set(points):
            self._say(400, {"code": "NoSegment", "message": "Could not find a matching segment for coordinate 0"})
        else:
            metres = self.stub.metres(rows, columns)
            waypoints = [
                [{"name": "", "location": list(self.stub.on_road(point)),
                  "distance": 1000 * self.stub.moved_km.get(point, 0.001)} for point in some]
                for some in (rows, columns)
            ]  # fmt: skip
            said = {"sources": waypoints[0], "destinations": waypoints[1]}
            self._say(200, {"code": "Ok", "distances": metres, "durations": _seconds(metres), **said})

    def do_POST(self) -> None:
        self.stub.requests.append(self.path)
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self._misbehaves():
            return
        if self.path != "/sources_to_targets" or asked["costing"] != "auto" or asked["units"] != "kilometers":
            self._say(400, {"error_code": 106, "error": "Try a valid action"})
            return
        rows, columns = ([(p["lon"], p["lat"]) for p in asked[name]] for name in ("sources", "targets"))
        if len(rows) * len(columns) > self.stub.most_points**2 / 4:
            self._say(400, {"error_code": 150, "error": "Exceeded max locations"})
        elif self.stub.off_road & {*rows, *columns}:
            self._say(400, {"error_code": 171, "error": "No suitable edges near location"})
        else:
            metres = self.stub.metres(rows, columns)
            places = [[dict(zip(("lon", "lat"), self.stub.on_road(point), strict=True)) for point in some]
                      for some in (rows, columns)]  # fmt: skip
            if self.stub.verbose:
                places = [[some] for some in places]
            said = {"sources": places[0], "targets": places[1], "units": "kilometers"}
            self._say(200, {"sources_to_targets": self._valhalla(metres), **said})

    def _valhalla(self, metres: list[list[Any]]) -> Any:
        km = [[None if cell is None else cell / 1000 for cell in row] for row in metres]
        seconds = _seconds(metres)
        if not self.stub.verbose:
            return {"distances": km, "durations": seconds}
        return [
            [{"from_index": i, "to_index": j, "distance": km[i][j], "time": seconds[i][j]} for j in range(len(km[i]))]
            for i in range(len(km))
        ]

    def _misbehaves(self) -> bool:
        if not self.stub.faults:
            return False
        fault = self.stub.faults.pop(0)
        if fault is None:
            return False
        if fault == "slow":
            time.sleep(self.stub.slow_s)
        elif fault == "cut":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b'{"code":')
        elif fault == "garbage":
            self._send(200, b"<html>gateway</html>", {})
        else:
            status, headers = fault if isinstance(fault, tuple) else (fault, {})
            self._send(status, b"{}", headers)
        self.close_connection = True
        return True

    def _say(self, status: int, said: dict[str, Any]) -> None:
        self._send(status, json.dumps(said).encode(), {"Content-Type": "application/json"})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing on standard error."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that gave up waiting is part of the play."""


@pytest.fixture
def routing_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    """A server on a free port of this machine, for one test."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = _Server(("127.0.0.1", 0), _Handler)
    stub = Stub(url=f"http://127.0.0.1:{server.server_address[1]}")
    server.stub = stub  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
