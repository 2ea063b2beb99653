"""The whole archive of simulated scenes: what is searched, what is read."""

from functools import partial

from cdse_offline.holdings import Holdings, Record
from cdse_offline.product import assets
from cdse_offline.product.collections import build_sentinel_collection, build_truth_collection
from cdse_offline.product.items import (
    SENTINEL,
    TRUTH,
    build_geometry,
    build_properties,
    build_sentinel_item,
    build_truth_item,
)
from cdse_offline.simulation.files import SimulatedFile
from cdse_offline.simulation.places import PLACES, Acquisition, acquisitions
from cdse_offline.simulation.version import source_version

TITLE = "CDSE ngoại tuyến: dịch vụ luyện tập, ảnh mô phỏng"
DESCRIPTION = (
    "Bản luyện tập của danh mục STAC và kho S3 Copernicus Data Space Ecosystem (CDSE), chạy ngay trên máy này, "
    "không cần tài khoản và không cần mạng. Mọi ảnh đều là mô phỏng, không dùng để kết luận về thực địa."
)


def simulate_holdings() -> Holdings:
    """All simulated scenes."""
    records: list[Record] = []
    objects: dict[str, SimulatedFile] = {}
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
    return Holdings(
        title=TITLE,
        description=DESCRIPTION,
        version=source_version(),
        collections={SENTINEL: build_sentinel_collection(), TRUTH: build_truth_collection()},
        records=tuple(records),
        objects=objects,
        thumbnails=thumbnails,
        fields=fields,
    )


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
