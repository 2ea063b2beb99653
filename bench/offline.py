"""How long the offline CDSE keeps a learner waiting. Run by hand: `python -m bench.offline`.

Each figure is taken with a service and a client of their own; cold means an empty cache folder, warm the one that the
cold run left. The client's time is that of its whole process: imports, search, loading, NDVI, picture.

Measured on 2 cores, Python 3.11, bytecode compiled (as `make setup` leaves it), load 1 to 2; aims in brackets:

    service ready   0.6 to 0.7 s, 64 MB; 81 MB after serving 31 dates (1.5 s, 120 MB)
     1 date,  cold  10.0 s (15)   processor: client  5 s, service and workers  6 s
     1 date,  warm   4.1 s (5)                       4 s                       1 s; imports are most of it
    31 dates, cold  37.4 s (45)                     15 s                      51 s
    31 dates, warm  13.2 s (20)                     15 s                       1 s

With other work on the machine (load 2 to 4) the same took 10.6 to 11.4, 4.5 to 5.7, 37.6 to 43.7, 12.2 to 13.0 s.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cdse_access.session import GDAL

ROOT = Path(__file__).parents[1]
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


@contextmanager
def service(cache: Path) -> Iterator[tuple[dict[str, str], int, float]]:
    """A running service: what it announces, its process id, seconds until it was ready."""
    start = time.perf_counter()
    command = [sys.executable, "-m", "cdse_offline", "--port", "0", "--until-stdin-closes"]
    environment = os.environ | {"CDSE_OFFLINE_CACHE": str(cache)}
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=environment
    ) as process:
        ready = json.loads(process.stdout.readline())
        yield ready, process.pid, time.perf_counter() - start
        process.stdin.close()


def megabytes(pid: int) -> float:
    """The most memory that the process has held so far (Linux)."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024


def cpu() -> float:
    """Processor seconds of all child processes that have ended."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def client(ready: dict[str, str], dates: int, picture: Path) -> float:
    """Seconds of a fresh process that draws the NDVI of so many dates."""
    keys = {"AWS_ACCESS_KEY_ID": ready["access_key"], "AWS_SECRET_ACCESS_KEY": ready["secret_key"]}
    environment = os.environ | SAFE_PROFILE | keys | {"AWS_S3_ENDPOINT": ready["s3"]}
    start = time.perf_counter()
    command = [sys.executable, "-c", CLIENT, ready["stac"], str(dates), str(picture)]
    subprocess.run(command, check=True, env=environment)
    return time.perf_counter() - start


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        for dates in (1, 31):
            cache = Path(folder) / f"cache-{dates}"
            for state in ("cold", "warm"):
                before = cpu()
                with service(cache) as (ready, pid, started):
                    at_start = megabytes(pid)
                    seconds = client(ready, dates, Path(folder) / "ndvi.png")
                    by_client, at_end = cpu() - before, megabytes(pid)
                print(
                    f"{dates:2} dates, {state}: service ready {started:.2f} s, {at_start:.0f} MB, at the end "
                    f"{at_end:.0f} MB; client {seconds:.1f} s; processor {by_client:.1f} s of the client, "
                    f"{cpu() - before - by_client:.1f} s of the service and its workers",
                    flush=True,
                )


if __name__ == "__main__":
    main()
