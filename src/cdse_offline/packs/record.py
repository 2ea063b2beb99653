"""`python -m cdse_offline record`: write what a class will read into a folder, a data pack that `--data` serves.

A pack holds items, quicklooks and mini JP2 files (see `cdse_access.loading`): ordinary files of the whole grid that
have pixels only under the area. An item is written last, after all its files: a recording that was interrupted goes on
where it stopped. This is the one module of the service that reads from another service, and only when it runs.
"""

import argparse
import json
import os
import re
import shutil
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cdse_access.problems import BadData, BadInput, Problem, Reason
from cdse_offline.packs import attribution, pack
from cdse_offline.packs.loads import LESSONS, SENTINEL, Box, Load, Scene, around, search
from cdse_offline.simulation.places import JP2_TILE

if TYPE_CHECKING:
    from odc.stac import ParsedItem
    from pystac_client import Client

MARGIN = 0.003  # degrees, about 300 m: coarse grids and other projections reach a little beyond the area
BATCH = 4  # items fetched together: four connections have work, and an interruption loses little
LARGE = 30e6  # bytes of an item that is a batch of its own
SMALL = ("product_metadata", "thumbnail")  # assets that each item of a pack has, if it had them
UNFINISHED = ".dang-ghi"
AGAIN = "Những gì đã ghi vẫn dùng được: chạy lại lệnh này để tiếp tục."


def _reached(bbox: Box) -> Box:
    west, south, east, north = bbox
    return west - MARGIN, south - MARGIN, east + MARGIN, north + MARGIN


# -- the command -------------------------------------------------------------


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, metavar="THƯ-MỤC", help="thư mục mới, hoặc thư mục đang ghi dở")
    parser.add_argument("--bbox", type=float, nargs=4, metavar=("W", "S", "E", "N"), help="tây nam đông bắc, độ")
    parser.add_argument("--dates", metavar="NGÀY", help="ví dụ 2023-05-01/2023-09-30, hoặc 2023-05")
    parser.add_argument("--cloud", type=float, default=20, help="chỉ lấy ảnh ít mây hơn, %% (mặc định: 20)")
    bands = ["B04_10m", "B08_10m", "SCL_20m"]
    parser.add_argument("--bands", nargs="+", default=bands, help=f"tên asset (mặc định: {' '.join(bands)})")
    parser.add_argument("--collection", default=SENTINEL, help=f"mặc định: {SENTINEL}")
    parser.add_argument("--lessons", action="store_true", help="ghi đúng những gì năm bài học đọc")
    parser.add_argument("--service", choices=["live", "offline"], help="ép một dịch vụ; không ghi thì như connect()")
    parser.add_argument("--yes", action="store_true", help="không hỏi lại trước khi ghi")


def run(arguments: argparse.Namespace) -> None:
    """The command, with its errors as one line."""
    try:
        record(arguments.folder, _loads(arguments), service=arguments.service, yes=arguments.yes)
    except KeyboardInterrupt:
        print(f"\nĐã dừng. {AGAIN}", file=sys.stderr)
        sys.exit(130)
    except (OSError, ValueError) as error:
        sys.exit(str(error))


def _loads(arguments: argparse.Namespace) -> tuple[Load, ...]:
    if arguments.lessons:
        if arguments.bbox or arguments.dates:
            raise BadInput("--lessons đã định sẵn vùng và ngày: hãy bỏ --bbox và --dates.", Reason.INPUT)
        return LESSONS
    if not (arguments.bbox and arguments.dates):
        raise BadInput(
            "Ghi gì? Hãy thêm --bbox W S E N và --dates 2023-05-01/2023-09-30, hoặc --lessons.", Reason.INPUT
        )
    if not 1 <= arguments.cloud <= 100:
        raise BadInput(f"--cloud là {arguments.cloud:g}: cần số phần trăm từ 1 đến 100.", Reason.INPUT)
    from cdse_access.checks.bbox import check_bbox

    bbox, bands = check_bbox(tuple(arguments.bbox)), tuple(dict.fromkeys(arguments.bands))
    return (Load(bbox, arguments.dates, bands, arguments.cloud, collection=arguments.collection),)


def record(folder: Path, loads: Sequence[Load], *, service: str | None = None, yes: bool = False) -> None:
    """Write what these loads read, from the service that `connect(service)` chooses, into a pack."""
    _check_folder(folder, loads)
    from cdse_access.session import connect

    catalog = connect(service)
    scenes = search(catalog, loads)
    _check_folder(folder, loads, _name(catalog))
    missing = [scene for scene in scenes if not _is_whole(folder, scene)]
    if missing:
        size = estimate(missing)
        if len(missing) < len(scenes):
            print(f"{folder} đã có {len(scenes) - len(missing)} trong {len(scenes)} item.")
        print(size)
        _check_space(folder, size.kept)
        if not yes and not _agreed():
            print("Không ghi gì.")
            return
    note = _open(folder, loads, catalog, scenes)
    _write_all(folder, missing, _name(catalog))
    _close(folder, note)


def _name(catalog: "Client") -> str:
    return catalog.title or catalog.id


def _agreed() -> bool:
    if not sys.stdin.isatty():
        raise BadInput("Không có ai để hỏi có ghi hay không: hãy thêm --yes vào lệnh.", Reason.INPUT)
    try:
        return input("Ghi? [c: có, Enter: không] ").strip().casefold() in ("c", "có", "co", "y", "yes")
    except EOFError:
        return False


# -- what to record ----------------------------------------------------------


@dataclass(frozen=True)
class Estimate:
    """How much a recording will be, about."""

    items: int
    days: int
    files: int
    requests: int
    kept: float  # bytes on disk
    fetched: float  # bytes through the network

    def __str__(self) -> str:
        return (
            f"Cần ghi {self.items} item của {self.days} ngày: {self.files} tệp, "
            f"khoảng {self.kept / 1e6:.0f} MB trên đĩa, "
            f"{self.fetched / 1e6:.0f} MB và {self.requests} yêu cầu qua mạng."
        )


def estimate(scenes: Sequence[Scene]) -> Estimate:
    """From the tiles under the areas: by `file:size` where the item tells it, else one byte a pixel."""
    files, requests, kept = 0, 0.0, 0.0
    for scene in scenes:
        requests, kept = requests + len(SMALL), kept + 1e5
        for tiles, size in _files(scene):
            files, kept = files + 1, kept + tiles * size
            requests += 2 + 1.5 * tiles  # measured: 3.5 for one tile, 8 for four
    days = {scene.stamp[:10] for scene in scenes}
    return Estimate(len(scenes), len(days), files, round(requests), kept, kept + 1e6 * files)


def _files(scene: Scene) -> Iterator[tuple[int, float]]:
    """Of each file: the number of tiles under the area, and the bytes of one."""
    import odc.stac

    if not scene.bands:
        return
    item = scene.item()
    parsed = odc.stac.parse_item(item)
    for band, source in parsed.resolve_bands(list(scene.bands)).items():
        height, width = source.geobox.shape
        tile = JP2_TILE.get(round(abs(source.geobox.resolution.x)), 1024)
        all_tiles = -(-height // tile) * -(-width // tile)
        size = item.assets[band].extra_fields.get("file:size", all_tiles * tile**2)
        yield _under(parsed, band, scene.bands[band], tile), size / all_tiles


def _under(parsed: "ParsedItem", band: str, bbox: Box, tile: int) -> int:
    import odc.stac

    from cdse_access.loading import under

    image = parsed.resolve_bands([band])[band].geobox
    frame = under(odc.stac.output_geobox([parsed], [band], bbox=_reached(bbox)), image)
    if frame is None:
        return 0
    left, top, right, bottom = frame
    columns = int(min(right, image.width - 1) // tile) - int(max(left, 0) // tile) + 1
    rows = int(min(bottom, image.height - 1) // tile) - int(max(top, 0) // tile) + 1
    return columns * rows


# -- the folder --------------------------------------------------------------


def _check_folder(folder: Path, loads: Sequence[Load], service: str | None = None) -> None:
    """A pack goes into a folder of its own, and one folder holds one recording."""
    if folder.exists() and not folder.is_dir():
        raise BadInput(f"{folder} là một tệp: hãy chọn thư mục khác.", Reason.INPUT)
    held = sorted(path.name for path in folder.iterdir() if not path.name.startswith(".")) if folder.exists() else []
    if not held:
        return
    before = pack.note(folder)
    if before is None:
        raise BadInput(f"{folder} đã có {', '.join(held[:3])}…: hãy chọn một thư mục trống hoặc mới.", Reason.INPUT)
    if before["loads"] != _written(loads):
        raise BadInput(
            f"{folder} giữ một lần ghi khác ({before['searches'][0]} …): "
            "hãy chạy lại đúng lệnh ấy để tiếp tục, hoặc chọn thư mục khác.",
            Reason.INPUT,
        )
    if service is not None and before["service"] != service:
        raise BadInput(
            f"{folder} đang ghi từ {before['service']}, còn lệnh này dùng {service}: hãy chọn thư mục khác.",
            Reason.INPUT,
        )


def _written(loads: Sequence[Load]) -> list[dict[str, Any]]:
    return json.loads(json.dumps([asdict(load) for load in loads]))


def _check_space(folder: Path, needed: float) -> None:
    place = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    free, needed = shutil.disk_usage(place).free, 1.2 * needed + 50e6
    if free < needed:
        raise BadInput(
            f"Đĩa của {place} còn trống {free / 1e6:.0f} MB mà gói cần khoảng {needed / 1e6:.0f} MB: "
            "hãy dọn đĩa, thu nhỏ vùng, hoặc chọn thư mục ở đĩa khác.",
            Reason.DISK,
        )


def _path(folder: Path, scene: Scene) -> Path:
    return folder / "items" / scene.document["collection"] / f"{scene.document['id']}.json"


def _is_whole(folder: Path, scene: Scene) -> bool:
    """Is this item recorded, and are its files as they were written?"""
    path = _path(folder, scene)
    try:
        assets = json.loads(path.read_text(encoding="utf-8"))["assets"]
        if not scene.bands.keys() <= assets.keys():
            return False
        return all(
            asset["file:checksum"] == _checksum(pack.object_file(folder, asset["href"])) for asset in assets.values()
        )
    except (FileNotFoundError, ValueError, KeyError):
        return False


def _checksum(path: Path) -> str:
    """As STAC's file extension writes it: a multihash, whose first two bytes say SHA-256 and its length."""
    with path.open("rb") as file:
        digest = sha256()
        while data := file.read(1 << 20):
            digest.update(data)
    return f"1220{digest.hexdigest()}"


def _write(path: Path, document: Any) -> None:
    from cdse_access.files import write_whole

    text = document if isinstance(document, str) else json.dumps(document, ensure_ascii=False, indent=1)
    write_whole(path, text.encode())


# -- writing -----------------------------------------------------------------


def _write_all(folder: Path, scenes: Sequence[Scene], service: str) -> None:
    bar = Progress(len(scenes))
    with _cache_in(folder / UNFINISHED):
        try:
            for batch in _batches(scenes):
                _write_batch(folder, batch, service)
                shutil.rmtree(folder / UNFINISHED, ignore_errors=True)
                bar.step(len(batch))
        except Problem as problem:
            raise type(problem)(
                f"{problem} Mới ghi {bar.done} trong {bar.total} item. {AGAIN}", problem.reason
            ) from problem
        finally:
            bar.end()


@contextmanager
def _cache_in(folder: Path) -> Iterator[None]:
    """What is fetched goes here first: on the disk of the pack, so that a file moves into it at once."""
    before = os.environ.get("CDSE_CACHE")
    os.environ["CDSE_CACHE"] = str(folder)
    try:
        yield
    finally:
        os.environ.pop("CDSE_CACHE")
        if before is not None:
            os.environ["CDSE_CACHE"] = before


def _batches(scenes: Sequence[Scene]) -> Iterator[Sequence[Scene]]:
    """Items of one tile with the same wishes, a few at a time."""
    alike: dict[Any, list[Scene]] = {}
    for scene in scenes:
        codes = {scene.document["assets"][band].get("proj:code") for band in scene.bands}
        alike.setdefault((tuple(scene.bands.items()), frozenset(codes)), []).append(scene)
    for group in alike.values():
        count = BATCH if estimate(group[:1]).kept < LARGE else 1
        for start in range(0, len(group), count):
            yield group[start : start + count]


def _write_batch(folder: Path, batch: Sequence[Scene], service: str) -> None:
    from cdse_access.loading import fetch

    bands = batch[0].bands
    paths: dict[str, Path] = {}  # by href
    for bbox in dict.fromkeys(bands.values()):
        names = [band for band in bands if bands[band] == bbox]
        patch_url = fetch([scene.item() for scene in batch], names, progress=False, bbox=_reached(bbox))
        hrefs = [scene.document["assets"][band]["href"] for scene in batch for band in names]
        paths |= {href: Path(patch_url(href)) for href in hrefs}
    with ThreadPoolExecutor(BATCH) as pool:
        small_files = list(pool.map(partial(_small_files, folder), batch))
    for scene, small in zip(batch, small_files, strict=True):
        _write_scene(folder, scene, paths, small, service)


def _write_scene(folder: Path, scene: Scene, paths: dict[str, Path], small: dict[str, Any], service: str) -> None:
    assets = {key: asset for key, asset in scene.document["assets"].items() if key in scene.bands}
    for asset in assets.values():
        _move(paths[asset["href"]], pack.object_file(folder, asset["href"]))
    assets |= small
    if not assets:
        return  # neither image nor quicklook: there is nothing to serve
    files = {key: pack.object_file(folder, asset["href"]) for key, asset in assets.items()}
    described = {key: _described(asset, files[key]) for key, asset in assets.items()}
    _write(_path(folder, scene), _excerpt(scene, described, service))


def _move(source: Path, target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        source.replace(target)
    except OSError as error:
        raise BadData(f"Không ghi được {target} ({error.strerror}): hãy xem lại đĩa.", Reason.DISK) from error


def _small_files(folder: Path, scene: Scene) -> dict[str, Any]:
    """The assets of the small files that the store has, brought: quicklook, and metadata (keys are tried on them)."""
    from cdse_access.files import write_whole
    from cdse_access.jp2.ranges import Remote, open_pool
    from cdse_access.session import current

    store, found = current().store, {}
    for name in SMALL:
        asset = scene.document["assets"].get(name, {})
        href = asset.get("alternate", {}).get("s3", {}).get("href") or asset.get("href", "")
        if not re.fullmatch(r"s3://eodata/[\w./-]+\.(jpe?g|xml)", href) or ".." in href:
            continue
        try:
            data = Remote(href, store, open_pool(store, 1)).read(0, 1 << 24)
        except Problem as problem:
            if problem.reason != Reason.MISSING:
                raise
            continue
        write_whole(pack.object_file(folder, href), data)
        found[name] = asset | {"href": href}
    return found


def _described(asset: dict[str, Any], file: Path) -> dict[str, Any]:
    """The asset of the pack's own file: another size than the whole one, and no second address."""
    kept = {name: value for name, value in asset.items() if name != "alternate"}
    return kept | {"file:size": file.stat().st_size, "file:checksum": _checksum(file)}


def _excerpt(scene: Scene, assets: dict[str, Any], service: str) -> dict[str, Any]:
    """The item as the pack has it. Of its links, those into the service that it comes from lead nowhere here."""
    properties = scene.document["properties"]
    every = len(scene.document["assets"])
    said = f"Gói dữ liệu này chỉ giữ {len(assets)} trong {every} tệp của item, mục assets kể tên chúng."
    own: dict[str, Any] = {"cdse_offline:recorded": service}
    if scene.bands:
        said += " Ảnh chỉ có pixel trong khung cdse_offline:window và sát quanh nó, chỗ khác là 0 (không có dữ liệu)."
        area = around(scene.bands.values())
        own["cdse_offline:window"] = list(_common(area, properties.get("cdse_offline:window", area)))
    own["description"] = " ".join(filter(None, [properties.get("description"), said]))
    return scene.document | {"assets": assets, "links": [], "properties": properties | own}


def _common(one: Box, other: Sequence[float]) -> Box:
    return max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3])


# -- what the pack says of itself --------------------------------------------


def _open(folder: Path, loads: Sequence[Load], catalog: "Client", scenes: Sequence[Scene]) -> dict[str, Any]:
    """Write, before the first item, what is recorded, whom to thank, and the collections; give the note of it."""
    names = dict.fromkeys(scene.document["collection"] for scene in scenes)
    of = {name: [scene.document for scene in scenes if scene.document["collection"] == name] for name in names}
    sentences = {name: attribution.credit(of[name]) for name in names}
    note = {
        "service": _name(catalog),
        "recorded": datetime.now(UTC).date().isoformat(),
        "credit": " · ".join(dict.fromkeys(sentences.values())),
        "items": len(scenes),
        "searches": [str(load) for load in loads],
        "loads": _written(loads),
    }
    documents = {
        name: attribution.collection(catalog.get_collection(name).to_dict(), sentences[name]) for name in names
    }
    _write(folder / pack.NOTE, note)
    for name, document in documents.items():
        _write(folder / f"{name}.json", document)
    _write(folder / pack.CREDITS, attribution.page(note, documents, sentences))
    return note


def _close(folder: Path, note: dict[str, Any]) -> None:
    catalog = pack.read(folder)  # as `--data` will
    _write(folder / pack.NOTE, note | {"items": len(catalog.records)})  # those with nothing to serve are left out
    size = sum(path.stat().st_size for path in catalog.objects.values())
    print(
        f"Xong: {len(catalog.records)} item, {len(catalog.objects)} tệp, {size / 1e6:.0f} MB trong {folder}.\n"
        f"Phục vụ gói này: python -m cdse_offline --data {folder}"
    )


class Progress:
    """How many items are written: a line that is written again on a terminal, elsewhere one line for each batch."""

    def __init__(self, total: int) -> None:
        self.total, self.done, self._start = total, 0, time.monotonic()
        self._again = sys.stdout.isatty()

    def step(self, count: int) -> None:
        self.done += count
        seconds = round((time.monotonic() - self._start) / self.done * (self.total - self.done))
        left = f"{seconds // 60} phút {seconds % 60} giây" if seconds >= 60 else f"{seconds} giây"
        bar = "#" * (20 * self.done // self.total)
        line = f"[{bar:.<20}] {self.done}/{self.total} item" + (f", còn khoảng {left}" if seconds else "")
        print(f"\r{line:<70}" if self._again else line, end="" if self._again else "\n", flush=True)

    def end(self) -> None:
        if self._again and self.done:
            print()
