"""What the service offers, wherever it comes from: collections, items to be searched, objects to be read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cdse_offline.simulation.places import Acquisition


@dataclass(frozen=True)
class Record:
    """An item: what searches look at is at hand, the whole is built when it is asked for."""

    searched: dict[str, Any]  # id, collection, geometry, properties
    build: Callable[[str], dict[str, Any]]  # base address of the service -> the item, but for its inferred links

    @property
    def id(self) -> str:
        return self.searched["id"]

    @property
    def collection(self) -> str:
        return self.searched["collection"]


@dataclass(frozen=True)
class Simulated:
    """An object that is made when it is first read."""

    acquisition: Acquisition
    kind: str  # "pixels", "truth", "thumbnail", "metadata"
    asset: str


@dataclass(frozen=True)
class Catalog:
    title: str
    description: str
    collections: Mapping[str, dict[str, Any]]
    records: tuple[Record, ...]
    objects: Mapping[str, Simulated | Path]  # by their key in the bucket `eodata`
    thumbnails: Mapping[str, str]  # item id -> key of its quicklook
