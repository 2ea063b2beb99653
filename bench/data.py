"""The items and files that are read: dates of the offline CDSE's first place, full-size files of noise.

They are made once, into the user's cache folder (`CDSE_BENCH_CACHE` moves it), as three data packs that the offline
CDSE serves. Tiles that no job decodes are holes, so that 14 GB take two thirds of a gigabyte on disk.

| pack | dates | pixels |
|---|---|---|
| `clear` | what the course's first search finds | around the course's area; of the first date everywhere |
| `cloudy` | every second one of the season, under any cloud | one tile in the middle of the file |
| `wide` | those of `clear` | everywhere; all dates share the files of the first, so that they take no space |
"""

import json
import os
import shutil
from collections.abc import Collection, Iterator
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import platformdirs

from bench import fullsize
from cdse_offline.product import assets, items
from cdse_offline.simulation import lengths
from cdse_offline.simulation.places import MUNICH, Acquisition, acquisitions
from cdse_offline.simulation.version import source_version

GRID = MUNICH.tiles[0]

BBOX = (11.439263980173, 47.81384831137465, 11.475186504136818, 47.83147903246192)
BANDS = ("B04_10m", "B08_10m")
CLASSES = "SCL_20m"
PICTURE = ("B04", "B03", "B02")
DATES = 31
CORNER = 106, 107, 117, 118  # tiles around the lower left corner of the course's tile, which is 107
MIDDLE = 37
PACKS = ("clear", "cloudy", "wide")
MEGABYTES = 660  # on disk, about


class Image(NamedTuple):
    """A file to be made: which date and asset, and the tiles that are decoded (`None`: all)."""

    acquisition: Acquisition
    asset: str
    tiles: Collection[int] | None


def clear_dates() -> list[Acquisition]:
    """What the course's first search finds, oldest first: little cloud, May to September."""
    season = date(2023, 5, 1), date(2023, 9, 30)
    found = [a for a in acquisitions(MUNICH) if a.cloud_cover < 20 and season[0] <= a.start.date() <= season[1]]
    return found[::-1]


def all_dates() -> list[Acquisition]:
    """As many dates of the same season, whatever the cloud, oldest first."""
    return list(acquisitions(MUNICH)[::-2])


def clear_images() -> Iterator[Image]:
    first, *others = clear_dates()
    picture = (f"{band}_{metres}m" for band in PICTURE for metres in (10, 60))
    for asset in dict.fromkeys((*BANDS, CLASSES, *picture)):
        yield Image(first, asset, None)
    for acquisition in others:
        for asset in BANDS:
            yield Image(acquisition, asset, CORNER)


def cloudy_images() -> Iterator[Image]:
    for acquisition in all_dates():
        for asset in BANDS:
            yield Image(acquisition, asset, {MIDDLE})


def wide_images() -> Iterator[Image]:
    for acquisition in clear_dates():
        for asset in (*BANDS, CLASSES):
            yield Image(acquisition, asset, None)


def find_tiles(left: float, bottom: float, right: float, top: float) -> set[int]:
    """Numbers of the 10 m tiles under an area, metres of the tile's projection."""
    size = 10 * fullsize.TILE
    columns = range(int((left - GRID.west) // size), int((right - GRID.west - 1) // size) + 1)
    rows = range(int((GRID.north - top) // size), int((GRID.north - bottom - 1) // size) + 1)
    return {row * fullsize.ACROSS + column for row in rows for column in columns}


def key(acquisition: Acquisition, asset: str) -> str:
    """Where the image lies in the bucket."""
    product = assets.Product(acquisition)
    return f"{product.folder}/{product.image_path(asset)}"


def build_item(acquisition: Acquisition, sizes: dict[str, int]) -> dict[str, Any]:
    """The item of a date, with those assets that have a file, and the bytes of each.

    Unlike the service's own items, it has pixels everywhere.
    """
    item = items.build_sentinel_item(acquisition, "")
    properties = {name: value for name, value in item["properties"].items() if name != "cdse_offline:window"}
    held = {asset: item["assets"][asset] | {"file:size": size} for asset, size in sizes.items()}
    return item | {"properties": properties, "assets": held}


# -- on disk -----------------------------------------------------------------


def cache_folder() -> Path:
    if given := os.environ.get("CDSE_BENCH_CACHE"):
        return Path(given).expanduser()
    return Path(platformdirs.user_cache_dir("cdse-bai-hoc", appauthor=False)) / "bench"


def version() -> str:
    """A name for the sources that the files are made by."""
    own = b"".join(Path(str(source)).read_bytes() for source in (__file__, fullsize.__file__, items.__file__))
    return sha256(own + source_version().encode()).hexdigest()[:12]


def prepare_packs() -> Path:
    """The folder with a pack in each subfolder; made if need be. It says how much it takes before it begins."""
    folder = cache_folder() / f"packs-{version()}"
    if all((folder / name / "items.json").exists() for name in PACKS):
        return folder
    print(f"Tạo các tệp ảnh để đo, một lần: khoảng {MEGABYTES} MB trong {folder}", flush=True)
    for old in cache_folder().glob("pack*-*"):
        shutil.rmtree(old)
    make_pack(folder / "clear", list(clear_images()))
    make_pack(folder / "cloudy", list(cloudy_images()))
    link_pack(folder / "wide", list(wide_images()), folder / "clear")
    return folder


def make_pack(folder: Path, images: list[Image]) -> None:
    """Write these files, then their items: a pack without items is not finished."""
    folder.mkdir(parents=True)
    if not lengths.holes_are_free(folder):
        raise OSError(f"{folder} nằm trên đĩa không biết tệp thưa, cần 14 GB: hãy đặt CDSE_BENCH_CACHE ở đĩa khác.")
    for done, image in enumerate(images, 1):
        path = _new_file(folder, image)
        fullsize.write(path, image.acquisition, image.asset, image.tiles)
        bar = "#" * (40 * done // len(images))
        end = "\n" if done == len(images) else ""
        print(f"\r[{bar:40}] {done}/{len(images)} tệp", end=end, flush=True)
    _write_items(folder, images)


def link_pack(folder: Path, images: list[Image], source: Path) -> None:
    """The same, with files that another pack has of its first date."""
    originals = {asset: source / "eodata" / key(clear_dates()[0], asset) for asset in (*BANDS, CLASSES)}
    for image in images:
        _new_file(folder, image).hardlink_to(originals[image.asset])
    _write_items(folder, images)


def _new_file(folder: Path, image: Image) -> Path:
    path = folder / "eodata" / key(image.acquisition, image.asset)
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def _write_items(folder: Path, images: list[Image]) -> None:
    sizes: dict[Acquisition, dict[str, int]] = {}
    for image in images:
        path = folder / "eodata" / key(image.acquisition, image.asset)
        sizes.setdefault(image.acquisition, {})[image.asset] = path.stat().st_size
    features = [build_item(acquisition, found) for acquisition, found in sizes.items()]
    features.sort(key=lambda item: item["properties"]["datetime"])
    document = {"type": "FeatureCollection", "features": features}
    (folder / "items.json").write_text(json.dumps(document), encoding="utf-8")
