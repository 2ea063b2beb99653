"""What the service offers, wherever it comes from: collections, items to be searched, objects to be read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cdse_offline.simulation.files import AnyFile


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
class Holdings:
    """All of it. Clients keep what they have read by the version: it changes when items or pixels do."""

    title: str
    description: str
    version: str
    collections: Mapping[str, dict[str, Any]]
    records: tuple[Record, ...]
    objects: Mapping[str, AnyFile | Path]  # by their key in the bucket `eodata`
    thumbnails: Mapping[str, str]  # item id -> key of its quicklook
    fields: Mapping[str, str] = field(default_factory=dict)  # name of a place -> key of its fields
    notes: tuple[str, ...] = ()  # what of a pack was left out, for who serves it
