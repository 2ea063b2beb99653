"""The terrain: items and collection in the form of CDSE's Copernicus DEM, its `proj:transform` in GDAL's order."""

from datetime import UTC, datetime
from functools import partial
from typing import Any

from cdse_offline.holdings import Record
from cdse_offline.product import assets
from cdse_offline.product.collections import build_collection, drop_place
from cdse_offline.product.items import SCHEMES, format_time, say_simulated, simulate_update
from cdse_offline.product.mosaics import COG
from cdse_offline.product.regions import SCENES, Coverage, enclose, join_boxes
from cdse_offline.simulation.derived import ARC_SECONDS, Degree, list_degrees
from cdse_offline.simulation.files import DerivedFile
from cdse_offline.simulation.places import Place

TERRAIN = "cop-dem-glo-30-dged-cog"
_SIMULATED = (
    "Độ cao mô phỏng để luyện tập: mặt đất mà các ảnh được vẽ trên đó, cả cây và mái nhà, mét trên mực nước biển; "
    "chỉ có trong cửa sổ cdse_offline:window, ngoài đó là NaN."
)
_START, _END = (datetime(*day, tzinfo=UTC) for day in ((2010, 12, 12), (2015, 1, 16)))  # of the TanDEM-X mission's part
_PUBLISHED = format_time(datetime(2024, 5, 1, tzinfo=UTC))
_EXTENSIONS = ("alternate-assets/v1.2.0", "authentication/v1.1.0", "grid/v1.1.0", "projection/v2.0.0", "storage/v2.0.0")


def build_record(degree: Degree) -> Record:
    searched = {
        "id": degree.id,
        "collection": TERRAIN,
        "geometry": _build_geometry(degree),
        "properties": _build_properties(degree),
    }
    return Record(searched, partial(build_item, degree))


def list_objects(degree: Degree) -> dict[str, DerivedFile]:
    return {f"{_name_folder(degree)}/{degree.id}.tif": DerivedFile(degree, "data")}


def _name_folder(degree: Degree) -> str:
    return f"auxdata/CopDEM_COG/copernicus-dem-30m/{degree.id}"


def _compute_box(degree: Degree) -> list[float]:
    return [degree.longitude, degree.latitude, degree.longitude + 1, degree.latitude + 1]


def _build_geometry(degree: Degree) -> dict[str, Any]:
    west, south, east, north = _compute_box(degree)
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return {"type": "Polygon", "coordinates": [ring]}


def _find_window(degree: Degree) -> list[float]:
    """A box around all heights of the tile, degrees."""
    boxes = [enclose(place, SCENES) for place in degree.list_places()]
    wests, souths, easts, norths = zip(*boxes, _compute_box(degree), strict=True)
    return [max(min(wests[:-1]), wests[-1]), max(min(souths[:-1]), souths[-1]),
            min(max(easts[:-1]), easts[-1]), min(max(norths[:-1]), norths[-1])]  # fmt: skip


def _build_properties(degree: Degree) -> dict[str, Any]:
    start, end = (format_time(moment, "seconds") for moment in (_START, _END))
    values = {
        "gsd": 30,
        "created": _PUBLISHED,
        "updated": simulate_update(_PUBLISHED),
        "published": _PUBLISHED,
        "datetime": start,
        "start_datetime": start,
        "end_datetime": end,
        "grid:code": f"CDEM-N{degree.latitude:02}E{degree.longitude:03}",
        "proj:code": "EPSG:4326",
        "product:type": "DGE_30",
    }
    return values | SCHEMES | say_simulated(_SIMULATED, _find_window(degree))


def build_item(degree: Degree, _: str) -> dict[str, Any]:
    """The item; it names nothing at the service's own address."""
    return {
        "id": degree.id,
        "bbox": _compute_box(degree),
        "type": "Feature",
        "links": [],
        "assets": {"data": _describe_heights(degree)},
        "geometry": _build_geometry(degree),
        "collection": TERRAIN,
        "properties": _build_properties(degree),
        "stac_extensions": [f"https://stac-extensions.github.io/{name}/schema.json" for name in _EXTENSIONS],
        "stac_version": "1.1.0",
    }


def _describe_heights(degree: Degree) -> dict[str, Any]:
    step = 1 / ARC_SECONDS
    west, north = degree.longitude - step / 2, degree.latitude + 1 + step / 2  # a pixel is a point
    return {
        "href": f"s3://eodata/{_name_folder(degree)}/{degree.id}.tif",
        "type": COG,
        "title": "Digital surface model",
        "roles": ["data"],
        "gsd": 30,
        "data_type": "float32",
        "proj:shape": [ARC_SECONDS, ARC_SECONDS],
        "proj:transform": [west, step, 0, north, 0, -step],
    } | assets.ACCESS


def _find_reach(place: Place) -> list[float]:
    return join_boxes(_compute_box(degree) for degree in list_degrees() if place in degree.list_places())


def build_terrain_collection() -> dict[str, Any]:
    interval = [format_time(moment, "seconds") for moment in (_START, _END)]
    coverage = Coverage(lambda _: interval, SCENES.find_window, _find_reach)
    sample = build_item(list_degrees()[0], "/")
    files = {key: drop_place(asset) for key, asset in sample["assets"].items()}
    title = "Copernicus DEM GLO-30 (độ cao mô phỏng)"
    text = f"{_SIMULATED} Mỗi tệp một độ, một giây cung mỗi pixel, theo cấu trúc của Copernicus DEM."
    return build_collection(TERRAIN, title, text, files, coverage, "DEM") | SCHEMES
