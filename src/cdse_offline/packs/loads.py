"""What a recording looks for and what it finds: searches, and the items with the bands that are wanted of them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cdse_access.problems import BadInput
from cdse_access.telling import tell
from cdse_offline.messages import say

if TYPE_CHECKING:
    from pystac import Item
    from pystac_client import Client

Box = tuple[float, float, float, float]  # west, south, east, north, degrees
Name = tuple[str, str]  # collection and id
SENTINEL, TRUTH = "sentinel-2-l2a", "offline-truth"
EVERY = ("*",)  # every JP2 image of the item


@dataclass(frozen=True)
class Load:
    """A search, and what will be read of the items that it finds. Without bands: the item and its quicklook."""

    bbox: Box
    dates: str = ""
    bands: tuple[str, ...] = ()
    cloud: float = 100  # per cent, items below it
    ids: tuple[str, ...] = ()
    collection: str = SENTINEL

    def build_question(self) -> dict[str, Any]:
        """Arguments of `catalog.search`."""
        question: dict[str, Any] = {"collections": [self.collection], "limit": 100}
        if self.ids:
            return question | {"ids": list(self.ids)}
        question |= {"bbox": self.bbox, "datetime": self.dates}
        if self.cloud < 100:
            question["query"] = {"eo:cloud_cover": {"lt": self.cloud}}
        return question

    def __str__(self) -> str:
        what = ", ".join(self.ids) or say("record-search", dates=self.dates, cloud=self.cloud)
        bbox = " ".join(map(str, self.bbox))
        bands = " ".join(self.bands) or say("record-no-images")
        return say("record-load", collection=self.collection, what=what, bbox=bbox, bands=bands)


def _list_lesson_loads() -> tuple[Load, ...]:
    """What the five lessons search and read; a test looks for whatever else they name."""
    rice, season = (105.89, 20.812, 105.925, 20.835), "2023-07-01/2023-10-31"
    window = (11.43028, 47.803412, 11.570905, 47.898067)
    summer, four = "2023-05-01/2023-09-30", ("B02_10m", "B03_10m", "B04_10m", "B08_10m")
    masked = ("B04_10m", "B08_10m", "SCL_20m")
    spectrum = (*four, *(f"{band}_20m" for band in ("B05", "B06", "B07", "B8A", "B11", "B12")))
    seasons = "2023-03-24", "2023-06-22", "2023-08-01", "2023-10-10", "2023-06-07"  # the last has clouds
    day = ("S2B_MSIL2A_20230928T101719_N0510_R065_T32UPU_20241026T142623",)
    return (
        Load(window, bands=("TCI_10m",), ids=day),  # lesson 1
        Load(rice, "2023-01-01/2023-12-31"),  # lesson 2
        Load((11.439264, 47.813848, 11.475187, 47.831479), summer),
        Load(rice, season, four, cloud=20),  # lesson 3
        Load(rice, "2023-08-01", EVERY),  # its clearest day: all its bands are counted
        Load((105.93, 9.53, 105.96, 9.55), season),
        Load(rice, "2023-01-01/2023-12-31", masked, cloud=60),  # lesson 4
        Load(rice, "2023-09-20", spectrum),
        Load(rice, "2023-09-20", ("B04_10m", "B08_10m"), collection=TRUTH),
        Load(rice, "2023-07-12", ("SKY_10m",), collection=TRUTH),  # where clouds cover half
        Load((11.439264, 47.813848, 11.475187, 47.831479), summer, masked, cloud=20),
        Load(rice, "2023-01-01/2023-12-31", ("SCL_20m",), cloud=30),  # lesson 5
        *(Load(rice, day, (*four, "B11_20m", "SCL_20m")) for day in seasons),
    )


LESSONS = _list_lesson_loads()


@dataclass
class WantedItem:
    """An item as the catalogue gave it, and where each of its bands is wanted."""

    document: dict[str, Any]
    bands: dict[str, Box] = field(default_factory=dict)

    @property
    def name(self) -> Name:
        return self.document["collection"], self.document["id"]

    @property
    def time(self) -> str:
        properties = self.document["properties"]
        time: str = properties.get("datetime") or properties["start_datetime"]
        return time

    def add(self, band: str, bbox: Box) -> None:
        """The band is wanted there, too."""
        boxes = [bbox, self.bands.get(band, bbox)]
        self.bands[band] = enclose(boxes)

    def parse(self) -> "Item":
        from pystac import Item

        return Item.from_dict(self.document)


def enclose(boxes: Iterable[Box]) -> Box:
    """The smallest box around all of these."""
    wests, souths, easts, norths = zip(*boxes, strict=True)
    return min(wests), min(souths), max(easts), max(norths)


def search_items(catalog: "Client", loads: Sequence[Load]) -> list[WantedItem]:
    """The items, each once, oldest first. BadInput where there is none or where one lacks a band."""
    wanted: dict[Name, WantedItem] = {}
    outdated: set[Name] = set()
    for load in _choose_loads(catalog, loads):
        found = _search(catalog, load)
        if not found:
            tell(say("nothing-found", load=load))
        for document in found:
            item = WantedItem(document)
            wanted.setdefault(item.name, item)
        names = [WantedItem(document).name for document in found]
        outdated |= _add_bands(load, [wanted[name] for name in names])
    if not wanted:
        raise BadInput(say("no-items"))
    kept = [item for name, item in wanted.items() if name not in outdated]
    return sorted(kept, key=lambda item: (item.document["collection"], item.time, item.document["id"]))


def _choose_loads(catalog: "Client", loads: Sequence[Load]) -> Sequence[Load]:
    """Of the lessons' loads, that of the truth is left out where there is none: only simulated scenes have it."""
    if len(loads) == 1 or any(collection.id == TRUTH for collection in catalog.get_collections()):
        return loads
    return [load for load in loads if load.collection != TRUTH]


def _search(catalog: "Client", load: Load) -> list[dict[str, Any]]:
    found = list(catalog.search(**load.build_question()).items_as_dicts())
    for document in found:
        _check_names(document)
    return found


def _check_names(document: dict[str, Any]) -> None:
    """Names that become names of files must be harmless."""
    for name in (document["collection"], document["id"]):
        if not re.fullmatch(r"\w[\w.-]*", name):
            raise BadInput(say("bad-name", name=name))


def _add_bands(load: Load, wanted: Sequence[WantedItem]) -> set[Name]:
    """Note what is wanted of these items; the names of those that a newer processing of the same pass replaces."""
    if not wanted or not load.bands:
        return set()
    newest = _choose_newest(load, [item.parse() for item in wanted])
    outdated = set()
    for one in wanted:
        for band in _choose_bands(load, one.parse()):
            one.add(band, load.bbox)
        if one.document["id"] not in newest:
            outdated.add(one.name)
    return outdated


def _choose_newest(load: Load, items: Sequence["Item"]) -> set[str]:
    """Ids of the items that `load` would read; what it would refuse is refused here."""
    from cdse_access.checks.arguments import check_load

    bands = set(_choose_bands(load, items[0]))
    for item in items[1:]:
        bands &= set(_choose_bands(load, item))
    codes = [asset.extra_fields.get("proj:code") for asset in items[0].assets.values()]
    code = next(filter(None, codes), None)
    # With chunks, since what is recorded need not fit into memory.
    kept = check_load(items, sorted(bands), bbox=load.bbox, crs=code, resolution=10, chunks={}, colours=True)
    return {item.id for item in kept}


def _choose_bands(load: Load, item: "Item") -> tuple[str, ...]:
    if load.bands != EVERY:
        return load.bands
    return tuple(key for key, asset in item.assets.items() if asset.href.endswith(".jp2"))
