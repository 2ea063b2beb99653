"""One way and one job: the service it asks, the process that reads, and the result."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench import results
from bench.jobs import Job
from bench.results import ROOT, Result
from bench.ways import WAYS
from cdse_access.service import OfflineCdse, running
from cdse_access.settings import GDAL
from cdse_offline import practice

SECONDS = 900  # one process, at most
# The lesson that this course grew from sets no more (and turns certificates off, which plays no part here).
SEEDS = {"GDAL_HTTP_TCP_KEEPALIVE": "YES"}
EXTRA = {"seed": SEEDS, "bare": {}, "4-mb": GDAL | {"CPL_VSIL_CURL_CHUNK_SIZE": str(4 << 20)}}
AFTER_COLD = ("warm", "chain")  # they read what `cold` has left
OURS = {"cold", "again", "warm", "pieces", "chain", "threads", "our-cluster"}


def environment(way: str, cdse: OfflineCdse, cache_folder: str) -> dict[str, str]:
    """What the process sees of the shell's variables, and what leads to the service.

    Our ways get the keys as an argument, all others by variables, with the settings that the course recommends.
    """
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "GDAL_", "CDSE_"))}
    here = {"NO_PROXY": "127.0.0.1,localhost", "CDSE_CACHE": cache_folder}
    if way in OURS:
        return clean | here
    keys = {"AWS_ACCESS_KEY_ID": cdse.keys.access.reveal(), "AWS_SECRET_ACCESS_KEY": cdse.keys.secret.reveal()}
    place = {"AWS_S3_ENDPOINT": cdse.s3, "AWS_HTTPS": "NO", "AWS_VIRTUAL_HOSTING": "FALSE"}
    return clean | here | EXTRA.get(way, GDAL) | keys | place


def task(job: Job, way: str, cdse: OfflineCdse, folder: Path) -> dict[str, Any]:
    """The fields of a `ways.Task`."""
    features = json.loads((folder / "items.json").read_text(encoding="utf-8"))["features"]
    return {
        "way": way,
        "documents": features[: job.dates],
        "bands": job.bands,
        "area": job.area,
        "threads": job.threads,
        "folder": str(folder),
        "service": cdse.s3,
        "keys": (cdse.keys.access.reveal(), cdse.keys.secret.reveal()),
    }


def read(job: Job, way: str, cdse: OfflineCdse, folder: Path, cache_folder: str) -> Result:
    """Run one process and count what it asks for, and what it keeps on disk."""
    practice.limit(*job.limits, service=cdse.s3)
    answer = run_process(job, way, cdse, folder, cache_folder)
    return answer | practice.usage(service=cdse.s3) | {"kept": folder_size(Path(cache_folder))}


def run_process(job: Job, way: str, cdse: OfflineCdse, folder: Path, cache_folder: str) -> Result:
    try:
        process = subprocess.run(
            [sys.executable, "-m", "bench.ways"],
            input=json.dumps(task(job, way, cdse, folder)),
            env=environment(way, cdse, cache_folder),
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"seconds": SECONDS, "failed": f"chưa xong sau {SECONDS} giây"}
    if process.returncode:
        raise RuntimeError(f"{job.name}, {way}: the process ended with {process.returncode}\n{process.stderr}")
    return json.loads(process.stdout.splitlines()[-1])


def folder_size(folder: Path) -> float:
    """MB of all files in a folder, 0 if there is none."""
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6


def measure(job: Job, ways: list[str], packs: Path) -> Iterator[tuple[str, Result]]:
    """Each way with a service of its own, but for those that read what `cold` has left."""
    folder = packs / job.pack
    later = [way for way in ways if way in AFTER_COLD]
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        if later:
            with running(data=folder) as cdse:
                for way in ("cold", *later):
                    yield way, read(job, way, cdse, folder, f"{scratch}/cold")
        for way in ways:
            if way not in later and not (way == "cold" and later):
                with running(data=folder) as cdse:
                    yield way, read(job, way, cdse, folder, f"{scratch}/{way}")


# -- results that are kept ---------------------------------------------------


def stamp(job: Job, way: str) -> Result:
    """All that a result depends on."""
    code = ("src/cdse_access", "lessons") if way in OURS else ()
    return results.stamp(WAYS[way].read, (job.content, job.threads, job.limits, WAYS[way].twice), code)


def kept(job: Job, way: str) -> Result | None:
    """The result of an earlier run, if it still holds."""
    return results.read_kept((job.name, way), stamp(job, way))


def keep(job: Job, way: str, result: Result) -> Result:
    return results.keep((job.name, way), stamp(job, way), result)
