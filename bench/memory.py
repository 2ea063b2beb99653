"""`python -m bench.memory`: how much memory a load takes, its checks, and the way from it to a median NDVI.

A result is what the learner holds then: 31 dates of three bands. The peak is the most that the process held, beside
what it had after its imports; each way runs in a process of its own.

    python -m bench.memory                  on a cube of 3200 × 3200 pixels that is made up
    python -m bench.memory --load           cold and warm, from full-size files (2 GB of disk, some minutes)
    python -m bench.memory --side 1000      something smaller
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import xarray as xr
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_coords

from bench import data, jobs
from cdse_access.checks.pixels import check_pixels
from lessons.bands import clear, ndvi, reflectance

ROOT = Path(__file__).parents[1]
SIDE = 3200  # pixels of 10 m
ROWS = 64  # of a block: all dates of so many rows are worked on at a time
OPTICAL = ["B04_10m", "B08_10m"]
SCL = "SCL_20m"
FACTORS = 0.0001, -0.1
READ = ["B02_10m", *OPTICAL]  # the full-size files are of 10 m
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


def read(side: int) -> xr.Dataset:
    """Load all dates of the service that the parent has started."""
    from cdse_access import connect, load

    items = connect().search(collections=["sentinel-2-l2a"]).item_collection()
    return load(items, READ, progress=False, **jobs.square(side // 100))


class Way(NamedTuple):
    title: str
    action: Callable[[int], xr.Dataset]


MADE_UP = {
    "made": Way("mảng, chưa làm gì", make_cube),
    "check": Way("kiểm tra sau khi tải", check),
    "median": Way("phản xạ, mặt nạ, NDVI, trung vị", find_median_at_once),
    "median-by-rows": Way(f"như trên, dn.chunk(y={ROWS})", find_median_by_rows),
}
LOADED = {
    "cold": Way("load, lần đầu", read),
    "warm": Way("load, lần sau", read),
}


# -- one process -------------------------------------------------------------


def find_peak() -> int:
    """The most bytes that this process has held."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def run_here(way: str, side: int) -> None:
    warnings.filterwarnings("ignore", "All-NaN slice")  # a pixel that is never seen has no median
    before = find_peak()
    result = (MADE_UP | LOADED)[way].action(side)
    print(json.dumps({"result": result.nbytes, "peak": find_peak() - before}))


def run_child(way: str, side: int, environment: dict[str, str]) -> None:
    """Run a way in a process of its own and print its line of the table."""
    command = [sys.executable, "-m", "bench.memory", "--side", str(side), "--here", way]
    process = subprocess.run(command, env=os.environ | environment, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    found = json.loads(process.stdout.splitlines()[-1])
    result, peak = found["result"], found["peak"]
    title = (MADE_UP | LOADED)[way].title
    print(f"{title:34} {result / MEGABYTE:8.0f} {peak / MEGABYTE:8.0f} {peak / result:8.2f}", flush=True)


def measure_loads(side: int) -> None:
    from cdse_access.service import running

    tiles = data.tiles_under(*find_bounds(side))
    wanted = [(date, band, tiles) for date in data.dates() for band in READ]
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        pack = Path(scratch) / "pack"
        data.make(pack, wanted)
        with running(data=pack) as cdse:
            environment = {
                "CDSE_STAC_URL": cdse.stac,
                "CDSE_S3_ENDPOINT": cdse.s3,
                "CDSE_S3_ACCESS_KEY": cdse.keys.access.reveal(),
                "CDSE_S3_SECRET_KEY": cdse.keys.secret.reveal(),
                "CDSE_CACHE": f"{scratch}/cache",
            }
            for way in LOADED:
                run_child(way, side, environment)


def find_bounds(side: int) -> tuple[float, float, float, float]:
    """Left, bottom, right and top of the square that is read, in metres."""
    area = jobs.square(side // 100)
    (left, right), (bottom, top) = area["x"], area["y"]
    return left, bottom, right, top


def main() -> None:
    parser = argparse.ArgumentParser("python -m bench.memory", description="Đo bộ nhớ của load và của các phép tính.")
    parser.add_argument("--side", type=int, default=SIDE, help=f"cạnh của vùng, pixel 10 m; mặc định {SIDE}")
    parser.add_argument("--load", action="store_true", help="đo load trên các tệp cỡ thật, thay cho mảng tự tạo")
    parser.add_argument("--here", choices=[*MADE_UP, *LOADED], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.here:
        run_here(arguments.here, arguments.side)
        return
    print(f"{'':34} {'kết quả':>8} {'đỉnh':>8} {'tỉ lệ':>8}\n{'':34} {'MB':>8} {'MB':>8}")
    if arguments.load:
        measure_loads(arguments.side)
        return
    for way in MADE_UP:
        run_child(way, arguments.side, {})


if __name__ == "__main__":
    main()
