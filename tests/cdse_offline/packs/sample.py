"""A pack of given pixels, for tests."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from rasterio.warp import transform_bounds

from cdse_offline.packs.pack import BUCKET
from cdse_offline.product import assets
from cdse_offline.simulation import images as jpeg2000
from cdse_offline.simulation.files import pixel_size
from cdse_offline.simulation.places import Place, find_window


def write_sample_pack(
    folder: Path,
    images: Mapping[str, np.ndarray],
    *,
    item_id: str,
    place: Place,
    when: datetime,
    processing_version: str,
    description: str,
    cloud_cover: float = 0.0,
) -> dict[str, Any]:
    """Write an item and its images (asset key, such as `B04_10m`, to the pixels of the place's window) into a pack.

    Before baseline 04.00 reflectance is DN / 10000, from there on (DN - 1000) / 10000: the item says which.
    """
    files = {}
    for key, pixels in images.items():
        path = Path(f"{place.name}/{item_id}/{key}.jp2")
        (folder / "eodata" / path).parent.mkdir(parents=True, exist_ok=True)
        resolution = pixel_size(key)
        window = find_window(place, place.tiles[0], resolution)
        jpeg2000.write(folder / "eodata" / path, pixels, grid=place.tiles[0], window=window, resolution=resolution)
        files[key] = {"href": f"{BUCKET}{path.as_posix()}"} | _described(key, pixels, place, processing_version)
    west, south, east, north = _bounds(place)
    item = {
        "id": item_id,
        "bbox": [west, south, east, north],
        "type": "Feature",
        "links": [],
        "assets": files,
        "geometry": {
            "type": "Polygon",
            "coordinates": [[[west, north], [west, south], [east, south], [east, north], [west, north]]],
        },
        "collection": "sentinel-2-l2a",
        "properties": {
            "gsd": 10,
            "datetime": when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "constellation": "sentinel-2",
            "grid:code": f"MGRS-{place.tiles[0].name}",
            "eo:cloud_cover": cloud_cover,
            "processing:version": processing_version,
            "description": description,
        },
        "stac_extensions": [
            "https://stac-extensions.github.io/projection/v2.0.0/schema.json",
            "https://stac-extensions.github.io/raster/v2.0.0/schema.json",
        ],
        "stac_version": "1.1.0",
    }
    (folder / f"{item_id}.json").write_text(json.dumps(item, ensure_ascii=False, indent=1), encoding="utf-8")
    return item


def _bounds(place: Place) -> tuple[float, float, float, float]:
    """West, south, east and north of the place's window, degrees."""
    return transform_bounds(f"EPSG:{place.epsg}", "EPSG:4326", *place.box)


def _described(key: str, pixels: np.ndarray, place: Place, processing_version: str) -> dict[str, Any]:
    shares = {name: 100 * float((pixels == value).mean()) for value, name in enumerate(assets.SCL_SHARES)}
    asset = assets.describe_image(key, place.tiles[0], shares, (0.0, 0.0))
    for unknown in ("view:azimuth", "view:incidence_angle"):
        asset.pop(unknown, None)
    if "reflectance" in asset["roles"] and processing_version < "04.00":
        asset["raster:offset"] = 0
    return asset
