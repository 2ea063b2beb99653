"""An item as CDSE writes them, small enough to be changed by hand."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pystac import Asset, Item

from cdse_access.checks.arguments import check_load
from cdse_access.problems import BadInput

BBOX = (11.44, 47.81, 11.48, 47.83)
AREA = {"bbox": BBOX, "resolution": 10}
TRIANGLE = {"type": "Polygon", "coordinates": [[[11.4, 47.8], [11.5, 47.8], [11.5, 47.9], [11.4, 47.8]]]}
FIRST = datetime(2023, 9, 28, 10, 17, 19, 24000, tzinfo=UTC)
COLOURS = [{"name": "B04", "eo:common_name": "red"}, {"name": "B03", "eo:common_name": "green"}]
BANDS = {"B04_10m": 10, "B04_20m": 20, "B08_10m": 10, "SCL_20m": 20, "TCI_10m": 10}


def make_item(
    name: str = "S2B_x", *, when: datetime = FIRST, zone: int = 32632, west: float = 11.0, **properties: Any
) -> Item:
    """An item of 1° × 1° with assets as CDSE writes them."""
    ring = [[west, 47.7], [west + 1, 47.7], [west + 1, 48.7], [west, 48.7], [west, 47.7]]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    known = {"platform": "sentinel-2b", "grid:code": "MGRS-32UPU", "processing:version": "05.10"}
    item = Item(name, geometry, [west, 47.7, west + 1, 48.7], when, known | properties, collection="sentinel-2-l2a")
    item.stac_extensions = ["https://stac-extensions.github.io/projection/v2.0.0/schema.json"]
    for band, size in BANDS.items():
        about = {"eo:common_name": "red"} if band.startswith("B04") else {}
        extra: dict[str, Any] = {
            "data_type": "uint8" if band.startswith(("SCL", "TCI")) else "uint16",
            "nodata": 0,
            "proj:code": f"EPSG:{zone}",
            "proj:shape": [109800 // size] * 2,
            "proj:transform": [size, 0, 600000, 0, -size, 5400000],
            "bands": [{"name": band[:3]} | about] if band != "TCI_10m" else COLOURS,
        }
        if band.startswith("SCL"):
            extra["classification:classes"] = [{"value": 4, "name": "vegetation"}]
        href = f"s3://eodata/Sentinel-2/{name}/{band}.jp2"
        item.assets[band] = Asset(href, media_type="image/jp2", roles=["data"], extra_fields=extra)
    item.assets["thumbnail"] = Asset("https://host/x.jpg", media_type="image/jpeg", roles=["thumbnail"])
    return item


def refuse(items: list[Item], bands: list[str] | None = None, **area) -> str:
    """The message that stops this load; it is always a BadInput."""
    with pytest.raises(BadInput) as caught:
        check_load(items, ["B04_10m"] if bands is None else bands, **(area or AREA))
    return str(caught.value)
