"""How long a learner waits at the start: the imports of a lesson, and a first NDVI map. Each run is a fresh process."""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator

from bench import results
from bench.results import ROOT, Pair, Result

JOB = "startup"
REPEATS = 5  # the median counts
IMPORTS = """
import matplotlib.pyplot as plt
import numpy as np
import xarray as xr

from cdse_access import connect, load
from cdse_access.problems import BadInput
from lessons.bands import ndvi, reflectance, scale_offset
from lessons.maps import NDVI_COLORS, draw_map, show_map, simulated
"""
# pystac brings this grammar along, which a lesson does not need and `cdse_access` therefore keeps out.
GRAMMAR = f"import rfc3987_syntax\n{IMPORTS}"
FIRST_MAP = f"""
import matplotlib
matplotlib.use("agg")
{IMPORTS}
bbox = [11.439263980173, 47.81384831137465, 11.475186504136818, 47.83147903246192]
bands = ["B04_10m", "B08_10m"]
catalog = connect("offline")
search = catalog.search(collections=["sentinel-2-l2a"], bbox=bbox, datetime="2023-09-28")
items = search.item_collection()
dn = load(items, bands, bbox=bbox, resolution=10, progress=False)
rho = reflectance(dn, *scale_offset(items, bands))
index = ndvi(rho.B08_10m, rho.B04_10m).isel(time=0)
draw_map(plt.gca(), index, "NDVI, 28/9/2023", cmap=NDVI_COLORS, vmin=0, vmax=1)
plt.savefig("map.png")
assert 0.3 < float(index.mean()) < 0.95, index.mean()
"""
TITLES = {
    "imports": "nạp thư viện của Bài 4",
    "imports-before": "như trên, cùng ngữ pháp RFC 3987",
    "map-cold": "bản đồ NDVI đầu tiên, chưa cất gì",
    "map-warm": "bản đồ NDVI đầu tiên, các ô đã cất",
}


def run(script: str, folder: str) -> Result:
    """Wall and processor seconds of a fresh process with the folder for its files and all caches."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "GDAL_", "CDSE_"))}
    python_path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    caches = {"CDSE_CACHE": f"{folder}/tiles", "CDSE_OFFLINE_CACHE": f"{folder}/images"}
    environment = clean | caches | {"PYTHONPATH": python_path}
    start, spent = time.perf_counter(), processor_seconds()
    command = [sys.executable, "-c", script]
    subprocess.run(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL, check=True)
    return {"seconds": time.perf_counter() - start, "cpu": processor_seconds() - spent}


def processor_seconds() -> float:
    """Of all child processes that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def median(runs: list[Result]) -> Result:
    return {name: statistics.median(run[name] for run in runs) for name in runs[0]}


def measure() -> Iterator[tuple[str, Result]]:
    """The median of some runs; with and without the grammar in turns, so that both meet the same machine."""
    with tempfile.TemporaryDirectory(prefix="startup-") as folder:
        run(IMPORTS, folder)  # bytecode and files are read once before
        turns = [(run(IMPORTS, folder), run(GRAMMAR, folder)) for _ in range(REPEATS)]
        yield "imports", median([ours for ours, _ in turns])
        yield "imports-before", median([before for _, before in turns])
        yield "map-cold", run(FIRST_MAP, folder)
        yield "map-warm", median([run(FIRST_MAP, folder) for _ in range(REPEATS)])


# -- results that are kept ---------------------------------------------------


def stamp() -> Result:
    return results.stamp(measure, (IMPORTS, FIRST_MAP, REPEATS), ("src", "lessons"))


def pair(name: str) -> Pair:
    return JOB, name


def kept(name: str) -> Result | None:
    return results.read_kept(pair(name), stamp())


def all_kept() -> dict[str, Result]:
    """The results of an earlier run; none if one is missing, since they belong together."""
    found = {name: result for name in TITLES if (result := kept(name))}
    return found if len(found) == len(TITLES) else {}


def keep(name: str, result: Result) -> Result:
    return results.keep(pair(name), stamp(), result)
