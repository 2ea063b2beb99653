"""Data packs: a folder of STAC items and of the objects they name, served in place of the simulated scenes.

pack/
  any-name.json      items (or one collection of items), and collections if there are any
  eodata/…           the objects: `s3://eodata/a/b.jp2` lies in eodata/a/b.jp2
  record.json        if `record` wrote the pack: what it recorded, how many items, whom to thank
  GHI-CONG.txt       the same at length, for people
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

from cdse_access.problems import BadInput
from cdse_offline.holdings import Holdings, Record
from cdse_offline.messages import say
from cdse_offline.product import assets

BUCKET = "s3://eodata/"
NOTE, CREDITS = "record.json", "GHI-CONG.txt"
_REQUIRED = ("id", "collection", "geometry", "properties", "assets")
_NOTED = {"service", "credit", "items", "searches", "loads"}
# Links that the service makes itself.
_INFERRED = {"self", "root", "parent", "collection", "items", "http://www.opengis.net/def/rel/ogc/1.0/queryables"}
Document = dict[str, Any]


class PackError(BadInput):
    """The folder is not a pack; the message says which file and what to do."""


def read_pack(folder: Path) -> Holdings:
    """What a folder offers. Raises PackError for whatever a reader would otherwise stumble over later."""
    if not folder.is_dir():
        raise PackError(say("pack-no-folder", folder=folder))
    contents = _read_contents(folder)
    items = list(contents.items.values())
    if not items:
        raise PackError(say("pack-no-items", folder=folder))
    objects: dict[str, Path] = {}
    for name, item in contents.items.items():
        objects |= _find_objects(item, folder, contents.paths[name])
    credit = _read_credits(folder)
    return Holdings(
        title=_build_title(folder, len(items)),
        description=say("pack-description", credit=credit).strip(),
        version=_compute_version(items, objects),
        collections=_complete_collections(contents.collections, items),
        records=tuple(_build_record(item) for item in items),
        objects=objects,
        thumbnails=_find_thumbnails(items),
    )


@dataclass(frozen=True)
class Contents:
    """The documents of a pack. Items by collection and id, with the files that they stand in."""

    collections: dict[str, Document]
    items: dict[tuple[str, str], Document]
    paths: dict[tuple[str, str], Path]


def _read_contents(folder: Path) -> Contents:
    contents = Contents({}, {}, {})
    for path, document in _read_documents(folder):
        served = document | {"links": _keep_own_links(document)}
        if document.get("type") == "Collection":
            contents.collections[document["id"]] = served
            continue
        name = _check_item(document, path)
        if name in contents.items:
            raise PackError(say("pack-twice", item=name[1], first=contents.paths[name], second=path))
        contents.items[name] = served
        contents.paths[name] = path
    return contents


def _read_documents(folder: Path) -> Iterator[tuple[Path, Document]]:
    """Items and collections in the folder's JSON files, each with its file."""
    for path in sorted(folder.rglob("*.json")):
        if path.is_relative_to(folder / "eodata") or path == folder / NOTE:
            continue
        document = _read_json(path)
        kind = document.get("type") if isinstance(document, dict) else None
        if kind not in ("Feature", "FeatureCollection", "Collection"):
            raise PackError(say("pack-bad-type", path=path, kind=kind))
        documents = document.get("features", []) if kind == "FeatureCollection" else [document]
        for one in documents:
            yield path, one


def _read_json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise PackError(say("pack-not-json", path=path, why=error)) from error


def _check_item(item: Document, path: Path) -> tuple[str, str]:
    """Collection and id of an item that searches can look at."""
    missing = [name for name in _REQUIRED if not item.get(name)]
    if missing:
        raise PackError(say("pack-lacks", path=path, item=item.get("id"), names=", ".join(missing)))
    when = _read_time(item)
    try:
        datetime.fromisoformat(str(when))
    except ValueError as error:
        raise PackError(say("pack-bad-datetime", path=path, item=item["id"], value=when)) from error
    return item["collection"], item["id"]


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
    if not isinstance(note, dict) or not note.keys() >= _NOTED:
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


def _find_objects(item: Document, folder: Path, path: Path) -> dict[str, Path]:
    """The file of each asset by its key. Only the bucket is served: any other address would lead out of the pack."""
    objects = {}
    for name, asset in item["assets"].items():
        where = say("pack-asset", path=path, name=name, item=item["id"])
        href = str(asset.get("href"))
        try:
            file = find_object_file(folder, href)
        except ValueError as error:
            raise PackError(say("pack-outside", asset=where, href=href, bucket=BUCKET)) from error
        if not file.is_file():
            raise PackError(say("pack-no-file", asset=where, file=file))
        size = file.stat().st_size
        wanted = asset.get("file:size", size)
        if wanted != size:
            raise PackError(say("pack-bad-size", asset=where, file=file, size=size, wanted=wanted))
        objects[_strip_bucket(href)] = file
    return objects


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
    """With one made for each collection that items name and the folder lacks."""
    collections = dict(given)
    for name in {item["collection"] for item in items} - given.keys():
        collections[name] = _build_collection(name, [item for item in items if item["collection"] == name])
    return collections


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
        "links": [],
    }
