"""The one gate for items that come from outside: pages of a catalogue, packs, and what is given to `load`.

The type of each field that we, pystac, odc-stac, shapely or xarray read is written down here once. An item with a
fault is named with its fields and left out, so that it costs no other; where only an asset is at fault, only the asset
goes.
"""

import warnings
from collections.abc import Iterable, Sequence
from datetime import datetime
from reprlib import Repr
from typing import Annotated, Any, Literal, NamedTuple, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    FailFast,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from cdse_access.messages import say
from cdse_access.problems import BadData
from cdse_access.telling import tell

Document = dict[str, Any]
Ring = list[list[float]]
YEARS = range(1678, 2262)  # that numpy's nanoseconds can tell
LARGEST_NUMBER = 1.7e308  # floats end there
NODATA_TEXTS = ("nan", "inf", "-inf")
GEOMETRIES = ("Polygon", "MultiPolygon", "Point", "MultiPoint", "LineString", "MultiLineString")
NAMED = 100  # items that are named with one fault, and faults
SHOWN = 3  # faults that are told of one item; the others are counted
NULLABLE = {"geometry", "bbox", "collection"}  # other fields of an item may be left out, but null says the same

_short = Repr()
_short.maxlevel, _short.maxlist, _short.maxdict, _short.maxstring, _short.maxother = 2, 3, 3, 40, 60


class Fault(NamedTuple):
    """What is wrong with an item: where, as a path of names, and what is wanted there."""

    path: tuple[str, ...]
    why: str

    @property
    def asset(self) -> str | None:
        """The asset that is at fault, where the item itself is not."""
        return self.path[1] if self.path[0] == "assets" and len(self.path) > 1 else None

    def __str__(self) -> str:
        return say("feature-fault", field=".".join(self.path), why=self.why)


# -- types -------------------------------------------------------------------


class _Part(BaseModel):
    """Fields of others' names: `eo__cloud_cover` is `eo:cloud_cover`. Fields that are not listed may be anything."""

    model_config = ConfigDict(
        alias_generator=lambda name: name.replace("__", ":"),
        extra="ignore",
        allow_inf_nan=False,
        hide_input_in_errors=True,
    )


def _check_time(text: str) -> str:
    try:
        when = datetime.fromisoformat(text.upper())
    except ValueError:
        raise ValueError(say("wanted-time")) from None
    if when.tzinfo is None:
        raise ValueError(say("wanted-zone"))
    return text


def _check_year(text: str) -> str:
    if datetime.fromisoformat(text.upper()).year not in YEARS:
        raise ValueError(say("wanted-year", first=YEARS[0], last=YEARS[-1]))
    return text


def _check_ring(ring: Ring) -> Ring:
    if any(abs(place[0]) > 360 or abs(place[1]) > 90 for place in ring):
        raise ValueError(say("wanted-degrees"))
    if ring[0][:2] != ring[-1][:2] or not _has_area(ring):
        raise ValueError(say("wanted-ring"))
    return ring


def _has_area(ring: Ring) -> bool:
    wests, norths = {place[0] for place in ring}, {place[1] for place in ring}
    return len(wests) > 1 and len(norths) > 1


def _check_bbox(bbox: list[float]) -> list[float]:
    """One whose west lies east of its east crosses the 180th meridian."""
    half = len(bbox) // 2
    if len(bbox) not in (4, 6) or bbox[1] > bbox[half + 1]:
        raise ValueError(say("wanted-bbox"))
    return bbox


def _check_transform(transform: list[float]) -> list[float]:
    if len(transform) not in (6, 9) or (len(transform) == 9 and transform[6:] != [0, 0, 1]):
        raise ValueError(say("wanted-transform"))
    return transform


def _check_nodata(value: object) -> object:
    """JSON has no such numbers, so that STAC writes some of them as text."""
    if not (value in NODATA_TEXTS or _is_finite(value)):
        raise ValueError(say("wanted-number"))
    return value


def _is_finite(value: object) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and -LARGEST_NUMBER <= value <= LARGEST_NUMBER  # type: ignore[operator]


Name = Annotated[str, StringConstraints(min_length=1, max_length=500, pattern=r"^[^\x00-\x1f\x7f]+$")]
Number = Annotated[float, Field(strict=True)]
Nodata = Annotated[Any, AfterValidator(_check_nodata)]
Count = Annotated[int, Field(strict=True, ge=0)]
Time = Annotated[str, AfterValidator(_check_time)]
Instant = Annotated[Time, AfterValidator(_check_year)]  # of an array's axis; others may be 9999, for what has no end
# FailFast: of a million bad corners one is enough, to name each would take minutes.
Place = Annotated[list[Number], Field(min_length=2, max_length=4), FailFast()]
Outline = Annotated[list[Place], Field(min_length=4), FailFast(), AfterValidator(_check_ring)]
Outlines = Annotated[list[Outline], Field(min_length=1), FailFast()]
Box = Annotated[list[Number], AfterValidator(_check_bbox)]
Side = Annotated[Number, Field(ge=1, le=1_000_000, multiple_of=1)]  # pixels; JSON may write 10980.0


class _Polygon(_Part):
    type: Literal["Polygon"]
    coordinates: Outlines


class _Polygons(_Part):
    type: Literal["MultiPolygon"]
    coordinates: Annotated[list[Outlines], Field(min_length=1), FailFast()]


class _Point(_Part):
    type: Literal["Point"]
    coordinates: Place


class _Places(_Part):
    type: Literal["MultiPoint", "LineString"]
    coordinates: Annotated[list[Place], Field(min_length=1)]


class _Lines(_Part):
    type: Literal["MultiLineString"]
    coordinates: Annotated[list[list[Place]], Field(min_length=1)]


class _Described(_Part):
    """What may stand with the item and with an asset."""

    data_type: str | None = None
    gsd: Number | None = None
    nodata: Nodata | None = None
    proj__bbox: Annotated[list[Number], Field(min_length=4, max_length=6)] | None = None
    proj__code: str | None = None
    proj__epsg: Count | None = None
    proj__shape: Annotated[list[Side], Field(min_length=2, max_length=2)] | None = None
    proj__transform: Annotated[list[Number], AfterValidator(_check_transform)] | None = None
    raster__offset: Number | None = None
    raster__scale: Number | None = None
    unit: str | None = None
    updated: str | None = None


class _Band(_Part):
    data_type: str | None = None
    eo__common_name: str | None = None
    name: str | None = None
    nodata: Nodata | None = None


class _Address(_Part):
    href: str | None = None


class _Asset(_Described):
    alternate: dict[str, _Address] | None = None
    bands: list[_Band] | None = None
    classification__classes: list[dict[str, Any]] | None = None
    description: str | None = None
    eo__bands: list[_Band] | None = None
    file__checksum: str | None = None
    file__size: Count | None = None
    href: Annotated[str, Field(min_length=1)]
    raster__bands: list[_Band] | None = None
    roles: list[str] | None = None
    title: str | None = None
    type: str | None = None


class _Properties(_Described):
    cdse_offline__window: Annotated[Box, Field(max_length=4)] | None = None
    created: Time | None = None
    datetime: Instant | None = None
    description: str | None = None
    end_datetime: Time | None = None
    eo__cloud_cover: Number | None = None
    grid__code: str | None = None
    platform: str | None = None
    processing__datetime: Time | None = None
    processing__version: str | None = None
    sat__relative_orbit: Number | None = None
    start_datetime: Instant | None = None
    title: str | None = None

    @model_validator(mode="after")
    def _check_order(self) -> Self:
        times = [datetime.fromisoformat(one.upper()) for one in (self.start_datetime, self.end_datetime) if one]
        if times != sorted(times):
            raise ValueError(say("wanted-order"))
        return self


class _Link(_Part):
    href: str
    rel: str


class _Found(_Part):
    """An item that is found: those of altimeters and stations may lie on a line or at a point."""

    assets: dict[str, _Asset] = {}
    bbox: Box | None = None
    collection: Name | None = None
    geometry: Annotated[_Polygon | _Polygons | _Point | _Places | _Lines, Field(discriminator="type")] | None = None
    id: Name
    links: list[_Link] = []
    properties: _Properties = _Properties()
    stac_extensions: list[str] = []
    stac_version: str = ""
    type: Literal["Feature"] = "Feature"


class _Feature(_Found):
    """An item whose images are read."""

    geometry: Annotated[_Polygon | _Polygons, Field(discriminator="type")] | None = None


# What pydantic calls a fault, and the slot that says in Vietnamese what is wanted. Others: "wanted-other".
WANTED = {
    "bool": "wanted-number",
    "dict": "wanted-mapping",
    "finite": "wanted-number",
    "float": "wanted-number",
    "greater": "wanted-larger",
    "int": "wanted-number",
    "list": "wanted-list",
    "model": "wanted-mapping",
    "string": "wanted-text",
    "too": "wanted-length",
    "union": "wanted-polygon",
}


# -- one item ----------------------------------------------------------------


def find_faults(document: object, kind: type[_Found] = _Feature) -> list[Fault]:
    """All that is wrong with an item as JSON has it; a field that lacks, but for its id, is no fault."""
    try:
        kind.model_validate(document)
    except ValidationError as error:
        return list(dict.fromkeys(_explain(fault) for fault in error.errors(include_url=False, include_context=True)))
    except RecursionError:
        return [Fault(("item",), say("wanted-other"))]
    return []


def _explain(error: Any) -> Fault:
    names = map(str, error["loc"])
    path = tuple(name if name.isprintable() else repr(name) for name in names if name not in GEOMETRIES) or ("item",)
    if error["type"] == "missing":
        return Fault(path, say("feature-lacks"))
    raised = error.get("ctx", {}).get("error")
    slot = WANTED.get(error["type"].partition("_")[0], "wanted-other")
    wanted = str(raised) if raised else say(slot)
    if raised and isinstance(error["input"], dict):  # several fields do not go together
        return Fault(path, say("feature-wanted", wanted=wanted))
    return Fault(path, say("feature-value", value=_short.repr(error["input"]), wanted=wanted))


def try_reading(document: Document) -> None:
    """Read the item as pystac will; assets and links are read as they are. Errors: BadData with what pystac says."""
    from pystac import Item

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            Item.from_dict(document | {"assets": {}, "links": []})
    except Exception as error:  # whatever a field does to a library
        raise BadData(say("feature-unreadable", error=_short.repr(error))) from error


def name_feature(document: object, number: int) -> str:
    """The item's id, or its place in the list where it has none that can be shown."""
    name = document.get("id") if isinstance(document, dict) else None
    return name if isinstance(name, str) and name.isprintable() and name else say("feature-number", number=number + 1)


def drop_nulls(document: Document) -> Document:
    """Without the fields that are null where STAC knows only that they lack: `links: null`."""
    return {name: value for name, value in document.items() if value is not None or name in NULLABLE}


def list_faults(faults: Sequence[Fault]) -> str:
    """The first of an item's faults in one line, and how many more there are."""
    listed = ", ".join(map(str, faults[:SHOWN]))
    return listed + (say("feature-more", number=len(faults) - SHOWN) if len(faults) > SHOWN else "")


# -- many items --------------------------------------------------------------


def keep_readable(
    documents: Iterable[object], source: str, *, whole: bool = True, need_some: bool = True
) -> list[Document]:
    """The items that can be read, without the assets that cannot; a line is printed of each kind of what is left out.

    whole: False where the question asked for some fields only, so that pystac need not be able to read them.
    need_some: False where others were read before, so that none of these is no error.
    Errors: BadData that names all items with their fields, where none can be read.
    """
    kept: list[Document] = []
    lost: dict[str, list[str]] = {}
    assets: dict[str, list[str]] = {}
    for number, document in enumerate(documents):
        name = name_feature(document, number)
        readable, faults = _read(document, whole=whole)
        if readable is None:
            lost.setdefault(list_faults(faults), []).append(name)
            continue
        kept.append(readable)
        for fault in faults:
            assets.setdefault(str(fault), []).append(name)
    if lost and not kept and need_some:
        raise BadData(say("features-bad", source=source, items=_list_names(lost)))
    for slot, left_out in ("features-dropped", lost), ("assets-dropped", assets):
        if left_out:
            tell(say(slot, source=source, items=_list_names(left_out)))
    return kept


def _read(document: object, *, whole: bool) -> tuple[Document | None, list[Fault]]:
    """The item without its assets that are at fault, or None; and what is wrong."""
    if not isinstance(document, dict):
        return None, find_faults(document)
    document = drop_nulls(document)
    faults = find_faults(document, _Found)
    if any(fault.asset is None for fault in faults):
        return None, faults
    if faults:
        bad = {fault.asset for fault in faults}
        document["assets"] = {name: asset for name, asset in document["assets"].items() if name not in bad}
    if whole:
        try:
            try_reading(document)
        except BadData as error:
            return None, [Fault(("item",), str(error))]
    return document, faults


def _list_names(found: dict[str, list[str]]) -> str:
    told = [f"{_join_some(names, ', ')} ({why})" for why, names in found.items()]
    return _join_some(told, "; ")


def _join_some(texts: Sequence[str], between: str) -> str:
    """All of them, but for those that nobody would read."""
    left_out = len(texts) - NAMED
    return between.join(texts[:NAMED]) + (say("feature-more", number=left_out) if left_out > 0 else "")
