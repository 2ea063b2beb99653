"""One way and one job: the service it asks, the process that reads, and the result, kept as JSON."""

import inspect
import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as package_version
from pathlib import Path
from typing import Any

import rasterio

from bench import data
from bench.jobs import Job
from bench.ways import WAYS
from cdse_access.session import GDAL
from cdse_offline import practice

ROOT = Path(__file__).parents[1]
KEPT = ROOT / "_build" / "bench"
SECONDS = 900  # one process, at most
PACKAGES = ("odc-stac", "rasterio", "dask", "distributed", "stackstac", "rioxarray", "xarray", "numpy")
# The lesson that this course grew from sets no more (and turns certificates off, which plays no part here).
SEEDS = {"GDAL_HTTP_TCP_KEEPALIVE": "YES"}
EXTRA = {"seed": SEEDS, "bare": {}, "4-mb": GDAL | {"CPL_VSIL_CURL_CHUNK_SIZE": str(4 << 20)}}
OURS = {"cold", "warm", "threads", "our-cluster"}
Result = dict[str, Any]


@contextmanager
def service(folder: Path) -> Iterator[dict[str, str]]:
    """An offline CDSE of its own that serves a data pack: the line that it announces itself with."""
    command = [sys.executable, "-m", "cdse_offline", "--port", "0", "--until-stdin-closes", "--data", str(folder)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    # In a session of its own: Ctrl+C is for the bench, the service ends with its pipe.
    with subprocess.Popen(command, cwd=ROOT, start_new_session=True, **pipes) as process:
        if not (line := process.stdout.readline()):
            raise RuntimeError(f"the offline CDSE ended with code {process.wait()} before it was ready")
        yield json.loads(line)
        process.stdin.close()


def environment(way: str, ready: dict[str, str], cache_folder: str) -> dict[str, str]:
    """What the process sees: the course's GDAL settings for all but the seed, and nothing that the shell had set."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "GDAL_", "CDSE_"))}
    keys = {"AWS_ACCESS_KEY_ID": ready["access_key"], "AWS_SECRET_ACCESS_KEY": ready["secret_key"]}
    place = {"AWS_S3_ENDPOINT": ready["s3"], "AWS_HTTPS": "NO", "AWS_VIRTUAL_HOSTING": "FALSE"}
    here = {"NO_PROXY": "127.0.0.1,localhost", "CDSE_CACHE": cache_folder}
    return clean | EXTRA.get(way, GDAL) | keys | place | here


def task(job: Job, way: str, ready: dict[str, str], folder: Path) -> dict[str, Any]:
    """The fields of a `ways.Task`."""
    features = json.loads((folder / "items.json").read_text(encoding="utf-8"))["features"]
    return {
        "way": way,
        "documents": features[: job.dates],
        "bands": job.bands,
        "area": job.area,
        "threads": job.threads,
        "folder": str(folder),
        "service": ready["s3"],
        "keys": (ready["access_key"], ready["secret_key"]),
    }


def read(job: Job, way: str, ready: dict[str, str], folder: Path, cache_folder: str) -> Result:
    """Run one process and count what it asks for."""
    practice.limit(*job.limits, service=ready["s3"])
    practice.usage(reset=True, service=ready["s3"])
    try:
        process = subprocess.run(
            [sys.executable, "-m", "bench.ways"],
            input=json.dumps(task(job, way, ready, folder)),
            env=environment(way, ready, cache_folder),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        answer = {"seconds": SECONDS, "failed": f"chưa xong sau {SECONDS} giây"}
    else:
        if process.returncode:
            raise RuntimeError(f"{job.name}, {way}: the process ended with {process.returncode}\n{process.stderr}")
        answer = json.loads(process.stdout.splitlines()[-1])
    return answer | practice.usage(service=ready["s3"])


def measure(job: Job, ways: list[str], folder: Path) -> Iterator[tuple[str, Result]]:
    """Each way with a service of its own, but for `warm`: it reads what `cold` has left."""
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        if "warm" in ways:
            with service(folder) as ready:
                for way in ("cold", "warm"):
                    yield way, read(job, way, ready, folder, f"{scratch}/warm")
        for way in ways:
            if way != "warm" and not (way == "cold" and "warm" in ways):
                with service(folder) as ready:
                    yield way, read(job, way, ready, folder, f"{scratch}/{way}")


# -- results that are kept ---------------------------------------------------


@cache
def machine() -> dict[str, str]:
    """Where and with what: a result of another machine or of other versions is not compared with these."""
    found = {"machine": _processor(), "Python": platform.python_version(), "GDAL": rasterio.__gdal_version__}
    for name in PACKAGES:
        try:
            found[name] = package_version(name)
        except PackageNotFoundError:
            found[name] = "–"
    return found


def _processor() -> str:
    """Cores and kind of processor (Linux tells), memory, system."""
    model = platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} nhân {model}, {memory:.0f} GB, {platform.system()}"


@cache
def sources(*packages: str) -> str:
    """A name for the code that a result depends on."""
    files = sorted(file for package in packages for file in (ROOT / package).rglob("*.py"))
    return sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


def stamp(job: Job, way: str) -> Result:
    """All that a result depends on."""
    code = ("src/cdse_access",) if way in OURS else ()
    told = repr((job.content, job.threads, job.limits)) + inspect.getsource(WAYS[way].read)
    return machine() | {
        "task": sha256(told.encode()).hexdigest()[:12],
        "code": sources(*code),
        "data": data.version(),
    }


def path(job: Job, way: str) -> Path:
    return KEPT / f"{job.name}--{way}.json"


def kept(job: Job, way: str) -> Result | None:
    """The result of an earlier run, if the machine, the versions and the code are still the same."""
    file = path(job, way)
    if not file.exists():
        return None
    result = json.loads(file.read_text(encoding="utf-8"))
    return result if result["of"] == stamp(job, way) else None


def keep(job: Job, way: str, result: Result) -> Result:
    result = result | {"of": stamp(job, way), "made": datetime.now(UTC).date().isoformat()}
    KEPT.mkdir(parents=True, exist_ok=True)
    path(job, way).write_text(json.dumps(result, indent=1, ensure_ascii=False), encoding="utf-8")
    return result
