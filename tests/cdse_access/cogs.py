"""GeoTIFFs and items as CDSE's other collections have them, small; and a store of such files that nobody has to ask."""

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from pyproj import Transformer
from pystac import Item
from rasterio import Affine
from rasterio.io import MemoryFile

from cdse_access import loading
from cdse_access.jp2 import ranges, reader
from cdse_access.secrets import Keys
from cdse_access.store import Store

BBOX = (105.01, 21.665, 105.04, 21.69)
WEST, NORTH = 499980, 2400000  # of tile 48QWJ
TYPE = "image/tiff; application=geotiff; profile=cloud-optimized"
EXTENSION = "https://stac-extensions.github.io/projection/v2.0.0/schema.json"
MOSAIC = "Sentinel-2_mosaic_2023_Q1_48QWJ_0_0"
RADAR = "Sentinel-1_IW_mosaic_2023_M01_48QWJ_0_0"
HEIGHTS = "Copernicus_DSM_COG_10_N21_00_E105_00_DEM"
SECOND = 1 / 360  # degrees: pixels ten times as large as those of the elevation model


@dataclass
class Scene:
    """An item, and what stands under its addresses."""

    item: Item
    pixels: np.ndarray
    files: dict[str, bytes] = field(default_factory=dict)

    def href(self, band: str) -> str:
        return self.item.assets[band].href

    def fields(self, band: str) -> dict[str, Any]:
        return self.item.assets[band].extra_fields


def write_cog(pixels: np.ndarray, crs: str, transform: Affine, nodata: float | None, **options: Any) -> bytes:
    """A file as GDAL's own driver writes it: tables first, tiles framed by their length."""
    given = {"driver": "COG", "blocksize": 128, "compress": "DEFLATE", "predictor": "YES", "crs": crs} | options
    height, width = pixels.shape
    with MemoryFile() as memory:
        with memory.open(
            height=height, width=width, count=1, dtype=pixels.dtype, transform=transform, nodata=nodata, **given
        ) as file:
            file.write(pixels, 1)
        return bytes(memory.getbuffer())


def find_corners(size: int, count: int) -> list[list[float]]:
    """In degrees, as CDSE lists them: lower left first."""
    west, north, reach = WEST, NORTH, size * count
    places = [(west, north - reach), (west, north), (west + reach, north), (west + reach, north - reach)]
    to_degrees = Transformer.from_crs("EPSG:32648", "EPSG:4326", always_xy=True)
    corners = [list(to_degrees.transform(*place)) for place in places]
    return [*corners, corners[0]]


def make_item(name: str, collection: str, ring: list[list[float]], assets: dict[str, Any], **properties: Any) -> Item:
    wests, souths = zip(*ring, strict=True)
    document = {
        "type": "Feature",
        "stac_version": "1.1.0",
        "id": name,
        "collection": collection,
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "bbox": [min(wests), min(souths), max(wests), max(souths)],
        "properties": {"datetime": "2023-01-01T00:00:00Z"} | properties,
        "links": [],
        "assets": assets,
    }
    return Item.from_dict(document)


def make_mosaic(name: str = MOSAIC, **options: Any) -> Scene:
    """A quarter of Sentinel-2: no transform, a box that is too wide, the projection with the item."""
    pixels = np.random.default_rng(1).integers(0, 3000, (504, 504)).astype("int16")
    pixels[:40, :40] = -32768
    href = f"s3://eodata/Global-Mosaics/Sentinel-2/S2MSI_L3__MCQ/2023/01/01/{name}/B04.tif"
    content = write_cog(pixels, "EPSG:32648", Affine(10, 0, WEST, 0, -10, NORTH), -32768, **options)
    asset = {
        "href": href,
        "type": TYPE,
        "roles": ["data"],
        "bands": [{"name": "B04", "eo:common_name": "red"}],
        "data_type": "int16",
        "nodata": -32768,
        "gsd": 10,
        "proj:shape": [504, 504],
        "proj:bbox": [WEST - 0.4, NORTH - 5100, WEST + 5100, NORTH + 90],
        "file:size": len(content),
    }
    item = make_item(
        name,
        "sentinel-2-global-mosaics",
        find_corners(10, 504),
        {"B04": asset},
        **{"proj:code": "EPSG:32648", "grid:code": "MGRS-48QWJ", "gsd": 10},
    )
    return Scene(item, pixels, {href: content})


def make_radar(name: str = RADAR, **options: Any) -> Scene:
    """A month of Sentinel-1: the transform in GDAL's order."""
    pixels = np.random.default_rng(2).gamma(5, 0.02, (252, 252)).astype("float32")
    pixels[-20:] = -32768
    content = write_cog(pixels, "EPSG:32648", Affine(20, 0, WEST, 0, -20, NORTH), -32768, **options)
    assets, files = {}, {}
    for band in ("VV", "VH"):
        href = f"s3://eodata/Global-Mosaics/Sentinel-1/S1SAR_L3_IW_MCM/2023/01/01/{name}/{band}.tif"
        files[href] = content
        assets[band] = {
            "href": href,
            "type": TYPE,
            "roles": ["data"],
            "data_type": "float32",
            "nodata": -32768,
            "sar:polarizations": [band],
            "proj:code": "EPSG:32648",
            "proj:shape": [252, 252],
            "proj:transform": [WEST, 20.0, 0.0, NORTH, 0.0, -20.0],
        }
    item = make_item(name, "sentinel-1-global-mosaics", find_corners(20, 252), assets, gsd=20)
    item.stac_extensions.append(EXTENSION)
    return Scene(item, pixels, files)


def make_heights(**options: Any) -> Scene:
    """A degree of the elevation model: half a pixel off the degree, no nodata, the transform in GDAL's order."""
    pixels = (np.random.default_rng(3).random((360, 360)) * 50).astype("float32")
    west, north = 105 - SECOND / 2, 22 + SECOND / 2
    transform = Affine(SECOND, 0, west, 0, -SECOND, north)
    href = f"s3://eodata/auxdata/CopDEM_COG/copernicus-dem-30m/{HEIGHTS}/{HEIGHTS}.tif"
    asset = {
        "href": href,
        "type": TYPE,
        "roles": ["data"],
        "data_type": "float32",
        "proj:shape": [360, 360],
        "proj:transform": [west, SECOND, 0, north, 0, -SECOND],
    }
    ring: list[list[float]] = [[105, 21], [105, 22], [106, 22], [106, 21], [105, 21]]
    item = make_item(HEIGHTS, "cop-dem-glo-30-dged-cog", ring, {"data": asset}, **{"proj:code": "EPSG:4326", "gsd": 30})
    item.stac_extensions.append(EXTENSION)
    return Scene(item, pixels, {href: write_cog(pixels, "EPSG:4326", transform, None, **options)})


# -- a store -----------------------------------------------------------------


class Shelf:
    """The files of some scenes; `asked` is what was asked of them."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.asked: list[tuple[str, int, int]] = []

    def add(self, scene: Scene) -> Scene:
        self.files |= scene.files
        return scene


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> Shelf:
    """`load` reads its files, without a service and a connection; kept tiles go to a folder of the test."""
    shelf = Shelf()

    class Shelved(ranges.Remote):
        def _get(self, start: int, stop: int) -> bytes:
            content = shelf.files[self.href]
            self.size, self.etag = len(content), f"{len(content)}"
            shelf.asked.append((self.name, start, min(stop, len(content))))
            return content[start:stop]

    session = SimpleNamespace(store=Store("127.0.0.1:9", False, Keys.from_texts("A", "B"), ""))
    monkeypatch.setenv("CDSE_CACHE", str(tmp_path / "kept"))
    monkeypatch.setenv("GDAL_NUM_THREADS", "1")
    monkeypatch.setattr(reader, "Remote", Shelved)
    monkeypatch.setattr(loading, "choose_session", lambda _: session)
    return shelf
