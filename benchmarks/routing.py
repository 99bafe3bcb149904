"""The travel server's client against the real engines, on a road network made from the bundled village points.

Needs a Python that has `osrm-bindings`, `pyvalhalla` (their wheels hold the servers) and `osmium`; name it in
OUTREACH_ENGINES, such as `OUTREACH_ENGINES=/tmp/engines/bin/python python benchmarks/routing.py`. Without it the
script says so and passes. Not among the tests: the engines weigh 100 MB and want Python 3.12.
"""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import Delaunay

from outreach_analysis.geography.areas import great_circle_km, load_areas
from outreach_analysis.geography.travel_server import ask_travel_server
from outreach_analysis.settings import Settings

KMH = 40
LONELY = 7


def network(points: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Roads between neighbours (Delaunay), none to one village; as pairs of rows, and km between all points."""
    triangles = Delaunay(points[["lon", "lat"]].to_numpy()).simplices
    edges = np.unique(np.sort(np.vstack([triangles[:, pair] for pair in ([0, 1], [1, 2], [0, 2])]), axis=1), axis=0)
    km = great_circle_km(points, points)
    kept = edges[(km[edges[:, 0], edges[:, 1]] < 60) & (edges != LONELY).all(axis=1)]
    graph = np.zeros_like(km)
    graph[kept[:, 0], kept[:, 1]] = km[kept[:, 0], kept[:, 1]]
    return kept, dijkstra(graph, directed=False)


def write_osm(points: pd.DataFrame, roads: np.ndarray, path: Path) -> None:
    """An OpenStreetMap file: one way a road; the lonely village has a road of its own that leads nowhere."""
    lon, lat = points["lon"].to_numpy(), points["lat"].to_numpy()
    nodes = [
        f'<node id="{n + 1}" version="1" lat="{y:.7f}" lon="{x:.7f}"/>'
        for n, (x, y) in enumerate(zip(lon, lat, strict=True))
    ]
    end = len(points) + 1
    nodes.append(f'<node id="{end}" version="1" lat="{lat[LONELY]:.7f}" lon="{lon[LONELY] + 0.002:.7f}"/>')
    ways = [
        f'<way id="{n}" version="1"><nd ref="{a + 1}"/><nd ref="{b + 1}"/>'
        f'<tag k="highway" v="primary"/><tag k="maxspeed" v="{KMH}"/></way>'
        for n, (a, b) in enumerate([*roads.tolist(), [LONELY, end - 1]], start=1)
    ]
    path.write_text('<?xml version="1.0"?><osm version="0.6">' + "".join(nodes + ways) + "</osm>", encoding="utf-8")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def server(command: list[str], port: int, folder: Path) -> Iterator[str]:
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def osrm(python: str, osm: Path, folder: Path) -> tuple[list[str], int]:
    """Command and port of OSRM on the network (multi-level Dijkstra)."""
    where = subprocess.run(
        [python, "-c", "import osrm; print(osrm.__path__[0])"], capture_output=True, text=True, check=True
    )
    profile = Path(where.stdout.strip()) / "share" / "profiles" / "car.lua"
    port = free_port()
    for step in (["extract", "-p", str(profile), str(osm)], ["partition", "roads.osrm"], ["customize", "roads.osrm"]):
        subprocess.run([python, "-m", "osrm", *step], cwd=folder, check=True, capture_output=True)
    return [python, "-m", "osrm", "routed", "--algorithm", "mld", "--port", str(port), "roads.osrm"], port


TO_PBF = """
import osmium, sys
writer = osmium.SimpleWriter(sys.argv[2])
for item in osmium.FileProcessor(sys.argv[1]):
    writer.add(item)
writer.close()
"""


def valhalla(python: str, osm: Path, folder: Path) -> tuple[list[str], int]:
    """Command and port of Valhalla on the network; its limit of 400 km a table is lifted."""
    port = free_port()
    subprocess.run([python, "-c", TO_PBF, str(osm), "roads.osm.pbf"], cwd=folder, check=True)
    where = subprocess.run(
        [python, "-c", "import valhalla; print(valhalla.__path__[0])"], capture_output=True, text=True, check=True
    )
    programs = Path(where.stdout.strip()) / "bin"
    build = [str(Path(python).parent / "valhalla_build_config"), "--mjolnir-tile-dir", str(folder / "tiles")]
    config = subprocess.run(build, capture_output=True, text=True, check=True).stdout
    config = config.replace('"max_matrix_distance": 400000.0', '"max_matrix_distance": 4000000.0')
    config = config.replace("tcp://*:8002", f"tcp://127.0.0.1:{port}").replace("ipc:///tmp/", f"ipc://{folder}/")
    (folder / "config.json").write_text(config, encoding="utf-8")
    tiles = [str(programs / "valhalla_build_tiles"), "-c", "config.json", "roads.osm.pbf"]
    subprocess.run(tiles, cwd=folder, check=True, capture_output=True)
    return [str(programs / "valhalla_service"), "config.json", "1"], port


def compare(kind: str, python: str, areas: pd.DataFrame, n_areas: int, n_sites: int) -> None:
    """One engine: every pair accounted for, and its km beside shortest paths on the same network."""
    roads, km = network(areas)
    rows, columns = (np.linspace(0, len(areas) - 1, n).astype(int) for n in (n_areas, n_sites))
    sites = areas.iloc[columns].set_axis([f"S{n}" for n in range(n_sites)])
    with tempfile.TemporaryDirectory(prefix="office-routing-") as name:
        folder = Path(name)
        osm = folder / "roads.osm"
        write_osm(areas, roads, osm)
        command, port = {"osrm": osrm, "valhalla": valhalla}[kind](python, osm, folder)
        with server(command, port, folder) as url:
            settings = Settings(travel_server=url, travel_server_kind=kind)
            for turn in ("asked", "remembered"):
                start = time.perf_counter()
                got = ask_travel_server(areas=areas.iloc[rows], sites=sites, settings=settings, cache=folder / "cache")
                seconds = time.perf_counter() - start
                print(f"{kind} {turn}: {seconds:.2f} s, {n_areas * n_sites} pairs in {got.requests} tables asked")
    by_pair = got.costs.pivot(index="area_id", columns="site_id", values="km")
    said = by_pair.reindex(index=areas.index[rows], columns=sites.index).to_numpy()
    print(f"{kind}: areas not told of: {[*areas.index[rows].difference(got.costs['area_id'])]}")
    expected = km[np.ix_(rows, columns)]
    both = np.isfinite(said) & np.isfinite(expected) & (expected > 1)
    low, middle, high = np.quantile(said[both] / expected[both], [0.01, 0.5, 0.99])
    print(f"{kind}: {int(np.isinf(got.costs['minutes']).sum())} pairs without a way")
    print(f"{kind}: km said / km of the shortest path: median {middle:.4f}, 1-99 %: {low:.4f}-{high:.4f}")


def main() -> None:
    python = os.environ.get("OUTREACH_ENGINES")
    if not python:
        print("OUTREACH_ENGINES names no Python with osrm-bindings, pyvalhalla and osmium: real engines not asked")
        return
    areas = load_areas("desa")
    compare("osrm", python, areas, len(areas), 200)
    compare("valhalla", python, areas, 200, 50)


if __name__ == "__main__":
    main()
