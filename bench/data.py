"""The items and files that are read: 31 dates of the offline CDSE's first place, full-size files of noise.

They are made once, into the user's cache folder (`CDSE_BENCH_CACHE` moves it), as a data pack that the offline CDSE
serves. Tiles that no job decodes are holes, so that 7 GB take half a gigabyte on disk.
"""

import json
import os
import shutil
from collections.abc import Collection, Iterator
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import platformdirs

from bench import fullsize
from cdse_offline.product import assets, items
from cdse_offline.simulation import lengths
from cdse_offline.simulation.places import MUNICH, Acquisition, acquisitions
from cdse_offline.simulation.version import source_version

BBOX = (11.439263980173, 47.81384831137465, 11.475186504136818, 47.83147903246192)
BANDS = ("B04_10m", "B08_10m")
PICTURE = ("B04", "B03", "B02")
DATES = 31
NEAR = frozenset({107})  # the tiles under BBOX, all that is decoded of the later dates
Wanted = tuple[Acquisition, str, Collection[int] | None]  # date, asset, the tiles that are decoded (`None`: all)
MEGABYTES = 450  # on disk, about


def dates() -> list[Acquisition]:
    """What the course's first search finds, oldest first: little cloud, May to September."""
    season = date(2023, 5, 1), date(2023, 9, 30)
    found = [a for a in acquisitions(MUNICH) if a.cloud_cover < 20 and season[0] <= a.start.date() <= season[1]]
    return found[::-1]


def files() -> Iterator[Wanted]:
    """Every file that the jobs read."""
    first, *others = dates()
    picture = (f"{band}_{metres}m" for band in PICTURE for metres in (10, 60))
    yield from ((first, asset, None) for asset in dict.fromkeys((*BANDS, *picture)))
    yield from ((a, asset, NEAR) for a in others for asset in BANDS)


def tiles_under(left: float, bottom: float, right: float, top: float) -> set[int]:
    """Numbers of the 10 m tiles under an area, metres of the tile's projection."""
    size = 10 * fullsize.TILE
    columns = range(int((left - MUNICH.west) // size), int((right - MUNICH.west - 1) // size) + 1)
    rows = range(int((MUNICH.north - top) // size), int((MUNICH.north - bottom - 1) // size) + 1)
    return {row * fullsize.ACROSS + column for row in rows for column in columns}


def key(acquisition: Acquisition, asset: str) -> str:
    product = assets.Product(acquisition)
    return f"{product.folder}/{product.image_path(asset)}"


def item(acquisition: Acquisition, names: list[str]) -> dict[str, Any]:
    """The item of a date, with those assets that have a file; unlike the service's, it has pixels everywhere."""
    found = items.build_sentinel_item(acquisition, "")
    every = {name: value for name, value in found["properties"].items() if name != "cdse_offline:window"}
    return found | {"properties": every, "assets": {name: found["assets"][name] for name in names}}


def cache_folder() -> Path:
    if given := os.environ.get("CDSE_BENCH_CACHE"):
        return Path(given).expanduser()
    return Path(platformdirs.user_cache_dir("cdse-bai-hoc", appauthor=False)) / "bench"


def version() -> str:
    """A name for the sources that the files are made by."""
    own = b"".join(Path(str(source)).read_bytes() for source in (__file__, fullsize.__file__, items.__file__))
    return sha256(own + source_version().encode()).hexdigest()[:12]


def pack() -> Path:
    """The folder of items and files; made if need be. It says how much it takes before it begins."""
    folder = cache_folder() / f"pack-{version()}"
    if not (folder / "items.json").exists():
        print(f"Tạo các tệp ảnh để đo, một lần: khoảng {MEGABYTES} MB trong {folder}", flush=True)
        for old in cache_folder().glob("pack-*"):
            shutil.rmtree(old)
        make(folder, list(files()))
    return folder


def make(folder: Path, todo: list[Wanted]) -> None:
    """Write these files, then their items: a pack without items is not finished."""
    folder.mkdir(parents=True)
    if not lengths.holes_are_free(folder):
        raise OSError(f"{folder} nằm trên đĩa không biết tệp thưa, cần 7 GB: hãy đặt CDSE_BENCH_CACHE ở đĩa khác.")
    names: dict[Acquisition, list[str]] = {}
    for done, (acquisition, asset, filled) in enumerate(todo, 1):
        path = folder / "eodata" / key(acquisition, asset)
        path.parent.mkdir(parents=True, exist_ok=True)
        fullsize.write(path, acquisition, asset, filled)
        names.setdefault(acquisition, []).append(asset)
        bar = "#" * (40 * done // len(todo))
        print(f"\r[{bar:40}] {done}/{len(todo)} tệp", end="\n" if done == len(todo) else "", flush=True)
    features = sorted(
        (item(a, assets) for a, assets in names.items()), key=lambda found: found["properties"]["datetime"]
    )
    document = {"type": "FeatureCollection", "features": features}
    (folder / "items.json").write_text(json.dumps(document), encoding="utf-8")
