"""The whole archive of simulated scenes: what is searched, what is read."""

from functools import partial
from typing import Any

from cdse_offline.holdings import Holdings, Record
from cdse_offline.product import assets, mosaics, terrain
from cdse_offline.product.collections import build_sentinel_collection, build_truth_collection
from cdse_offline.product.items import (
    SENTINEL,
    TRUTH,
    build_geometry,
    build_properties,
    build_sentinel_item,
    build_truth_item,
)
from cdse_offline.simulation.derived import list_degrees
from cdse_offline.simulation.files import AnyFile, SimulatedFile
from cdse_offline.simulation.places import PLACES, Acquisition, acquisitions
from cdse_offline.simulation.version import source_version

TITLE = "CDSE ngoại tuyến: dịch vụ luyện tập, ảnh mô phỏng"
DESCRIPTION = (
    "Bản luyện tập của danh mục STAC và kho S3 Copernicus Data Space Ecosystem (CDSE), chạy ngay trên máy này, "
    "không cần tài khoản và không cần mạng. Mọi ảnh đều là mô phỏng, không dùng để kết luận về thực địa."
)


def simulate_holdings() -> Holdings:
    """All simulated scenes, and what is made of them."""
    records: list[Record] = []
    objects: dict[str, AnyFile] = {}
    thumbnails = {}
    fields = {}
    for place in PLACES:
        fields[place.name] = assets.name_fields_key(place)
        objects[fields[place.name]] = SimulatedFile(acquisitions(place)[0], "fields", assets.FIELDS)
        for acquisition in acquisitions(place):
            product = assets.Product(acquisition)
            records += _build_records(acquisition)
            objects |= _list_objects(product)
            thumbnails[acquisition.id] = f"{product.folder}/{product.thumbnail}"
    for mosaic in mosaics.list_mosaics():
        records.append(mosaics.build_record(mosaic))
        objects |= mosaics.list_objects(mosaic)
    for degree in list_degrees():
        records.append(terrain.build_record(degree))
        objects |= terrain.list_objects(degree)
    return Holdings(
        title=TITLE,
        description=DESCRIPTION,
        version=source_version(),
        collections=_build_collections(),
        records=tuple(records),
        objects=objects,
        thumbnails=thumbnails,
        fields=fields,
    )


def _build_collections() -> dict[str, dict[str, Any]]:
    return {
        SENTINEL: build_sentinel_collection(),
        TRUTH: build_truth_collection(),
        mosaics.OPTICAL: mosaics.build_optical_collection(),
        mosaics.RADAR: mosaics.build_radar_collection(),
        terrain.TERRAIN: terrain.build_terrain_collection(),
    }


def _build_records(a: Acquisition) -> list[Record]:
    searched = {"id": a.id, "geometry": build_geometry(a.tile), "properties": build_properties(a)}
    return [
        Record(searched | {"collection": SENTINEL}, partial(build_sentinel_item, a)),
        Record(searched | {"collection": TRUTH}, partial(build_truth_item, a)),
    ]


def _list_objects(product: assets.Product) -> dict[str, SimulatedFile]:
    """The files of the product and those of the truth, by their keys."""
    objects = {}
    for asset, path in product.asset_paths().items():
        objects[f"{product.folder}/{path}"] = _simulate_file(product.acquisition, asset)
    for asset in assets.TRUTH:
        objects[product.truth_key(asset)] = SimulatedFile(product.acquisition, "truth", asset)
    return objects


def _simulate_file(acquisition: Acquisition, asset: str) -> SimulatedFile:
    if asset in assets.IMAGES:
        return SimulatedFile(acquisition, "pixels", asset)
    if asset == "thumbnail":
        return SimulatedFile(acquisition, "thumbnail", asset)
    return SimulatedFile(acquisition, "metadata", asset)
