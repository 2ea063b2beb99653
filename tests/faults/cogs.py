"""A store of small GeoTIFFs, right ones and odd ones, in the form of CDSE's; and what a learner does with them."""

import contextlib
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import rasterio.shutil
import xarray as xr
from pystac import Item
from pystac_client import Client
from rasterio import Affine
from rasterio.io import MemoryFile

from cdse_access import loading
from cdse_access.service import running
from tests.cdse_access.cogs import (
    BBOX,
    MOSAIC,
    NORTH,
    RADAR,
    WEST,
    Scene,
    make_heights,
    make_mosaic,
    make_radar,
    write_cog,
)
from tests.faults.course import Course
from tests.faults.world import Service

ACTION = "load_cog"
BANDS = {"sentinel-1-global-mosaics": "VV", "sentinel-2-global-mosaics": "B04", "cop-dem-glo-30-dged-cog": "data"}
PLACE = Affine(20, 0, WEST, 0, -20, NORTH)
LOST = slice(60, 120)  # rows of which another file says that nothing was seen there


@cache
def make_scenes() -> dict[str, Scene]:
    """What stands in the store, by what is odd about it. Each is a month of its own."""
    scenes = {"mosaic": make_mosaic(), "radar": make_radar(), "heights": make_heights()}
    scenes["no overviews"] = make_mosaic(MOSAIC.replace("Q1", "Q2"), overviews="NONE")
    pixels = scenes["radar"].pixels
    lacking = pixels.copy()
    lacking[LOST] = 0
    odd = {
        "mask": _write_mask(lacking),
        "nodata": write_cog(lacking, "EPSG:32648", PLACE, 0),
        "type": write_cog(pixels.astype("float64"), "EPSG:32648", PLACE, -32768),
        "elsewhere": write_cog(pixels, "EPSG:32648", PLACE * Affine.translation(500, 0), -32768),
        "zone": write_cog(pixels, "EPSG:32649", PLACE, -32768),
        "smaller": write_cog(pixels[:200, :200], "EPSG:32648", PLACE, -32768),
        "strips": write_cog(pixels, "EPSG:32648", PLACE, -32768, driver="GTiff", blocksize=None, predictor=3),
    }
    for month, (name, content) in enumerate(odd.items(), 2):
        scene = make_radar(RADAR.replace("M01", f"M{month:02}"))
        scene.files = dict.fromkeys(scene.files, content)
        scenes[name] = scene
    return scenes


def _write_mask(pixels: np.ndarray) -> bytes:
    """A mask inside says which pixels are none."""
    given: dict[str, Any] = {"driver": "GTiff", "crs": "EPSG:32648", "transform": PLACE, "dtype": "float32"}
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK="YES"), MemoryFile() as plain, MemoryFile() as memory:
        with plain.open(height=252, width=252, count=1, **given) as file:
            file.write(pixels, 1)
            file.write_mask(pixels > 0)
        rasterio.shutil.copy(plain.name, memory.name, driver="COG", blocksize=128, compress="DEFLATE")
        return bytes(memory.getbuffer())


# -- a service ---------------------------------------------------------------


def write_pack(folder: Path) -> None:
    for name, scene in make_scenes().items():
        document = scene.item.to_dict() | {"links": []}
        (folder / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")
        for href, content in scene.files.items():
            path = folder / "eodata" / href.removeprefix("s3://eodata/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


@contextmanager
def cog_service(folder: Path) -> Iterator[Service]:
    """An offline CDSE that has these files and no other."""
    write_pack(folder)
    with running(data=folder) as cdse:
        yield Service(cdse.stac, cdse.s3, cdse.keys.access.reveal(), cdse.keys.secret.reveal())


def find_items(service: Service) -> dict[str, Item]:
    """Its items, by their names."""
    return {item.id: item for item in Client.open(service.stac).search(limit=100).items()}


def choose_item(items: dict[str, Item], name: str, fields: dict[str, Any]) -> tuple[Item, str]:
    """The item of this scene with other fields of its band, and the band."""
    chosen = items[make_scenes()[name].item.id].clone()
    band = BANDS[str(chosen.collection_id)]
    chosen.assets[band].extra_fields |= fields
    return chosen, band


def choose_area(item: Item, area: dict[str, Any]) -> dict[str, Any]:
    size = {"VV": 20, "B04": 10, "data": 100}[BANDS[str(item.collection_id)]]
    return {"bbox": BBOX, "crs": "EPSG:32648", "resolution": size} | area


class CogCourse(Course):
    """The same learner, at a service that has only these files."""

    def __init__(self, service: Service, folder: Path) -> None:
        self.prepare(service, folder)
        self.items = find_items(service)

    def image(self, band: str = "VV") -> bytes:
        """What an impostor would give: the file of a band."""
        return next(iter(make_scenes()["radar"].files.values()))

    def load_cog(self, name: str = "radar", fields: dict[str, Any] | None = None, **area: Any) -> xr.Dataset:
        item, band = choose_item(self.items, name, fields or {})
        with contextlib.redirect_stdout(io.StringIO()):
            return loading.load([item], [band], progress=False, **choose_area(item, area))
