"""The plain way: what guides teach, with AWS_* variables, GDAL's defaults and odc-stac as they come."""

import contextlib
import os
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import odc.stac
import xarray as xr
from pystac import Item
from pystac_client import Client

from tests.faults.cases import Case
from tests.faults.cogs import choose_area, choose_item, find_items
from tests.faults.course import open_stream, two_grids, variables
from tests.faults.impostor import impostor
from tests.faults.world import BANDS, DAY, GRID, LIMIT, MONTH, SEASON, Outcome, Service, scenes, watch

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

    def load_cog(self, name: str = "radar", fields: dict[str, Any] | None = None, **area: Any) -> xr.Dataset:
        item, band = choose_item(find_items(self.service), name, fields or {})
        return odc.stac.load([item], bands=[band], chunks={}, **choose_area(item, area)).compute()

    def season(self) -> xr.Dataset:
        items = list(Client.open(self.service.stac).search(**SEASON).items())
        return odc.stac.load(items, bands=BANDS, chunks={}, groupby="solar_day", **GRID).compute()

    def search(self, **question: Any) -> list[str]:
        return [item.id for item in Client.open(os.environ["STAC"]).search(**(MONTH | question)).items()]

    def search_and_load(self, **question: Any) -> xr.Dataset:
        items = list(Client.open(os.environ["STAC"]).search(**(DAY | question)).items())
        return odc.stac.load(items, bands=BANDS, chunks={}, **(GRID | question)).compute()

    def connect(self, service: str | None = None) -> xr.Dataset:
        return self.search_and_load()

    def speak(self, stream: str) -> xr.Dataset:
        with open_stream(stream) as target, contextlib.redirect_stdout(target), contextlib.redirect_stderr(target):
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

    def ndvi_of_grids(self) -> xr.DataArray:
        near, visible = two_grids()
        return (near - visible) / (near + visible)

    def clear(self, scl: list[float]) -> list[int]:
        """Clear is what is no cloud, shadow or nothing."""
        return (~np.isin(np.array(scl), [0, 1, 3, 8, 9, 10, 11])).astype(int).tolist()

    def stretch(self, values: list[float]) -> list[float]:
        return list(np.percentile(values, [1, 99.5]))
