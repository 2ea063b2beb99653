"""Data packs: a folder of STAC items and of the objects they name, served in place of the simulated scenes.

pack/
  any-name.json      items (or one collection of items), and collections if there are any
  eodata/…           the objects: `s3://eodata/a/b.jp2` lies in eodata/a/b.jp2
  record.json        if `record` wrote the pack: what it recorded, how many items, whom to thank
  GHI-CONG.txt       the same at length, for people
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from stac_fastapi.types.errors import InvalidQueryParameter

from cdse_access import features
from cdse_access.problems import BadInput
from cdse_offline.holdings import Holdings, Record
from cdse_offline.messages import say
from cdse_offline.packs.regions import list_regions
from cdse_offline.product import assets
from cdse_offline.product.regions import REGIONS
from cdse_offline.server.matching import match_records

BUCKET = "s3://eodata/"
NOTE, CREDITS = "record.json", "GHI-CONG.txt"
_REQUIRED = ("id", "collection", "geometry", "properties", "assets")
_NOTED = {"service", "credit", "items", "searches", "loads"}
# Links that the service makes itself.
_INFERRED = {"self", "root", "parent", "collection", "items", "http://www.opengis.net/def/rel/ogc/1.0/queryables"}
LISTED = 3  # items that a note names; more are counted
Document = dict[str, Any]
Name = tuple[str, str]  # collection and id


class PackError(BadInput):
    """The folder is not a pack; the message says which file and what to do."""


def read_pack(folder: Path) -> Holdings:
    """What a folder offers. What a search or a reader would stumble over later is left out; `notes` name it.

    Errors: PackError where nothing is left, with all that was wrong.
    """
    if not folder.is_dir():
        raise PackError(say("pack-no-folder", folder=folder))
    contents = _read_contents(folder)
    objects: dict[str, Path] = {}
    left_out = LeftOut()
    for name, item in list(contents.items.items()):
        found = _find_objects(item, folder, left_out)
        item["assets"] = {key: asset for key, asset in item["assets"].items() if key in found}
        objects |= {_strip_bucket(item["assets"][key]["href"]): file for key, file in found.items()}
        if not found:
            contents.leave_out(name, say("pack-empty"))
    notes = tuple(contents.notes + left_out.list_notes())
    items = list(contents.items.values())
    if not items:
        raise PackError("\n".join([say("pack-no-items", folder=folder), *notes]))
    collections = _complete_collections(contents.collections, items)
    return Holdings(
        title=_build_title(folder, len(items)),
        description=say("pack-description", credit=_read_credits(folder)).strip(),
        version=_compute_version(items, objects),
        collections=collections,
        records=tuple(map(_build_record, items)),
        objects=objects,
        thumbnails=_find_thumbnails(items),
        notes=notes,
    )


@dataclass(frozen=True)
class Contents:
    """The documents of a pack. Items by collection and id, with the files that they stand in."""

    collections: dict[str, Document]
    items: dict[Name, Document]
    paths: dict[Name, Path]
    notes: list[str]

    def add(self, document: object, number: int, path: Path) -> None:
        """Take an item that searches can look at; note why where it is none."""
        label = features.name_feature(document, number)
        try:
            item = _check_item(document)
        except ValueError as error:
            self.notes.append(say("pack-item", path=path, item=label, why=error))
            return
        name = item["collection"], item["id"]
        if name in self.items:
            self.notes.append(say("pack-twice", item=label, first=self.paths[name], second=path))
            return
        self.items[name] = item
        self.paths[name] = path

    def leave_out(self, name: Name, why: str) -> None:
        del self.items[name]
        self.notes.append(say("pack-item", path=self.paths[name], item=name[1], why=why))


def _read_contents(folder: Path) -> Contents:
    contents = Contents({}, {}, {}, [])
    for path in sorted(folder.rglob("*.json")):
        if path.is_relative_to(folder / "eodata") or path == folder / NOTE:
            continue
        try:
            kind, documents = _read_documents(path)
        except PackError as error:
            contents.notes.append(str(error))
            continue
        for number, document in enumerate(documents):
            if kind == "Collection":
                contents.collections[str(document.get("id"))] = document
            else:
                contents.add(document, number, path)
    return contents


def _read_documents(path: Path) -> tuple[str, list[Any]]:
    """What kind of documents a JSON file holds, and they."""
    document = _read_json(path)
    kind = document.get("type") if isinstance(document, dict) else None
    if kind not in ("Feature", "FeatureCollection", "Collection"):
        raise PackError(say("pack-bad-type", path=path, kind=kind))
    if kind != "FeatureCollection":
        return kind, [document]
    documents = document.get("features")
    if not isinstance(documents, list):
        raise PackError(say("pack-bad-type", path=path, kind=kind))
    return kind, documents


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise PackError(say("pack-not-json", path=path, why=error)) from error


def _check_item(document: Any) -> Document:
    """The item as it will be served, if searches can look at it. Errors: ValueError that says why not."""
    item = features.drop_nulls(document) if isinstance(document, dict) else document
    faults = [fault for fault in features.find_faults(item) if fault.asset is None]
    if faults:
        raise ValueError(features.list_faults(faults))
    missing = [name for name in _REQUIRED if not item.get(name)]
    if missing or not _read_time(item):
        raise ValueError(say("pack-lacks", names=", ".join(missing or ["datetime"])))
    item["links"] = _keep_own_links(item)
    _try_serving(item)
    return dict(item)


def _try_serving(item: Document) -> None:
    """One item that cannot be compared or written would break every search. Errors: ValueError with the reason."""
    record = _build_record(item)
    conditions = {"op": "=", "args": [{"property": "id"}, record.id]}
    try:
        match_records([record], datetime="1900-01-01T00:00:00Z/..", bbox=[-180, -90, 180, 90], filter_expr=conditions)
        json.dumps(item, ensure_ascii=False, allow_nan=False).encode()
    except (InvalidQueryParameter, ValueError, TypeError, RecursionError) as error:
        raise ValueError(say("pack-unserved", why=str(error)[-200:])) from error


def _read_time(item: Document) -> Any:
    return item["properties"].get("datetime") or item["properties"].get("start_datetime")


def _keep_own_links(document: Document) -> list[dict[str, Any]]:
    return [link for link in document.get("links", []) if link.get("rel") not in _INFERRED]


def _compute_version(items: Sequence[Document], objects: dict[str, Path]) -> str:
    """A digest of the items, and of the sizes and times of their files: it changes when one of them does."""
    files = {}
    for key, path in objects.items():
        status = path.stat()
        files[key] = [status.st_size, status.st_mtime_ns]
    text = json.dumps([items, files], sort_keys=True)
    return sha256(text.encode()).hexdigest()[:16]


# --- What `record` says of the pack ---


def read_note(folder: Path) -> Document | None:
    """What `record` noted of a pack that it wrote; None for other packs."""
    path = folder / NOTE
    if not path.is_file():
        return None
    note = _read_json(path)
    if not isinstance(note, dict) or not note.keys() >= _NOTED or not isinstance(note["items"], int):
        raise PackError(say("pack-bad-note", path=path))
    return note


def _build_title(folder: Path, count: int) -> str:
    """The pack's title, with whom to thank and how much of it is there yet."""
    title: str = say("pack-title", name=folder.resolve().name)
    note = read_note(folder)
    if note is None:
        return title
    title += say("pack-title-credit", credit=note["credit"])
    if count < note["items"]:
        title += say("pack-title-partial", count=count, total=note["items"])
    return title


def _read_credits(folder: Path) -> str:
    page = folder / CREDITS
    if read_note(folder) is None or not page.is_file():
        return ""
    return page.read_text(encoding="utf-8")


# --- Objects ---


class LeftOut:
    """Assets that are not served: of each reason the names, and of each name the items."""

    def __init__(self) -> None:
        self._found: dict[str, dict[str, list[str]]] = {}

    def add(self, why: str, asset: str, item: str) -> None:
        self._found.setdefault(why, {}).setdefault(asset, []).append(item)

    def list_notes(self) -> list[str]:
        """A line for each reason and each group of items that lack the same assets for it."""
        notes: list[str] = []
        for why, assets_of in self._found.items():
            groups: dict[tuple[str, ...], list[str]] = {}
            for asset, lacking in assets_of.items():
                groups.setdefault(tuple(lacking), []).append(asset)
            for ids, names in groups.items():
                of = ", ".join(ids) if len(ids) <= LISTED else say("pack-items", number=len(ids))
                notes.append(say("pack-asset", assets=", ".join(names), items=of, why=why))
        return notes


def _find_objects(item: Document, folder: Path, left_out: LeftOut) -> dict[str, Path]:
    """The files of those assets that lie in the pack. Only the bucket is served: other addresses would lead out."""
    bad = {fault.asset for fault in features.find_faults(item)}
    found = {}
    for name, asset in item["assets"].items():
        if name in bad:
            left_out.add(say("pack-bad-asset"), name, item["id"])
            continue
        try:
            href, file = _find_asset_file(folder, asset)
        except ValueError:
            left_out.add(say("pack-outside", bucket=BUCKET), name, item["id"])
            continue
        if not _is_file(file):
            left_out.add(say("pack-no-file"), name, item["id"])
        elif asset.get("file:size") not in (None, file.stat().st_size):
            left_out.add(say("pack-bad-size"), name, item["id"])
        else:
            item["assets"][name] = asset | {"href": href}
            found[name] = file
    return found


def _find_asset_file(folder: Path, asset: Document) -> tuple[str, Path]:
    """The address in the bucket and where its object lies; of a quicklook on the web, CDSE names the one in S3, too."""
    in_store = ((asset.get("alternate") or {}).get("s3") or {}).get("href")
    for href in (asset["href"], in_store):
        if str(href).startswith(BUCKET):
            return str(href), find_object_file(folder, str(href))
    raise ValueError(f"{asset['href']} is not an object of {BUCKET}")


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a name that is too long
        return False


def find_object_file(folder: Path, href: str) -> Path:
    """Where the object of this address lies in a pack; ValueError if it would lie outside of the bucket."""
    root = (folder / "eodata").resolve()
    file = (root / _strip_bucket(href)).resolve()
    if not href.startswith(BUCKET) or not file.is_relative_to(root) or file == root:
        raise ValueError(f"{href} is not an object of {BUCKET}")
    return file


def _strip_bucket(href: str) -> str:
    return href.removeprefix(BUCKET)


# --- Items and collections as they are served ---


def _find_thumbnail(item: Document) -> dict[str, Any] | None:
    """The asset of the item's quicklook, if it has one."""
    asset: dict[str, Any] = item["assets"].get("thumbnail", {})
    return asset if asset.get("type") == "image/jpeg" else None


def _find_thumbnails(items: Sequence[Document]) -> dict[str, str]:
    thumbnails = {}
    for item in items:
        asset = _find_thumbnail(item)
        if asset is not None:
            thumbnails[item["id"]] = _strip_bucket(asset["href"])
    return thumbnails


def _build_record(item: Document) -> Record:
    searched = {name: item[name] for name in ("id", "collection", "geometry", "properties")}
    return Record(searched, partial(_build_item, item))


def _build_item(item: Document, base: str) -> Document:
    """The item at this address of the service: a quicklook is for browsers, which sign nothing."""
    asset = _find_thumbnail(item)
    if asset is None:
        return item
    s3 = {"href": asset["href"], "auth:refs": ["s3"], "storage:refs": assets.STORAGE, "alternate:name": "S3"}
    thumbnail = asset | {"href": f"{base}thumbnails/{item['id']}.jpg", "alternate": {"s3": s3}}
    return item | {"assets": item["assets"] | {"thumbnail": thumbnail}}


def _complete_collections(given: dict[str, Document], items: Sequence[Document]) -> dict[str, Document]:
    """Each collection that items name: the folder's own, with what it lacks; made of its items where it has none."""
    collections = {}
    for name in dict.fromkeys([item["collection"] for item in items]):
        made = _build_collection(name, [item for item in items if item["collection"] == name])
        own = made | features.drop_nulls(given.get(name, {})) | {REGIONS: made[REGIONS]}
        collections[name] = own | {"links": _keep_own_links(own)} if _is_readable(own) else made
    return collections


def _is_readable(collection: Document) -> bool:
    """Could pystac read it? Its fields are of many kinds, and what is wrong with them raises errors of as many."""
    import pystac

    try:
        pystac.Collection.from_dict(collection)
        json.dumps(collection, ensure_ascii=False, allow_nan=False).encode()
    except Exception:  # noqa: BLE001
        return False
    return True


def _build_collection(name: str, items: Sequence[Document]) -> Document:
    """A collection for items that came without one."""
    times = sorted(_read_time(item) for item in items)
    boxes = [item["bbox"] for item in items if item.get("bbox")]
    return {
        "id": name,
        "type": "Collection",
        "title": name,
        "description": say("pack-collection"),
        "stac_version": "1.1.0",
        "license": "other",
        "extent": {
            "spatial": {"bbox": boxes or [[-180, -90, 180, 90]]},
            "temporal": {"interval": [[times[0], times[-1]]]},
        },
        REGIONS: list_regions(items),
        "links": [],
    }
