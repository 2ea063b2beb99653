"""A class at once: forty students, each a process of its own, load what lesson 4 loads.

By hand, on Linux, on a quiet machine: `python -m bench.students`.
One offline CDSE serves them all: first one that has made no image yet, then the same with all images there; with a
cache folder of each student's own, as on forty laptops, and with one that they share, as on a server of a class. Every
student's pixels are compared with those that are read from the service's files directly, past HTTP and `fetch`.
What was measured goes to bench/faults/students.json, for the book.
"""

import argparse
import contextlib
import io
import json
import multiprocessing
import os
import resource
import statistics
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any, NamedTuple

import odc.stac
import psutil
import xarray as xr

from bench.results import machine
from cdse_access.catalog import open_catalog
from cdse_access.loading import load
from cdse_access.service import running
from cdse_access.session import connect
from cdse_offline import practice
from cdse_offline.server.cache import find_cache
from cdse_offline.simulation.version import source_version

ROOT = Path(__file__).parents[1]
OUT = ROOT / "bench" / "faults" / "students.json"
BBOX = (11.439263980173, 47.81384831137465, 11.475186504136818, 47.83147903246192)
AREA: dict[str, Any] = {"bbox": BBOX, "resolution": 10}
BANDS = ["B04_10m", "B08_10m", "SCL_20m"]
SEASON = "2023-05-01/2023-09-30"
PATIENCE = 1800  # seconds for a round
YIELDING = 10  # how much students give way to the service: a tenth of the processor's time, where both want it


@dataclass(frozen=True)
class Work:
    """What one student has done."""

    digest: str  # of all pixels
    began: float
    ended: float
    peak: float  # MB of the process, with what all Python processes share
    own: float  # MB of the process alone
    cpu: float  # seconds of a processor


@dataclass(frozen=True)
class Round:
    """What became of all students that began together."""

    service_cache: str  # cold: no image is made yet; warm: all are
    student_cache: str  # own or shared
    students: int
    right: int
    errors: list[str]
    seconds: float  # until the last one had finished
    students_per_minute: float
    fastest: float  # seconds
    median: float
    slowest: float
    requests: int
    requests_per_second: float
    peak_requests: int  # at once
    megabytes: float  # sent by the service
    service_mb: float  # memory of the service at its peak
    workers_mb: float  # memory of the processes that make images
    student_mb: float  # memory of a student at the peak, the most of all
    student_own_mb: float  # the part of it that other processes do not share
    service_cpu: float  # seconds of a processor that the service and its workers took in all
    student_cpu: float  # seconds of a processor that a student took, the median


# -- one student -------------------------------------------------------------


def digest(dn: xr.Dataset) -> str:
    parts = [dn[band].transpose("time", "y", "x").values.tobytes() for band in BANDS]
    return sha256(b"".join([dn.time.values.tobytes(), *parts])).hexdigest()


def question(dates: str) -> dict[str, Any]:
    return {
        "collections": ["sentinel-2-l2a"],
        "bbox": AREA["bbox"],
        "datetime": dates,
        "query": {"eo:cloud_cover": {"lt": 20}},
        "sortby": "properties.datetime",
    }


class Access(NamedTuple):
    """What a student is told of the service; plain words, that go through a pipe to the student's process."""

    stac: str
    s3: str
    keys: tuple[str, str]


def study(access: Access, cache: str, dates: str, number: int) -> Work:
    """Connect, search, load: as lesson 4 does, in this process."""
    os.environ["CDSE_CACHE"] = cache.format(number=number)
    _start.wait()
    began, spent = time.time(), time.process_time()
    with contextlib.redirect_stdout(io.StringIO()):
        catalog = connect(stac=access.stac, s3=access.s3, keys=access.keys)
        items = catalog.search(**question(dates)).item_collection()
        dn = load(items, BANDS, progress=False, **AREA)
    ended, cpu = time.time(), time.process_time() - spent
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    return Work(digest(dn), began, ended, peak, psutil.Process().memory_full_info().uss / 1e6, cpu)


_start: Barrier  # of this process


def _take_seat(start: Barrier) -> None:
    """Runs in each student's process: what a barrier is cannot be sent to it later.

    In a class the service has a machine of its own; here, forty students must not keep it from the processor.
    """
    os.nice(YIELDING)
    global _start
    _start = start


# -- all of them -------------------------------------------------------------


def together(students: int, access: Access, cache: str, dates: str) -> list[Work | BaseException]:
    """Each student in a process of its own, forked from this one: imports are not what is measured."""
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(students)
    with ProcessPoolExecutor(students, context, _take_seat, (barrier,)) as pool:
        futures = [pool.submit(study, access, cache, dates, number) for number in range(students)]
        return [future.exception(PATIENCE) or future.result() for future in futures]


def peak_mb(process: psutil.Process) -> float:
    """The most memory that a process has held (Linux)."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1e3


def cpu_seconds(process: psutil.Process) -> float:
    """User and system time of a process so far."""
    return sum(process.cpu_times()[:2])


def truth(access: Access, dates: str) -> str:
    """The digest of the same pixels, read by odc-stac from the service's files. They must be made already."""
    items = open_catalog(access.stac).search(**question(dates)).item_collection()
    folder = find_cache().folder / source_version()
    files = {item.assets[band].href: str(folder / item.id / f"pixels-{band}") for item in items for band in BANDS}
    return digest(odc.stac.load(items, BANDS, groupby="solar_day", patch_url=files.__getitem__, **AREA))


def measured(
    service_cache: str,
    student_cache: str,
    works: list[Work | BaseException],
    right: str,
    process: psutil.Process,
    s3: str,
) -> Round:
    done = [work for work in works if isinstance(work, Work)]
    errors = [f"{type(work).__name__}: {work}" for work in works if not isinstance(work, Work)]
    seconds = max(work.ended for work in done) - min(work.began for work in done) if done else 0.0
    times = sorted(work.ended - work.began for work in done) or [0.0]
    usage = practice.usage(service=s3, reset=True)
    return Round(
        service_cache=service_cache,
        student_cache=student_cache,
        students=len(works),
        right=sum(work.digest == right for work in done),
        errors=errors,
        seconds=round(seconds, 1),
        students_per_minute=round(60 * len(done) / seconds, 1) if seconds else 0.0,
        fastest=round(times[0], 1),
        median=round(statistics.median(times), 1),
        slowest=round(times[-1], 1),
        requests=usage["requests"],
        requests_per_second=round(usage["requests"] / seconds, 1) if seconds else 0.0,
        peak_requests=usage["peak"],
        megabytes=round(usage["bytes"] / 1e6, 1),
        service_mb=round(peak_mb(process)),
        workers_mb=round(sum(map(peak_mb, process.children()))),
        student_mb=round(max((work.peak for work in done), default=0)),
        student_own_mb=round(max((work.own for work in done), default=0)),
        service_cpu=round(sum(map(cpu_seconds, [process, *process.children()])), 1),
        student_cpu=round(statistics.median([work.cpu for work in done] or [0.0]), 1),
    )


def rounds(students: int, dates: str, plans: list[tuple[str, str]], folder: Path) -> Iterator[Round]:
    """The class, once for each plan: the state of the service's cache, and whose cache the students have."""
    for service_cache, student_cache in plans:
        cache = folder / f"{service_cache}-{student_cache}"
        place = str(cache / "{number}" if student_cache == "own" else cache)
        with running() as cdse:
            keys = cdse.keys.access.reveal(), cdse.keys.secret.reveal()
            access, process = Access(cdse.stac, cdse.s3, keys), psutil.Process(cdse.process.pid)
            works = together(students, access, place, dates)
            with ProcessPoolExecutor(1, multiprocessing.get_context("fork")) as pool:
                right = pool.submit(truth, access, dates).result(PATIENCE)
            yield measured(service_cache, student_cache, works, right, process, cdse.s3)


def main() -> None:
    parser = argparse.ArgumentParser("python -m bench.students", description="A class that loads lesson 4 at once.")
    parser.add_argument("--students", type=int, default=40)
    parser.add_argument("--dates", default=SEASON, help=f"default: {SEASON}")
    parser.add_argument("--once", action="store_true", help="one round, with the images of the user's cache")
    parser.add_argument("--out", type=Path, default=OUT)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="class-") as name:
        if not arguments.once:
            os.environ["CDSE_OFFLINE_CACHE"] = f"{name}/service"
        plans = [("warm", "own")] if arguments.once else [("cold", "own"), ("warm", "own"), ("warm", "shared")]
        found = []
        for one in rounds(arguments.students, arguments.dates, plans, Path(name)):
            print(json.dumps(asdict(one), ensure_ascii=False), flush=True)
            found.append(asdict(one))
    made = {"made": datetime.now(UTC).date().isoformat(), "dates": arguments.dates, "bands": BANDS}
    document = made | {"machine": machine(), "rounds": found}
    arguments.out.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
