"""Data packs: a folder of STAC items and of the objects they name, served in place of the simulated scenes.

pack/
  any-name.json      items (or one collection of items), and collections if there are any
  eodata/…           the objects: `s3://eodata/a/b.jp2` lies in eodata/a/b.jp2
  record.json        if `record` wrote the pack: what it recorded, how many items, whom to thank
  GHI-CONG.txt       the same at length, for people
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cdse_access.problems import BadInput, Reason
from cdse_offline.holdings import Catalog, Record
from cdse_offline.product import assets
from cdse_offline.simulation.places import Place

if TYPE_CHECKING:
    import numpy as np

BUCKET = "s3://eodata/"
NOTE, CREDITS = "record.json", "GHI-CONG.txt"
_REQUIRED = ("id", "collection", "geometry", "properties", "assets")
# Links that the service makes itself.
_INFERRED = {"self", "root", "parent", "collection", "items", "http://www.opengis.net/def/rel/ogc/1.0/queryables"}


class PackError(BadInput):
    """The folder is not a pack; the message says which file and what to do."""

    def __init__(self, message: str, reason: Reason = Reason.INPUT) -> None:
        super().__init__(message, reason)


def read(folder: Path) -> Catalog:
    """What a folder offers. Raises PackError for whatever a reader would otherwise stumble over later."""
    if not folder.is_dir():
        raise PackError(f"không có thư mục {folder}.")
    collections: dict[str, dict[str, Any]] = {}
    items: dict[tuple[str, str], tuple[Path, dict[str, Any]]] = {}
    for path, document in _documents(folder):
        if document.get("type") == "Collection":
            collections[document["id"]] = document | {"links": _own_links(document)}
            continue
        name = _checked(document, path)
        if name in items:
            raise PackError(f"item {name[1]} có hai lần: {items[name][0]} và {path}. Hãy bỏ bớt một tệp.")
        items[name] = path, document | {"links": _own_links(document)}
    if not items:
        raise PackError(f"thư mục {folder} không có item STAC nào: cần ít nhất một tệp .json có type Feature.")
    objects = {key: file for path, item in items.values() for key, file in _objects(item, folder, path)}
    documents = [item for _, item in items.values()]
    for name in {item["collection"] for item in documents} - collections.keys():
        collections[name] = _collection(name, [item for item in documents if item["collection"] == name])
    title, credits = _said(folder, len(documents))
    return Catalog(
        title=title,
        description=f"STAC API và kho S3 ngoại tuyến, phục vụ một gói dữ liệu trong thư mục. {credits}".strip(),
        collections=collections,
        records=tuple(_record(item) for item in documents),
        objects=objects,
        thumbnails={item["id"]: _key(thumbnail["href"]) for item in documents if (thumbnail := _thumbnail(item))},
    )


def _said(folder: Path, count: int) -> tuple[str, str]:
    """Title of the pack, with whom to thank and how much of it is there yet, and its page of credits."""
    title = f"CDSE ngoại tuyến: gói dữ liệu {folder.resolve().name}"
    if (told := note(folder)) is None:
        return title, ""
    title += f". {told['credit']}"
    if count < told["items"]:
        title += f" (chưa đủ: {count} trong {told['items']} item)"
    page = folder / CREDITS
    return title, page.read_text(encoding="utf-8") if page.is_file() else ""


def note(folder: Path) -> dict[str, Any] | None:
    """What `record` noted of a pack that it wrote; None for other packs."""
    path = folder / NOTE
    if not path.is_file():
        return None
    told = _json(path)
    if not isinstance(told, dict) or not {"service", "credit", "items", "searches", "loads"} <= told.keys():
        raise PackError(f"{path} không phải do lệnh record ghi: hãy chép lại gói, hoặc bỏ tệp này.")
    return told


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise PackError(f"{path} không phải JSON: {error}") from error


def _documents(folder: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Items and collections in the folder's JSON files, each with its file."""
    for path in sorted(folder.rglob("*.json")):
        if path.is_relative_to(folder / "eodata") or path == folder / NOTE:
            continue
        document = _json(path)
        kind = document.get("type") if isinstance(document, dict) else None
        if kind not in ("Feature", "FeatureCollection", "Collection"):
            raise PackError(f"{path}: type là {kind!r}, cần Feature (item), FeatureCollection hoặc Collection.")
        for one in document.get("features", []) if kind == "FeatureCollection" else [document]:
            yield path, one


def _checked(item: dict[str, Any], path: Path) -> tuple[str, str]:
    if missing := [name for name in _REQUIRED if not item.get(name)]:
        raise PackError(f"{path}: item {item.get('id')} thiếu {', '.join(missing)}.")
    when = item["properties"].get("datetime") or item["properties"].get("start_datetime")
    try:
        datetime.fromisoformat(str(when))
    except ValueError as error:
        raise PackError(f"{path}: item {item['id']} có datetime không đọc được: {when}.") from error
    return item["collection"], item["id"]


def _objects(item: dict[str, Any], folder: Path, path: Path) -> Iterator[tuple[str, Path]]:
    """Key and file of each asset. Only the bucket is served: any other address would lead out of the pack."""
    for name, asset in item["assets"].items():
        where = f"{path}: asset {name} của {item['id']}"
        href = str(asset.get("href"))
        try:
            file = object_file(folder, href)
        except ValueError as error:
            raise PackError(f"{where} trỏ đến {href}, ngoài {BUCKET}. Hãy bỏ asset này.") from error
        if not file.is_file():
            raise PackError(f"{where} cần tệp {file}, nhưng không có tệp đó.")
        size = file.stat().st_size
        if asset.get("file:size", size) != size:
            raise PackError(
                f"{where}: tệp {file} dài {size} byte, item ghi file:size {asset['file:size']}. "
                "Tệp bị chép thiếu thì hãy chép lại gói; tệp đúng thì hãy sửa file:size."
            )
        yield _key(href), file


def object_file(folder: Path, href: str) -> Path:
    """Where the object of this address lies in a pack; ValueError if it would lie outside of the bucket."""
    root = (folder / "eodata").resolve()
    file = (root / _key(href)).resolve()
    if not href.startswith(BUCKET) or not file.is_relative_to(root) or file == root:
        raise ValueError(f"{href} is not an object of {BUCKET}")
    return file


def _key(href: str) -> str:
    return href.removeprefix(BUCKET)


def _thumbnail(item: dict[str, Any]) -> dict[str, Any]:
    """The asset of the item's quicklook, if it has one."""
    asset = item["assets"].get("thumbnail", {})
    return asset if asset.get("type") == "image/jpeg" else {}


def _own_links(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [link for link in document.get("links", []) if link.get("rel") not in _INFERRED]


def _record(item: dict[str, Any]) -> Record:
    searched = {name: item[name] for name in ("id", "collection", "geometry", "properties")}
    return Record(searched, partial(_served, item))


def _served(item: dict[str, Any], base: str) -> dict[str, Any]:
    """The item at this address of the service: a quicklook is for browsers, which sign nothing."""
    if not (thumbnail := _thumbnail(item)):
        return item
    s3 = {"href": thumbnail["href"], "auth:refs": ["s3"], "storage:refs": assets.STORAGE, "alternate:name": "S3"}
    shown = thumbnail | {"href": f"{base}thumbnails/{item['id']}.jpg", "alternate": {"s3": s3}}
    return item | {"assets": item["assets"] | {"thumbnail": shown}}


def _collection(name: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    """A collection for items that came without one."""
    stamps = sorted(i["properties"].get("datetime") or i["properties"]["start_datetime"] for i in items)
    boxes = [item["bbox"] for item in items if item.get("bbox")]
    return {
        "id": name,
        "type": "Collection",
        "title": name,
        "description": "Gói dữ liệu ngoại tuyến.",
        "stac_version": "1.1.0",
        "license": "other",
        "extent": {
            "spatial": {"bbox": boxes or [[-180, -90, 180, 90]]},
            "temporal": {"interval": [[stamps[0], stamps[-1]]]},
        },
        "links": [],
    }


def build(
    folder: Path,
    images: Mapping[str, "np.ndarray"],
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
    from cdse_offline.simulation import jp2

    files = {}
    for key, pixels in images.items():
        path = Path(f"{place.name}/{item_id}/{key}.jp2")
        (folder / "eodata" / path).parent.mkdir(parents=True, exist_ok=True)
        jp2.write(folder / "eodata" / path, pixels, place=place, resolution=assets.resolution(key))
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
            "grid:code": f"MGRS-{place.tile}",
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
    from rasterio.warp import transform_bounds

    row, column, size = place.window(10)
    west, north = place.west + 10 * column, place.north - 10 * row
    return transform_bounds(f"EPSG:{place.epsg}", "EPSG:4326", west, north - 10 * size, west + 10 * size, north)


def _described(key: str, pixels: "np.ndarray", place: Place, processing_version: str) -> dict[str, Any]:
    shares = {name: 100 * float((pixels == value).mean()) for value, name in enumerate(assets.SCL_SHARES)}
    asset = assets.image(key, place, shares, (0.0, 0.0))
    for unknown in ("view:azimuth", "view:incidence_angle"):
        asset.pop(unknown, None)
    if "reflectance" in asset["roles"] and processing_version < "04.00":
        asset["raster:offset"] = 0
    return asset
