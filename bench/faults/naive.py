"""The plain way: what guides teach, with AWS_* variables, GDAL's defaults and odc-stac as they come.

`python -m bench.faults.naive` runs every case and the fuzz both ways and writes what came of it to naive.json; then it
writes the tables of the book's page anew. It takes about twenty minutes: whatever hangs costs a minute.
"""

import argparse
import json
import os
import pickle
import platform
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import distributions, version
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import odc.stac
import rasterio
import xarray as xr
from pystac import Item
from pystac_client import Client

from bench.faults import page
from cdse_offline.practice import limit, switch_off, switch_on, usage
from tests.faults.cases import CASES, Case
from tests.faults.children import Child, offline_service
from tests.faults.course import Course, short_waits, variables
from tests.faults.fuzz import SEED, combinations
from tests.faults.impostor import impostor
from tests.faults.world import BANDS, DAY, GRID, LIMIT, MONTH, SILENT, TRUTH, Outcome, Service, scenes, watch

THEIRS = {"KEY": "AWS_ACCESS_KEY_ID", "SECRET": "AWS_SECRET_ACCESS_KEY", "ENDPOINT": "AWS_S3_ENDPOINT", "STAC": "STAC"}
# What the guide sets that this course grew from; http, since the service is on this machine. Nobody's metadata
# service is asked for keys.
PLAIN = {
    "GDAL_HTTP_TCP_KEEPALIVE": "YES",
    "AWS_HTTPS": "NO",
    "AWS_VIRTUAL_HOSTING": "FALSE",
    "GDAL_HTTP_UNSAFESSL": "YES",
    "CPL_AWS_EC2_API_ROOT_URL": "disabled",
    "AWS_EC2_METADATA_DISABLED": "true",
}
WITHOUT_PLAIN = {"said"}  # there is no one plain way to show keys
PACKAGES = ("rasterio", "odc-stac", "odc-loader", "pystac-client", "xarray", "dask", "numpy", "boto3")


class Plain:
    """The plain way of each action. It runs in a process of its own, since GDAL remembers what went wrong."""

    def __init__(self, service: Service, folder: Path, image: bytes) -> None:
        self.service, self.folder, self.image = service, folder, image

    def run(self, case: Case, truth: Any) -> Outcome:
        os.environ |= PLAIN | variables(self.service, self.folder, THEIRS, case.environ)
        for name in [name for name, value in case.environ.items() if value is None]:
            os.environ.pop(THEIRS.get(name, name), None)
        return watch(partial(getattr(self, case.action), **case.arguments), truth, LIMIT)

    def _item(self) -> Item:
        return next(Client.open(self.service.stac).search(**DAY).items())

    def load(self, items: str = "one", bands: list[str] = BANDS, **area: Any) -> xr.Dataset:
        area = {name: value for name, value in (GRID | area).items() if value is not None}
        return odc.stac.load(scenes(items, self._item()), bands=bands, chunks={}, **area).compute()

    def search(self, **question: Any) -> list[str]:
        return [item.id for item in Client.open(os.environ["STAC"]).search(**(MONTH | question)).items()]

    def search_and_load(self, **question: Any) -> xr.Dataset:
        items = list(Client.open(os.environ["STAC"]).search(**(DAY | question)).items())
        return odc.stac.load(items, bands=BANDS, chunks={}, **(GRID | question)).compute()

    def connect(self, service: str | None = None) -> xr.Dataset:
        return self.search_and_load()

    def mend_keys(self) -> xr.Dataset:
        right, os.environ["AWS_ACCESS_KEY_ID"] = os.environ["AWS_ACCESS_KEY_ID"], "KHONGCO" * 3
        try:
            self.load()
        except Exception:  # noqa: BLE001 - it must fail; then the learner mends the keys
            os.environ["AWS_ACCESS_KEY_ID"] = right
        return self.load()

    def configured(self) -> xr.Dataset:
        keys = {name.lower(): os.environ.pop(name) for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
        odc.stac.configure_rio(cloud_defaults=True, aws=keys | {"aws_unsigned": False})
        return self.load()

    def impostor(self) -> xr.Dataset:
        with impostor(self.folder, self.image) as address:
            os.environ |= {"AWS_S3_ENDPOINT": address, "AWS_HTTPS": "YES"}
            return self.load()

    def scale_offset(self, items: str) -> tuple[float, float]:
        factors = scenes(items, self._item())[0].assets["B04_20m"].extra_fields
        return factors["raster:scale"], factors["raster:offset"]

    def vegetation(self) -> list[float]:
        return [(4000 - 1500) / (4000 + 1500), (3000 - 500) / (3000 + 500)]

    def reflectance(self, dn: list[float]) -> np.ndarray:
        return np.array(dn) * 0.0001 - 0.1

    def ndvi(self, nir: list[float], red: list[float], dtype: str) -> np.ndarray:
        near, visible = np.array(nir, dtype), np.array(red, dtype)
        return (near - visible) / (near + visible)

    def stretch(self, values: list[float]) -> list[float]:
        return list(np.percentile(values, [1, 99.5]))


# -- both ways ---------------------------------------------------------------


def both(cases: Sequence[Case], service: Service, folder: Path) -> list[dict[str, Any]]:
    """What comes of each case, the plain way and the course's. This process itself never reads an image."""
    stored = folder / "course.pickle"
    _ended(Child(partial(_course, cases, service, folder, stored)), 3600)
    image, runs = pickle.loads(stored.read_bytes())
    plain, rows = Plain(service, folder, image), []
    for case, (outcome, truth) in zip(cases, runs, strict=True):
        row = {"number": case.number, "title": case.title, "course": asdict(outcome)}
        if case.action not in WITHOUT_PLAIN:
            row["plain"] = asdict(_plain(plain, case, truth))
        rows.append(row)
    return rows


def _course(cases: Sequence[Case], service: Service, folder: Path, stored: Path) -> Outcome:
    course, runs = Course(service, folder), []
    for case in cases:
        with nullcontext() if case.real_time else short_waits():
            runs.append((course.run(case), course.truth(case)))
    with course.environment({}):
        course.enter()
        stored.write_bytes(pickle.dumps((course.image(), runs)))
    return Outcome(TRUTH)


def _plain(plain: Plain, case: Case, truth: Any) -> Outcome:
    service = plain.service
    try:
        switch_on(*case.faults, service=service.s3)
        if case.limits:
            limit(**case.limits, service=service.s3)
        usage(reset=True, service=service.s3)
        outcome = Child(partial(plain.run, case, truth)).outcome(LIMIT + 2)
        counts = usage(service=service.s3)
    finally:
        switch_off(service.s3)
    text, home = outcome.text, str(Path.home())
    own = {service.access_key: "KHÓA", service.secret_key: "SECRET", service.s3: "127.0.0.1", home: "~"}
    for private, public in own.items():
        text = text.replace(private, public)
    return replace(outcome, text=text, met=counts["faulted"] + counts["refused"])


def _part(cases: Sequence[Case], target: Path) -> Outcome:
    with offline_service() as service, tempfile.TemporaryDirectory() as folder:
        target.write_text(json.dumps(both(cases, service, Path(folder))))
    return Outcome(TRUTH)


def _ended(child: Child, seconds: float) -> None:
    if (outcome := child.outcome(seconds)).kind != TRUTH:
        raise RuntimeError(f"a part did not end well: {outcome}")


def in_parts(cases: Sequence[Case], parts: int) -> list[dict[str, Any]]:
    """The cases dealt to so many processes, each with a service of its own; results in the cases' order."""
    with tempfile.TemporaryDirectory() as folder:
        targets = [Path(folder) / f"{part}.json" for part in range(parts)]
        children = [Child(partial(_part, cases[part::parts], target)) for part, target in enumerate(targets)]
        for child in children:
            _ended(child, 7200)
        found = [json.loads(target.read_text()) for target in targets]
    return [found[place % parts][place // parts] for place in range(len(cases))]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parts", type=int, default=4, help="processes at once; most of the time they wait")
    parser.add_argument("--cases", action="store_true", help="measure the cases only")
    parser.add_argument("--fuzz", action="store_true", help="measure the random combinations only")
    parser.add_argument("--page", action="store_true", help="measure nothing: only write the page anew")
    arguments = parser.parse_args()
    everything = not (arguments.cases or arguments.fuzz or arguments.page)
    if everything or arguments.cases:
        _keep(cases=in_parts(CASES, arguments.parts))
    if everything or arguments.fuzz:
        rows = in_parts(combinations(), arguments.parts)
        _keep(fuzz={"seed": SEED, "count": len(rows)} | {way: _tally(rows, way) for way in ("plain", "course")})
    page.write()


def _keep(**measured: Any) -> None:
    """Write what was measured beside what was measured before."""
    before = json.loads(page.RESULTS.read_text(encoding="utf-8")) if page.RESULTS.exists() else {}
    versions = {"Python": platform.python_version(), "GDAL": rasterio.__gdal_version__}
    installed = {distribution.name for distribution in distributions()}
    versions |= {package: version(package) for package in PACKAGES if package in installed}
    results = before | {"date": f"{datetime.now(UTC):%Y-%m-%d}", "versions": versions} | measured
    page.RESULTS.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _tally(rows: Sequence[dict[str, Any]], way: str) -> dict[str, Any]:
    """How often each end came; wrong pixels where it was silent, and the longest run."""
    kinds = Counter(row[way]["kind"] for row in rows)
    shares = [row[way]["share"] for row in rows if row[way]["kind"] == SILENT]
    slowest = max(row[way]["seconds"] for row in rows)
    return {"ends": dict(kinds.most_common()), "median_share": median(shares or [0]), "slowest": round(slowest, 1)}


if __name__ == "__main__":
    main()
