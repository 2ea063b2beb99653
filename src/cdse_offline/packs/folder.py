"""The folder that a recording is written into: whether it may, what of it is there already, and its files."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from hashlib import file_digest
from pathlib import Path
from typing import Any

from cdse_access.files import write_whole
from cdse_access.problems import BadInput
from cdse_offline.messages import say
from cdse_offline.packs import pack
from cdse_offline.packs.loads import Load, WantedItem


def check_folder(folder: Path, loads: Sequence[Load], service: str | None = None) -> None:
    """A pack goes into a folder of its own, and one folder holds one recording."""
    if folder.exists() and not folder.is_dir():
        raise BadInput(say("folder-is-file", folder=folder))
    held = _list_visible(folder)
    if not held:
        return
    note = pack.read_note(folder)
    if note is None:
        raise BadInput(say("folder-not-empty", folder=folder, names=", ".join(held[:3])))
    if note["loads"] != write_loads(loads):
        raise BadInput(say("other-recording", folder=folder, search=note["searches"][0]))
    if service not in (None, note["service"]):
        raise BadInput(say("other-service", folder=folder, service=note["service"], other=service))


def _list_visible(folder: Path) -> list[str]:
    if not folder.exists():
        return []
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def write_loads(loads: Sequence[Load]) -> Any:
    """The loads as a pack's note has them."""
    return json.loads(json.dumps([asdict(load) for load in loads]))


def check_space(folder: Path, needed: float) -> None:
    existing = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    free = shutil.disk_usage(existing).free
    needed = 1.2 * needed + 50e6
    if free < needed:
        raise BadInput(say("disk-full", folder=existing, free=free / 1e6, needed=needed / 1e6))


def find_item_file(folder: Path, wanted: WantedItem) -> Path:
    collection, item_id = wanted.name
    return folder / "items" / collection / f"{item_id}.json"


def is_recorded(folder: Path, wanted: WantedItem) -> bool:
    """Is this item recorded, and are its files as they were written?"""
    try:
        text = find_item_file(folder, wanted).read_text(encoding="utf-8")
        assets = json.loads(text)["assets"]
        return wanted.bands.keys() <= assets.keys() and all(_is_whole(folder, asset) for asset in assets.values())
    except (FileNotFoundError, ValueError, KeyError):
        return False


def _is_whole(folder: Path, asset: dict[str, Any]) -> bool:
    checksum = compute_checksum(pack.find_object_file(folder, asset["href"]))
    return bool(asset["file:checksum"] == checksum)


def compute_checksum(path: Path) -> str:
    """As STAC's file extension writes it: a multihash, whose first two bytes say SHA-256 and its length."""
    with path.open("rb") as file:
        return f"1220{file_digest(file, 'sha256').hexdigest()}"


def write_json(path: Path, document: Any) -> None:
    text = json.dumps(document, ensure_ascii=False, indent=1)
    write_whole(path, text.encode())
