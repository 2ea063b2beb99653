"""How long the offline CDSE keeps a learner waiting who reads it plainly. By hand: `python -m bench.offline`.

Each figure is taken with a service and a client of their own; cold means an empty cache folder, warm the one that the
cold run left. The client's time is that of its whole process: imports, search, loading, NDVI, picture.

Measured on 2 quiet cores, Python 3.11, bytecode compiled (as `make setup` leaves it); aims in brackets. With one place,
then with six and the harder sky, on a machine that had become a third slower (imports alone say so):

                    one place             six places
    service ready   0.6 to 0.7 s, 64 MB   1.1 to 1.4 s, 81 MB; 91 MB after serving 31 dates (1.5 s, 120 MB)
     1 date,  cold  10.0 s                11.1 s (15)   processor: client  6 s, service and workers  8 s
     1 date,  warm   4.1 s                 5.1 s (5)                       5 s                       2 s
    31 dates, cold  37.4 s                50.4 s (45)                     19 s                      71 s
    31 dates, warm  13.2 s                22.7 s (20)                     18 s                      15 s

Side by side on that machine, 6 dates, cold and warm: 15.4 and 9.8 s before the harder sky, 17.8 and 8.1 s with it.
After 31 dates the service holds 93 MB, its two makers of images 700 MB each; a minute later they end.
"""

import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from cdse_access.service import OfflineCdse, running
from cdse_access.settings import GDAL
from cdse_offline.server.store import IDLE

SAFE_PROFILE = GDAL | {"AWS_HTTPS": "NO", "AWS_VIRTUAL_HOSTING": "FALSE", "NO_PROXY": "127.0.0.1,localhost"}
CLIENT = """
import sys
from concurrent.futures import ThreadPoolExecutor
import dask, matplotlib
matplotlib.use("agg")
import odc.stac
from pystac_client import Client

bbox = [11.439263980173, 47.81384831137465, 11.475186504136818, 47.83147903246192]
items = Client.open(sys.argv[1]).search(
    collections=["sentinel-2-l2a"], bbox=bbox, datetime="2023-05-01/2023-09-30",
    query={"eo:cloud_cover": {"lt": 20}}, limit=100,
).item_collection()[: int(sys.argv[2])]
bands = ["B04_10m", "B08_10m", "SCL_20m"]
with dask.config.set(pool=ThreadPoolExecutor(4)):
    dn = odc.stac.load(items, bands=bands, bbox=bbox, resolution=10, groupby="solar_day", chunks={}).compute()
clear = dn.SCL_20m.isin([4, 5, 6])
red, infrared = (0.0001 * dn[band].where(dn[band] > 0).where(clear).astype("float32") - 0.1 for band in bands[:2])
ndvi = ((infrared - red) / (infrared + red)).median("time")
ndvi.plot(vmin=0, vmax=1)
matplotlib.pyplot.savefig(sys.argv[3])
assert dn.sizes["time"] == int(sys.argv[2]) and 0.3 < float(ndvi.mean()) < 0.95, ndvi.mean()
"""


def megabytes(pid: int) -> float:
    """The most memory that the process has held so far (Linux)."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


def cpu() -> float:
    """Processor seconds of all child processes that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def client(cdse: OfflineCdse, dates: int, picture: Path) -> float:
    """Seconds of a fresh process that draws the NDVI of so many dates."""
    keys = {"AWS_ACCESS_KEY_ID": cdse.keys.access.reveal(), "AWS_SECRET_ACCESS_KEY": cdse.keys.secret.reveal()}
    environment = os.environ | SAFE_PROFILE | keys | {"AWS_S3_ENDPOINT": cdse.s3}
    start = time.perf_counter()
    command = [sys.executable, "-c", CLIENT, cdse.stac, str(dates), str(picture)]
    subprocess.run(command, check=True, env=environment)
    return time.perf_counter() - start


def measure(dates: int, cache: Path) -> str:
    """What a service and a client with so many dates took, in words."""
    before, start = cpu(), time.perf_counter()
    with running(environment={"CDSE_OFFLINE_CACHE": str(cache)}) as cdse:
        started, at_start = time.perf_counter() - start, megabytes(cdse.process.pid)
        seconds = client(cdse, dates, cache / "ndvi.png")
        by_client, at_end = cpu() - before, megabytes(cdse.process.pid)
    by_service = cpu() - before - by_client
    return (
        f"service ready {started:.2f} s, {at_start:.0f} MB, at the end {at_end:.0f} MB; client {seconds:.1f} s; "
        f"processor {by_client:.1f} s of the client, {by_service:.1f} s of the service and its workers"
    )


def measure_rest(dates: int, cache: Path) -> str:
    """What the makers of images hold after so many dates, and when they have had nothing to do for a while."""
    with running(environment={"CDSE_OFFLINE_CACHE": str(cache)}) as cdse:
        client(cdse, dates, cache / "ndvi.png")
        busy = hold(cdse)
        time.sleep(IDLE + 5)
        return f"service and makers {busy}; after a minute without work {hold(cdse)}"


def hold(cdse: OfflineCdse) -> str:
    """Memory that the service and each of its processes hold now, in words."""
    service = psutil.Process(cdse.process.pid)
    held = [one.memory_info().rss / 1e6 for one in (service, *service.children())]
    return " + ".join(f"{size:.0f}" for size in held) + " MB"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for dates in (1, 31):
            cache = Path(folder) / f"cache-{dates}"
            cache.mkdir()
            for state in ("cold", "warm"):
                print(f"{dates:2} dates, {state}: {measure(dates, cache)}", flush=True)
        print(f"31 dates, rest: {measure_rest(31, Path(folder))}")


if __name__ == "__main__":
    main()
