"""Recording: what a class will read is written into a folder, a data pack that `--data` serves.

A pack holds items, quicklooks and JP2 files: ordinary files of the whole grid that have pixels only under the area. An
item is written last, after all its files: a recording that was interrupted goes on where it stopped. This is the one
module of the service that reads from another service, and only when it runs.
"""

import re
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cdse_access.files import write_whole
from cdse_access.problems import BadInput, Problem, Reason
from cdse_access.telling import tell
from cdse_offline.messages import say
from cdse_offline.packs import attribution, pack
from cdse_offline.packs.estimate import SMALL, estimate, widen
from cdse_offline.packs.folder import (
    check_folder,
    check_space,
    compute_checksum,
    find_item_file,
    is_recorded,
    write_json,
    write_loads,
)
from cdse_offline.packs.loads import Box, Load, WantedItem, enclose, search_items

if TYPE_CHECKING:
    from pystac_client import Client

    from cdse_access.jp2.reader import Reader

BATCH = 4  # items fetched together: four connections have work, and an interruption loses little
LARGE = 30e6  # bytes of an item that is a batch of its own
LONGEST_SMALL_FILE = 1 << 24  # bytes
WINDOW = "cdse_offline:window"
_YES = ("c", "có", "co", "y", "yes")
Asset = dict[str, Any]


def record(folder: Path, loads: Sequence[Load], *, service: str | None = None, yes: bool = False) -> None:
    """Write what these loads read, from the service that `connect(service)` chooses, into a pack."""
    check_folder(folder, loads)
    from cdse_access.session import connect

    catalog = connect(service)
    wanted = search_items(catalog, loads)
    check_folder(folder, loads, _name_service(catalog))
    missing = [item for item in wanted if not is_recorded(folder, item)]
    if missing and not _agree(folder, missing, len(wanted), yes=yes):
        tell(say("nothing-recorded"))
        return
    note = _write_note(folder, loads, catalog, wanted)
    _write_items(folder, missing, _name_service(catalog))
    _finish(folder, note)


def _name_service(catalog: "Client") -> str:
    return catalog.title or catalog.id


def _agree(folder: Path, missing: Sequence[WantedItem], total: int, *, yes: bool) -> bool:
    """Tell how much it will be, and ask."""
    size = estimate(missing)
    if len(missing) < total:
        tell(say("record-has", folder=folder, count=total - len(missing), total=total))
    tell(str(size))
    check_space(folder, size.kept)
    return yes or _ask()


def _ask() -> bool:
    if not sys.stdin.isatty():
        raise BadInput(say("nobody-to-ask"))
    try:
        answer = input(say("ask-record"))
    except EOFError:
        return False
    return answer.strip().casefold() in _YES


# -- what the pack says of itself --------------------------------------------


def _write_note(folder: Path, loads: Sequence[Load], catalog: "Client", wanted: Sequence[WantedItem]) -> dict[str, Any]:
    """Write, before the first item, what is recorded, whom to thank, and the collections; give the note of it."""
    documents: dict[str, list[dict[str, Any]]] = {}
    for item in wanted:
        documents.setdefault(item.document["collection"], []).append(item.document)
    credits = {name: attribution.build_credit(items) for name, items in documents.items()}
    note = {
        "service": _name_service(catalog),
        "recorded": datetime.now(UTC).date().isoformat(),
        "credit": " · ".join(dict.fromkeys(credits.values())),
        "items": len(wanted),
        "searches": [str(load) for load in loads],
        "loads": write_loads(loads),
    }
    collections = {name: _build_collection(catalog, name, credit) for name, credit in credits.items()}
    write_json(folder / pack.NOTE, note)
    for name, collection in collections.items():
        write_json(folder / f"{name}.json", collection)
    page = attribution.build_page(note, collections, credits)
    write_whole(folder / pack.CREDITS, page.encode())
    return note


def _build_collection(catalog: "Client", name: str, credit: str) -> dict[str, Any]:
    collection = catalog.get_collection(name)
    if collection is None:  # the catalogue has just found items of it
        raise BadInput(say("bad-name", name=name))
    return attribution.build_collection(collection.to_dict(), credit)


def _finish(folder: Path, note: dict[str, Any]) -> None:
    holdings = pack.read_pack(folder)  # as `--data` will
    if holdings.notes:
        tell(*holdings.notes, stream=sys.stderr)
    items = len(holdings.records)
    write_json(folder / pack.NOTE, note | {"items": items})  # those with nothing to serve are left out
    files = [path for path in holdings.objects.values() if isinstance(path, Path)]
    megabytes = sum(path.stat().st_size for path in files) / 1e6
    tell(say("record-finished", items=items, files=len(files), megabytes=megabytes, folder=folder))


# -- writing -----------------------------------------------------------------


def _write_items(folder: Path, wanted: Sequence[WantedItem], service: str) -> None:
    from cdse_access.progress import follow

    done = 0
    written = _write_batches(folder, wanted, service)
    try:
        for _ in follow(written, len(wanted), say("record-progress")):
            done += 1
    except Problem as problem:
        again = say("record-run-again")
        message = say("record-partial", problem=problem, done=done, total=len(wanted), again=again)
        raise type(problem)(message, problem.reason) from problem


def _write_batches(folder: Path, wanted: Sequence[WantedItem], service: str) -> Iterator[WantedItem]:
    """Write all of these items; each is given once it is whole."""
    from cdse_access.current import current
    from cdse_access.jp2.reader import Reader

    reader = Reader(current().store)
    for batch in _form_batches(wanted):
        _write_batch(folder, batch, service, reader)
        yield from batch


def _form_batches(wanted: Sequence[WantedItem]) -> Iterator[Sequence[WantedItem]]:
    """Items of one tile with the same wishes, a few at a time."""
    alike: dict[Any, list[WantedItem]] = {}
    for item in wanted:
        codes = frozenset(item.document["assets"][band].get("proj:code") for band in item.bands)
        wishes = tuple(item.bands.items())
        alike.setdefault((wishes, codes), []).append(item)
    for group in alike.values():
        is_large = estimate(group[:1]).kept >= LARGE
        count = 1 if is_large else BATCH
        for start in range(0, len(group), count):
            yield group[start : start + count]


def _write_batch(folder: Path, batch: Sequence[WantedItem], service: str, reader: "Reader") -> None:
    _write_images(folder, batch, reader)
    with ThreadPoolExecutor(BATCH) as pool:
        small_files = list(pool.map(partial(_write_small_files, folder), batch))
    for wanted, small in zip(batch, small_files, strict=True):
        _write_item(folder, wanted, small, service)


def _write_images(folder: Path, batch: Sequence[WantedItem], reader: "Reader") -> None:
    """The files of all wanted bands, with the tiles that the store has under the areas."""
    from cdse_access.checks.grids import mend_grid
    from cdse_access.jp2.wanted import find_wanted
    from cdse_offline.packs.full_grid import write_full_grid

    bands = batch[0].bands
    for bbox in dict.fromkeys(bands.values()):
        names = [band for band in bands if bands[band] == bbox]
        items = [mend_grid(item.parse(), names) for item in batch]
        files = find_wanted(items, names, bbox=widen(bbox))
        for file, (header, tiles) in reader.read_all(files, reader.read_parts):
            write_whole(pack.find_object_file(folder, file.href), write_full_grid(header, tiles))


def _write_item(folder: Path, wanted: WantedItem, small: dict[str, Asset], service: str) -> None:
    assets = {key: asset for key, asset in wanted.document["assets"].items() if key in wanted.bands}
    assets |= small
    if not assets:
        return  # neither image nor quicklook: there is nothing to serve
    described = {key: _describe(asset, folder) for key, asset in assets.items()}
    write_json(find_item_file(folder, wanted), _excerpt(wanted, described, service))


def _describe(asset: Asset, folder: Path) -> Asset:
    """The asset of the pack's own file: another size than the whole one, and no second address."""
    file = pack.find_object_file(folder, asset["href"])
    kept = {name: value for name, value in asset.items() if name != "alternate"}
    return kept | {"file:size": file.stat().st_size, "file:checksum": compute_checksum(file)}


def _write_small_files(folder: Path, wanted: WantedItem) -> dict[str, Asset]:
    """The assets of the small files that the store has, brought: quicklook, and metadata (keys are tried on them)."""
    found = {}
    for name in SMALL:
        asset = wanted.document["assets"].get(name, {})
        href = _find_store_href(asset)
        if href is None:
            continue
        data = _read_small_file(href)
        if data is not None:
            write_whole(pack.find_object_file(folder, href), data)
            found[name] = asset | {"href": href}
    return found


def _find_store_href(asset: Asset) -> str | None:
    """Where the asset lies in the store, if it does."""
    in_store: str | None = asset.get("alternate", {}).get("s3", {}).get("href")
    href = in_store or asset.get("href", "")
    is_plain = re.fullmatch(r"s3://eodata/[\w./-]+\.(jpe?g|xml)", href) and ".." not in href
    return href if is_plain else None


def _read_small_file(href: str) -> bytes | None:
    from cdse_access.current import current
    from cdse_access.jp2.ranges import Remote, open_pool

    store = current().store
    try:
        return Remote(href, store, open_pool(store, 1)).read(0, LONGEST_SMALL_FILE)
    except Problem as problem:
        if problem.reason != Reason.MISSING:
            raise
        return None


def _excerpt(wanted: WantedItem, assets: dict[str, Asset], service: str) -> dict[str, Any]:
    """The item as the pack has it. Of its links, those into the service that it comes from lead nowhere here."""
    document = wanted.document
    properties = document["properties"] | {"cdse_offline:recorded": service}
    texts = [properties.get("description"), say("record-excerpt", count=len(assets), total=len(document["assets"]))]
    if wanted.bands:
        texts.append(say("record-excerpt-window"))
        area = enclose(wanted.bands.values())
        properties[WINDOW] = list(_intersect(area, properties.get(WINDOW, area)))
    properties["description"] = " ".join(filter(None, texts))
    return document | {"assets": assets, "links": [], "properties": properties}


def _intersect(one: Box, other: Sequence[float]) -> Box:
    west, south = max(one[0], other[0]), max(one[1], other[1])
    east, north = min(one[2], other[2]), min(one[3], other[3])
    return west, south, east, north
