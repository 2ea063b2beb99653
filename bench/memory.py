"""`python -m bench.memory`: how much memory the checks of a load take, and the way from it to a median NDVI.

A result is what the learner holds then, here made up: 31 dates of three bands. The peak is the most that the process
held, beside what it had after its imports; each way runs in a process of its own. `make bench` measures real loads.

    python -m bench.memory                  3200 × 3200 pixels
    python -m bench.memory --side 1000      something smaller
"""

import argparse
import json
import resource
import subprocess
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import xarray as xr
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_coords

from bench import data
from cdse_access.checks.pixels import check_pixels
from lessons.bands import clear, ndvi, reflectance

ROOT = Path(__file__).parents[1]
SIDE = 3200  # pixels of 10 m
ROWS = 64  # of a block: all dates of so many rows are worked on at a time
OPTICAL = ["B04_10m", "B08_10m"]
SCL = "SCL_20m"
FACTORS = 0.0001, -0.1
MEGABYTE = 2**20


# -- what is measured --------------------------------------------------------


def make_cube(side: int) -> xr.Dataset:
    """What `load` gives, made up: DN of two bands and the scene classification, 5 bytes a pixel."""
    west, north = 600_000, 5_400_000
    box = west, north - 10 * side, west + 10 * side, north
    geobox = GeoBox.from_bbox(box, "EPSG:32632", resolution=10)
    times = np.datetime64("2023-05-01", "us") + np.arange(data.DATES) * np.timedelta64(1, "D")
    cube = xr.Dataset(coords={"time": times} | xr_coords(geobox))
    for band in OPTICAL:
        cube[band] = make_pixels(side, 1, 5000, "uint16")
    cube[SCL] = make_pixels(side, 3, 12, "uint8")
    return cube


def make_pixels(side: int, low: int, high: int, dtype: str) -> xr.Variable:
    generator = np.random.default_rng(0)
    pixels = np.empty((data.DATES, side, side), dtype)
    for layer in pixels:
        layer[:] = generator.integers(low, high, layer.shape, dtype)
    return xr.Variable(("time", "y", "x"), pixels, {"nodata": 0})


def find_median(dn: xr.Dataset) -> xr.DataArray:
    """The way of lessons 4 and 5, from DN to a composite."""
    rho = reflectance(dn[OPTICAL], *FACTORS)
    index = ndvi(rho.B08_10m, rho.B04_10m).where(clear(dn[SCL]))
    return index.median("time")


def check(side: int) -> xr.Dataset:
    cube = make_cube(side)
    check_pixels(cube, [])
    return cube


def find_median_at_once(side: int) -> xr.Dataset:
    cube = make_cube(side)
    find_median(cube)
    return cube


def find_median_by_rows(side: int) -> xr.Dataset:
    cube = make_cube(side)
    find_median(cube.chunk(y=ROWS)).compute()
    return cube


class Way(NamedTuple):
    title: str
    action: Callable[[int], xr.Dataset]


MADE_UP = {
    "made": Way("mảng, chưa làm gì", make_cube),
    "check": Way("kiểm tra sau khi tải", check),
    "median": Way("phản xạ, mặt nạ, NDVI, trung vị", find_median_at_once),
    "median-by-rows": Way(f"như trên, dn.chunk(y={ROWS})", find_median_by_rows),
}


# -- one process -------------------------------------------------------------


def find_peak() -> int:
    """The most bytes that this process has held."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def run_here(way: str, side: int) -> None:
    warnings.filterwarnings("ignore", "All-NaN slice")  # a pixel that is never seen has no median
    before = find_peak()
    result = MADE_UP[way].action(side)
    size = sum(array.nbytes for array in result.values())
    print(json.dumps({"result": size, "peak": find_peak() - before}))


def run_child(way: str, side: int) -> None:
    """Run a way in a process of its own and print its line of the table."""
    command = [sys.executable, "-m", "bench.memory", "--side", str(side), "--here", way]
    process = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    found = json.loads(process.stdout.splitlines()[-1])
    result, peak = found["result"], found["peak"]
    title = MADE_UP[way].title
    print(f"{title:34} {result / MEGABYTE:8.0f} {peak / MEGABYTE:8.0f} {peak / result:8.2f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser("python -m bench.memory", description="Đo bộ nhớ của load và của các phép tính.")
    parser.add_argument("--side", type=int, default=SIDE, help=f"cạnh của vùng, pixel 10 m; mặc định {SIDE}")
    parser.add_argument("--here", choices=[*MADE_UP], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.here:
        run_here(arguments.here, arguments.side)
        return
    print(f"{'':34} {'kết quả':>8} {'đỉnh':>8} {'tỉ lệ':>8}\n{'':34} {'MB':>8} {'MB':>8}")
    for way in MADE_UP:
        run_child(way, arguments.side)


if __name__ == "__main__":
    main()
