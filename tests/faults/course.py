"""The course's way, through the functions that the lessons use, for each action that a case may name."""

import contextlib
import io
import os
import shutil
import traceback
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import odc.stac
import xarray as xr
from pystac import Item

from cdse_access import exchange, probe, transport
from cdse_access import loading as jp2
from cdse_access import session as cdse
from cdse_access.jp2 import ranges as remote
from cdse_access.problems import Problem
from cdse_access.secrets import Keys
from cdse_access.store import Store
from cdse_offline.practice import limit, switch_off, switch_on, usage
from lessons import bands, maps
from tests.faults.cases import Case
from tests.faults.impostor import impostor
from tests.faults.world import BANDS, DAY, GRID, LIMIT, MANY, MONTH, SEASON, TRUTH, Outcome, Service, scenes, watch
from tools.notebooks import learner_environment

OURS = {
    "KEY": "CDSE_S3_ACCESS_KEY",
    "SECRET": "CDSE_S3_SECRET_KEY",
    "ENDPOINT": "CDSE_S3_ENDPOINT",
    "STAC": "CDSE_STAC_URL",
}


def variables(service: Service, folder: Path, names: dict[str, str], changes: dict[str, str | None]) -> dict[str, str]:
    """The learner's variables under the names that a program reads, with what is wrong in this case."""
    access, secret = service.access_key, service.secret_key
    words = {"access": access, "access_start": access[:9], "access_end": access[9:], "s3": service.s3}
    words |= {"secret": secret, "secret_start": secret[:9], "secret_end": secret[9:]}
    words |= {
        "secret_wrong": secret[:-1] + ("a" if secret[-1] != "a" else "b"),
        "credentials": str(folder / "credentials"),
        "file": str(folder / "credentials"),
        "folder": str(folder),
        "stac": service.stac,
    }
    right = {"KEY": access, "SECRET": secret, "ENDPOINT": service.s3, "STAC": service.stac}
    changed = {name: value and value.format(**words) for name, value in (right | changes).items()}
    return {names.get(name, name): value for name, value in changed.items() if value is not None}


# The course's own waits, ten to fifty times shorter, for the many cases.
WAITS: dict[Any, dict[str, Any]] = {
    exchange: {"CONNECT": 1, "SILENT": 1},
    remote: {"PATIENCE": 6, "SLOWEST": 1.7, "BUDGET": 2, "FIRST_WAIT": 0.02},
    probe: {"WAITS": (0, 0.02, 0.02)},
    transport: {"WAITS": (0.02, 0.02, 0.02, 0.02), "PATIENCE": 6},
    transport.Transport: {"timeout": property(lambda _: 1, lambda *_: None)},
}


@contextmanager
def short_waits() -> Iterator[None]:
    with ExitStack() as stack:
        for owner, waits in WAITS.items():
            for name, value in waits.items():
                stack.enter_context(mock.patch.object(owner, name, value, create=isinstance(value, property)))
        yield


class Course:
    """A learner with the keys of this service; `folder` holds their cache and another account's keys."""

    def __init__(self, store: Service, folder: Path) -> None:
        self.prepare(store, folder)
        with self.environment({}):
            self.enter()
            self.item: Item = next(cdse.open_catalog(store.stac).search(**DAY).items())
            self.load(bands=MANY)  # the service makes an image when it is first read, which takes longer

    def prepare(self, store: Service, folder: Path) -> None:
        self.service, self.folder = store, folder
        (folder / "credentials").write_text("[default]\naws_access_key_id = KHAC\naws_secret_access_key = KHAC\n")
        self._truths: dict[str, Any] = {}

    def run(self, case: Case, seconds: float = LIMIT) -> Outcome:
        """The truth first; then the fault is switched on, and the same is done again with an empty cache.

        Waits are short but where the case wants real ones.
        """
        truth = self.truth(case)
        with self.environment(case.environ), nullcontext() if case.real_time else short_waits():
            if case.action != "connect":
                self.enter()
            try:
                switch_on(*case.faults, service=self.service.s3)
                if case.limits:
                    limit(**case.limits, service=self.service.s3)
                usage(reset=True, service=self.service.s3)
                outcome = watch(partial(getattr(self, case.action), **case.arguments), truth, seconds)
                counts = usage(service=self.service.s3)
                return replace(outcome, met=counts["faulted"] + counts["refused"])
            finally:
                switch_off(self.service.s3)

    def truth(self, case: Case) -> Any:
        """Worked by hand, or what the same action gives with nothing wrong."""
        if case.truth is not None or not (action := CALM.get(case.action)):
            return case.truth
        arguments = case.arguments if TRUTH in case.expects else {}
        arguments = arguments if case.instead is None else case.instead
        if (name := f"{action} {arguments}") not in self._truths:
            with self.environment({}):
                self.enter()
                self._truths[name] = getattr(self, action)(**arguments)
        return self._truths[name]

    @contextmanager
    def environment(self, changes: dict[str, str | None]) -> Iterator[None]:
        """The learner's variables, an empty cache, and afterwards everything as it was."""
        before = dict(os.environ)
        clean = learner_environment()
        os.environ.clear()
        os.environ |= clean | {"CDSE_CACHE": str(self.folder / "cache"), "CDSE_ENV_FILE": "none"}
        os.environ |= variables(self.service, self.folder, OURS, changes)
        for name in [name for name, value in changes.items() if value is None]:
            os.environ.pop(OURS.get(name, name), None)
        try:
            yield
        finally:
            with contextlib.redirect_stdout(io.StringIO()):
                cdse.logout()
            os.environ.clear()
            os.environ.update(before)
            shutil.rmtree(self.folder / "cache", ignore_errors=True)

    def enter(self) -> None:
        """What connect() does once it has found the keys."""
        cdse.use_store(self.store(self.service.access_key))

    def store(self, access: str) -> Store:
        keys = Keys.from_texts(access, self.service.secret_key)
        return Store(self.service.s3, False, keys, "")

    # -- actions ---

    def load(self, items: str = "one", bands: list[str] = BANDS, **area: Any) -> xr.Dataset:
        area = {name: value for name, value in (GRID | area).items() if value is not None}
        with contextlib.redirect_stdout(io.StringIO()):
            return jp2.load(scenes(items, self.item), bands, progress=False, **area)

    def season(self) -> xr.Dataset:
        """Several dates; those that are odd are left out, and what is told of them is kept with the cube."""
        items = list(cdse.open_catalog(self.service.stac).search(**SEASON).items())
        told = io.StringIO()
        with contextlib.redirect_stdout(told):
            dn = jp2.load(items, BANDS, on_bad="drop", progress=False, **GRID)
        return dn.assign_attrs(told=told.getvalue())

    def search(self, **question: Any) -> list[str]:
        with contextlib.redirect_stdout(io.StringIO()):
            found = cdse.open_catalog(os.environ[OURS["STAC"]]).search(**(MONTH | question)).items()
            return [item.id for item in found]

    def search_and_load(self, **question: Any) -> xr.Dataset:
        items = list(cdse.open_catalog(self.service.stac).search(**(DAY | question)).items())
        return jp2.load(items, BANDS, progress=False, **(GRID | question))

    def connect(self, service: str | None = None) -> xr.Dataset:
        with contextlib.redirect_stdout(io.StringIO()):
            items = list(cdse.connect(service).search(**DAY).items())
        return jp2.load(items, BANDS, progress=False, **GRID)

    def speak(self, stream: str) -> xr.Dataset:
        """All that is told goes to a stream that cannot write every letter, or nothing at all."""
        with open_stream(stream) as target, contextlib.redirect_stdout(target), contextlib.redirect_stderr(target):
            items = list(cdse.connect().search(**DAY).items())
            return jp2.load(items, BANDS, **GRID)

    def mend_keys(self) -> xr.Dataset:
        """Wrong keys first, and a load that fails; then the right ones, in the same kernel."""
        cdse.use_store(self.store("KHONGCO" * 3))
        with contextlib.suppress(Problem):
            self.load()
        return self.connect()

    def configured(self) -> xr.Dataset:
        """Someone tells odc-stac the keys by itself."""
        odc.stac.configure_rio(aws={"aws_access_key_id": "KHAC", "aws_secret_access_key": "KHAC"})
        try:
            return self.load()
        finally:
            odc.stac.configure_rio()

    def impostor(self) -> xr.Dataset:
        with impostor(self.folder, self.image()) as address:
            store = replace(self.store(self.service.access_key), endpoint=address, https=True)
            cdse.use_store(store)
            return self.load()

    def image(self, band: str = "B05_20m") -> bytes:
        """The file of a band, by default of another than is loaded."""
        store = self.store(self.service.access_key)
        return remote.Remote(self.item.assets[band].href, store, remote.open_pool(store, 1)).read(0, 1 << 24)

    def said(self, wrong: bool) -> list[str]:
        """Where the secret shows: in what connect() prints, shows, or leaves in a traceback."""
        seen, secret = {}, self.service.secret_key
        if wrong:
            os.environ[OURS["KEY"]] = "KHONGCO" * 3
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
            try:
                seen["catalog"] = repr(cdse.connect())
                seen["status"] = repr(cdse.status())
            except Problem:
                seen["traceback"] = traceback.format_exc()
        seen["output"] = printed.getvalue()
        return [place for place, text in seen.items() if secret in text]

    def scale_offset(self, items: str) -> tuple[float, float]:
        return bands.scale_offset(scenes(items, self.item), ["B04_20m"])

    def vegetation(self) -> list[float]:
        """NDVI of one surface, seen before and after the offset was introduced."""
        found = []
        for name, dn in (("one", (4000, 1500)), ("two baselines", (3000, 500))):
            item = scenes(name, self.item)[:1]
            factors = bands.scale_offset(item, ["B04_20m"])
            found.append(bands.ndvi(*bands.reflectance(xr.DataArray(np.array(dn, "uint16")), *factors)))
        return [float(value) for value in found]

    def reflectance(self, dn: list[float]) -> xr.DataArray:
        array = np.array(dn, "uint16" if all(isinstance(value, int) for value in dn) else "float32")
        return bands.reflectance(xr.DataArray(array), 0.0001, -0.1)

    def ndvi(self, nir: list[float], red: list[float], dtype: str) -> xr.DataArray:
        return bands.ndvi(xr.DataArray(np.array(nir, dtype)), xr.DataArray(np.array(red, dtype)))

    def ndvi_of_grids(self) -> xr.DataArray:
        return bands.ndvi(*two_grids())

    def clear(self, scl: list[float]) -> list[int]:
        return bands.clear(xr.DataArray(np.array(scl, "float32"), name="SCL")).values.astype(int).tolist()

    def stretch(self, values: list[float]) -> list[float]:
        return list(maps.stretch(xr.DataArray(np.array(values, "float32"))).values())


def two_grids() -> tuple[xr.DataArray, xr.DataArray]:
    """Reflectance of one place in pixels of 20 m, and of 10 m."""
    return _surface(np.arange(10.0, 100, 20)), _surface(np.arange(5.0, 100, 10))


def _surface(places: np.ndarray) -> xr.DataArray:
    return xr.DataArray(np.full((len(places), len(places)), 0.3), {"y": places, "x": places}, ("y", "x"))


@contextmanager
def open_stream(name: str) -> Iterator[Any]:
    """Where a learner's output may go: a terminal of another encoding, a full disk, a closed one, none."""
    if name == "none":
        yield None
    elif name == "full":
        full = Path("/dev/full").open("w", buffering=1)  # noqa: SIM115 - closing writes once more, which fails
        yield full
        with contextlib.suppress(OSError):
            full.close()
    else:
        stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8" if name == "closed" else name)
        if name == "closed":
            stream.close()
        yield stream


# The action whose result, with nothing wrong, is the truth of another.
CALM = {
    "load": "load", "search_and_load": "load", "connect": "load", "mend_keys": "load", "configured": "load",
    "impostor": "load", "search": "search",
    "speak": "load",
    "season": "season",
    "load_cog": "load_cog",
}  # fmt: skip
