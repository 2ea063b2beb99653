"""What a recording looks for and what it finds: searches, and the items with the bands that are wanted of them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cdse_access.problems import BadInput, Reason

if TYPE_CHECKING:
    from pystac import Item
    from pystac_client import Client

Box = tuple[float, float, float, float]  # west, south, east, north, degrees
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

    def question(self) -> dict[str, Any]:
        """Arguments of `catalog.search`."""
        asked: dict[str, Any] = {"collections": [self.collection], "limit": 100}
        if self.ids:
            return asked | {"ids": list(self.ids)}
        asked |= {"bbox": self.bbox, "datetime": self.dates}
        return asked | ({"query": {"eo:cloud_cover": {"lt": self.cloud}}} if self.cloud < 100 else {})

    def __str__(self) -> str:
        place = " ".join(map(str, self.bbox))
        what = ", ".join(self.ids) or f"{self.dates}, mây dưới {self.cloud:g} %"
        return f"{self.collection}, {what}, bbox {place}, {' '.join(self.bands) or 'không tải ảnh'}"


def _lesson_loads() -> tuple[Load, ...]:
    """What the five lessons search and read; a test looks for whatever else they name."""
    area = (11.439263980173, 47.81384831137465, 11.475186504136818, 47.83147903246192)
    wide = (11.36, 47.80, 11.50, 47.85)
    window = (11.43028, 47.803412, 11.570905, 47.898067)
    summer, four = "2023-05-01/2023-09-30", ("B02_10m", "B03_10m", "B04_10m", "B08_10m")
    days = "2023-05-21", "2023-06-20", "2023-07-25", "2023-08-01", "2023-09-28"
    day = ("S2B_MSIL2A_20230928T101719_N0510_R065_T32UPU_20241026T142623",)
    return (
        Load(window, bands=("TCI_10m",), ids=day),  # lesson 1
        Load(area, summer),  # lesson 2
        Load((105.915, 20.81, 105.945, 20.83), "2023", cloud=20),
        Load(area, summer, (*four, "SCL_20m"), cloud=20),  # lessons 3 and 4
        Load(area, bands=EVERY, ids=day),  # lesson 3 counts them
        Load(wide, bands=("B02_10m",), ids=day),
        Load(wide, "2023-09-25", ("SCL_20m",)),
        Load((105.890, 20.860, 105.900, 20.865), "2023", ("B04_10m", "B08_10m", "SCL_20m"), cloud=60),  # lesson 4
        Load(area, bands=four, ids=day, collection=TRUTH),
        *(Load(area, d, (*four, "SCL_20m")) for d in days),
        Load(area, "2023-08-01", ("B11_20m",)),  # lesson 5
        Load((105.90, 20.805, 105.95, 20.845), "2023-06-02", four),
    )


LESSONS = _lesson_loads()


@dataclass
class Scene:
    """An item as the catalogue gave it, and where each of its bands is wanted."""

    document: dict[str, Any]
    bands: dict[str, Box] = field(default_factory=dict)

    @property
    def name(self) -> tuple[str, str]:
        return self.document["collection"], self.document["id"]

    @property
    def stamp(self) -> str:
        properties = self.document["properties"]
        return properties.get("datetime") or properties["start_datetime"]

    def want(self, band: str, bbox: Box) -> None:
        self.bands[band] = around([bbox, self.bands.get(band, bbox)])

    def item(self) -> "Item":
        from pystac import Item

        return Item.from_dict(self.document)


def around(boxes: Iterable[Box]) -> Box:
    wests, souths, easts, norths = zip(*boxes, strict=True)
    return min(wests), min(souths), max(easts), max(norths)


def search(catalog: "Client", loads: Sequence[Load]) -> list[Scene]:
    """The items, each once, oldest first. BadInput where there is none or where one lacks a band."""
    scenes: dict[tuple[str, str], Scene] = {}
    outdated: set[tuple[str, str]] = set()
    for load in _offered(catalog, loads):
        found = [_checked(document) for document in catalog.search(**load.question()).items_as_dicts()]
        if not found:
            print(f"Không tìm thấy: {load}.")
        for document in found:
            scenes.setdefault((document["collection"], document["id"]), Scene(document))
        outdated |= _want(load, [scenes[document["collection"], document["id"]] for document in found])
    if not scenes:
        raise BadInput(
            "Không có item nào để ghi: hãy nới --dates hay --cloud, xem lại --bbox (kinh độ trước) và --collection.",
            Reason.EMPTY,
        )
    kept = [scene for name, scene in scenes.items() if name not in outdated]
    return sorted(kept, key=lambda scene: (scene.document["collection"], scene.stamp, scene.document["id"]))


def _offered(catalog: "Client", loads: Sequence[Load]) -> Sequence[Load]:
    """Of the lessons' loads, that of the truth is left out where there is none: only simulated scenes have it."""
    if len(loads) == 1 or any(collection.id == TRUTH for collection in catalog.get_collections()):
        return loads
    return [load for load in loads if load.collection != TRUTH]


def _checked(document: dict[str, Any]) -> dict[str, Any]:
    """Names that become names of files must be harmless."""
    for name in (document["collection"], document["id"]):
        if not re.fullmatch(r"\w[\w.-]*", name):
            raise BadInput(f"Dịch vụ trả về tên {name!r}, không dùng làm tên tệp được.", Reason.NOT_SERVICE)
    return document


def _want(load: Load, scenes: Sequence[Scene]) -> set[tuple[str, str]]:
    """Note what is wanted of these items; the names of those that a newer processing of the same pass replaces."""
    if not scenes or not load.bands:
        return set()
    from cdse_access.checks.arguments import check_load

    items = [scene.item() for scene in scenes]
    bands = {item.id: _bands(load, item) for item in items}
    codes = [asset.extra_fields.get("proj:code") for asset in items[0].assets.values()]
    everywhere = sorted(set.intersection(*map(set, bands.values())))
    # With chunks, since what is recorded need not fit into memory.
    kept = check_load(items, everywhere, bbox=load.bbox, crs=next(filter(None, codes), None), resolution=10, chunks={})
    newest = {item.id for item in kept}
    for scene in scenes:
        for band in bands[scene.document["id"]]:
            scene.want(band, load.bbox)
    return {scene.name for scene in scenes if scene.document["id"] not in newest}


def _bands(load: Load, item: "Item") -> tuple[str, ...]:
    if load.bands != EVERY:
        return load.bands
    return tuple(key for key, asset in item.assets.items() if asset.href.endswith(".jp2"))
