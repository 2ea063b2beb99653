"""Honest students while somebody attacks: their searches take less than a second, and the service stays small.

The service and the attacker are processes of their own, with the usual number of descriptors. Here an attack lasts
a second; by hand, for longer: `ATTACK_SECONDS=20 make test ARGS=tests/cdse_offline/server/test_attacks.py`.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from cdse_access.loading import load
from cdse_access.session import connect
from cdse_offline.product import archive
from tests.cdse_offline.server import attacker
from tests.project.test_frame import ROOT
from tests.service import KEYS, Service

resource = pytest.importorskip("resource")
SECONDS = float(os.environ.get("ATTACK_SECONDS", "1"))
DESCRIPTORS = 1024
SOON = 1.0  # seconds for a search, where the processor has nothing to do but this
QUESTION = {
    "bbox": [105.9, 20.8, 105.95, 20.85],
    "datetime": "2023-05-01T00:00:00Z/2023-09-30T23:59:59Z",
    "query": {"eo:cloud_cover": {"lt": 20}},
    "sortby": [{"field": "properties.datetime", "direction": "asc"}],
    "limit": 50,
}


def limit(descriptors: int) -> None:
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))


@contextmanager
def attacked_service(folder: Path, cache: Path | None = None) -> Iterator[tuple[Service, psutil.Process, Path]]:
    """The address, the process, and the file of its log."""
    keys = {"CDSE_OFFLINE_ACCESS_KEY": KEYS.access, "CDSE_OFFLINE_SECRET_KEY": KEYS.secret}
    own = {"CDSE_OFFLINE_CACHE": str(cache)} if cache else {}
    command = [sys.executable, "-m", "cdse_offline", "--port", "0", "--until-stdin-closes"]
    log = folder / "log"
    with (
        log.open("wb") as errors,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            cwd=ROOT,
            env=os.environ | keys | own,
            preexec_fn=lambda: limit(DESCRIPTORS),
        ) as process,
    ):
        assert process.stdin and process.stdout
        try:
            yield Service(json.loads(process.stdout.readline())["s3"], None), psutil.Process(process.pid), log
        finally:
            process.kill()


@contextmanager
def attack(service: Service, name: str, *items: str) -> Iterator[None]:
    command = [sys.executable, "-m", "tests.cdse_offline.server.attacker", service.address, name, *items]
    with subprocess.Popen(
        command, cwd=ROOT, preexec_fn=lambda: limit(min(8192, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
    ) as process:
        try:
            time.sleep(0.5)
            assert process.poll() is None
            yield
        finally:
            process.kill()


def crowded() -> float:
    """How much slower all is here than on two cores with the service and the attacker alone, which are four at most."""
    return max(1.0, os.getloadavg()[0] / 4)


def search(service: Service) -> float:
    """Seconds; as a client does, it asks again where it is told to come later."""
    begin = time.monotonic()
    while time.monotonic() - begin < 30:
        answer = service.ask("/stac/v1/search", "POST", QUESTION, timeout=30)
        if answer.status == 200:
            assert len(answer.json()["features"]) > 3
            return time.monotonic() - begin
        assert answer.status == 503 and int(answer.headers["Retry-After"]) >= 1
        time.sleep(0.5)
    raise AssertionError("no answer")


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Service, psutil.Process, Path]]:
    with attacked_service(tmp_path_factory.mktemp("attacked")) as it:
        assert search(it[0]) < 5
        yield it


@pytest.mark.parametrize("name", [*attacker.SEARCHES, *attacker.HELD])
def test_an_attack_hinders_no_student(attacked, name):
    service, process, log = attacked
    times = []
    with attack(service, name):
        end = time.monotonic() + SECONDS
        while time.monotonic() < end or len(times) < 3:
            times.append(search(service))
            time.sleep(0.05)
    assert statistics.median(times) < SOON * crowded(), times
    assert process.memory_info().rss < 400e6
    assert log.stat().st_size < 1e6


def test_quicklooks_that_anybody_may_ask_for_come_after_images(tmp_path, monkeypatch):
    """Hundreds are to be drawn; a student loads a date meanwhile, of which nothing is there yet."""
    names = sorted(archive.simulate_holdings().thumbnails)
    monkeypatch.setenv("CDSE_CACHE", str(tmp_path / "student"))
    with (
        attacked_service(tmp_path, tmp_path / "cache") as (service, process, log),
        attack(service, "quicklooks", *names),
    ):
        catalog = connect(
            stac=f"http://{service.address}/stac/v1/", s3=service.address, keys=(KEYS.access, KEYS.secret)
        )
        question = QUESTION | {"datetime": "2023-09-01/2023-09-30", "collections": ["sentinel-2-l2a"], "max_items": 1}
        items = catalog.search(**question).item_collection()
        begin = time.monotonic()
        found = load(items, ["B04_10m"], bbox=QUESTION["bbox"], resolution=10, progress=False)
        assert time.monotonic() - begin < 60  # ten on a machine that does nothing else
        assert int(found["B04_10m"].max()) > 0
        drawn = [*(tmp_path / "cache").rglob("thumbnail-*")]
        assert len(drawn) < len(names) / 2 and search(service) < 5
        assert process.memory_info().rss < 400e6 and log.stat().st_size < 1e6
