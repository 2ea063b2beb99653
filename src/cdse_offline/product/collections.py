"""The collections of the simulated scenes, in the form of CDSE's own; what the others have in common with them."""

from typing import Any

from cdse_offline.product import assets
from cdse_offline.product.items import (
    DESIGNATORS,
    EXTENSIONS,
    SCHEMES,
    SENTINEL,
    SIMULATED,
    TRUTH,
    build_properties,
    build_sentinel_item,
    build_truth_item,
)
from cdse_offline.product.regions import REGIONS, SCENES, Coverage, build_extent, list_regions
from cdse_offline.simulation.places import PLACES, acquisitions


def build_collection(
    name: str,
    title: str,
    description: str,
    item_assets: dict[str, Any],
    coverage: Coverage = SCENES,
    keyword: str = "Sentinel-2",
) -> dict[str, Any]:
    return {
        "id": name,
        "type": "Collection",
        "title": title,
        "description": description,
        "stac_version": "1.1.0",
        "stac_extensions": [e for e in EXTENSIONS if "stac-extensions.github.io" in e],
        "license": "CC-BY-4.0",
        "keywords": [keyword, "mô phỏng", "luyện tập"],
        "providers": [{"name": "cdse_offline", "roles": ["producer", "licensor", "processor", "host"]}],
        "extent": build_extent(coverage),
        REGIONS: list_regions(coverage),
        "links": [
            {"rel": "license", "href": "https://creativecommons.org/licenses/by/4.0/", "type": "text/html"},
        ],
        "item_assets": item_assets,
    }


_OWN = {"href", "file:local_path", "proj:bbox", "proj:code", "proj:transform", "view:azimuth", "view:incidence_angle"}


def drop_place(asset: dict[str, Any]) -> dict[str, Any]:
    """What all items share: not where a file lies, nor how much of it is of which class."""
    shared = _drop_keys(asset, _OWN)
    if "alternate" in shared:
        shared["alternate"] = {key: _drop_keys(value, {"href"}) for key, value in asset["alternate"].items()}
    if "classification:classes" in shared:
        classes = asset["classification:classes"]
        shared["classification:classes"] = [_drop_keys(entry, {"percentage"}) for entry in classes]
    return shared


def _drop_keys(document: dict[str, Any], keys: set[str]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key not in keys}


def build_sentinel_collection() -> dict[str, Any]:
    newest = acquisitions(PLACES[0])[0]
    item = build_sentinel_item(newest, "/")
    document = build_collection(
        SENTINEL,
        "Sentinel-2 Level-2A (ảnh mô phỏng)",
        f"{SIMULATED} Cấu trúc theo sản phẩm Sentinel-2 Level-2A Collection 1: phản xạ bề mặt (BOA), bản đồ lớp cảnh "
        "SCL, độ dày quang học sol khí AOT và hơi nước WVP.",
        {key: drop_place(asset) for key, asset in item["assets"].items()},
    )
    share = {"type": "number", "maximum": 100, "minimum": 0}
    shares = dict.fromkeys(build_properties(newest)["statistics"], share)
    summaries = {
        "gsd": [10],
        "platform": ["sentinel-2a", "sentinel-2b"],
        "statistics": {"type": "object", "properties": shares},
        "instruments": ["msi"],
        "product:type": ["S2MSI2A"],
        "constellation": ["sentinel-2"],
        "processing:level": ["L2"],
        "product:timeliness": ["PT24H"],
        "product:timeliness_category": ["NRT"],
        "sat:platform_international_designator": list(DESIGNATORS.values()),
    }
    return document | SCHEMES | {"bands": assets.list_collection_bands(), "summaries": summaries}


def build_truth_collection() -> dict[str, Any]:
    item = build_truth_item(acquisitions(PLACES[0])[0], "/")
    return build_collection(
        TRUTH,
        "Sự thật của ảnh mô phỏng",
        "Những gì chương trình biết về mỗi cảnh trước khi thêm bầu trời và cảm biến: phản xạ bề mặt không mây, lớp phủ "
        "mặt đất, trạng thái bầu trời, thửa ruộng cùng ngày gieo và ngày gặt, ngày mặt đất đổi khác. Cùng id với ảnh "
        "trong sentinel-2-l2a. CDSE thật không có bộ này.",
        {key: drop_place(asset) for key, asset in item["assets"].items()},
    )
