"""Where small files of images are kept, and how one is recognised."""

import os
import tempfile
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path

import platformdirs

from cdse_access.files import write_whole
from cdse_access.problems import BadData, Reason
from cdse_access.store import Store


def cache_root(store: Store) -> Path:
    """The user's folder of images (`CDSE_CACHE` moves it); what has no name is kept until the kernel ends."""
    if given := os.environ.get("CDSE_CACHE"):
        return Path(given).expanduser()
    if not store.identity:
        return Path(_until_exit().name)
    return Path(platformdirs.user_cache_dir("cdse-bai-hoc", appauthor=False))


@cache
def _until_exit() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="cdse-")


def folder(root: Path, store: Store, href: str) -> Path:
    """Where the small files of one image are: the same name at another service is another image."""
    name = f"{store.identity or store.endpoint} {href}"
    return root / sha256(name.encode()).hexdigest()[:20]


def short(data: bytes) -> str:
    """A short name of some content, to know it again."""
    return sha256(data).hexdigest()[:12]


def keep(place: Path, version: str, data: bytes) -> Path:
    """Write a small file under a name that holds the version of the image and its own content."""
    path = place / f"{version}-{short(data)}.jp2"
    write_whole(path, data)
    return path


def stored(place: Path) -> Iterator[tuple[Path, bytes]]:
    """The small files at `place`, new ones first; one that is not as it was written is removed."""
    try:
        for path in sorted(place.glob("*.jp2"), key=lambda path: path.stat().st_mtime, reverse=True):
            data = path.read_bytes()
            if path.stem.endswith(short(data)):
                yield path, data
            else:
                path.unlink()
    except OSError as error:
        raise BadData(f"Không đọc được {place} ({error.strerror}): hãy xóa nó rồi chạy lại.", Reason.DISK) from error
