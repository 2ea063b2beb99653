"""What both programs are tried on, the course's and the plain one: a small area, a few scenes, and how to judge."""

import json
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import numpy as np
import xarray as xr
from pystac import Item, ItemCollection

from cdse_access.problems import Problem

LIMIT = 60  # seconds within which truth or a reason must be there
TRUTH, PARTIAL, SILENT, HANG = "truth", "partial", "silent", "hang"

# It lies across two tiles of the 20 m images: with a single one, GDAL has nothing to read in threads.
AREA = (11.530, 47.849, 11.540, 47.855)
BANDS = ["B04_20m", "SCL_20m"]
MANY = [*BANDS, "B05_20m", "B06_20m", "B07_20m", "B11_20m"]
GRID: dict[str, Any] = {"bbox": AREA, "crs": "EPSG:32632", "resolution": 20}
COLLECTION = "sentinel-2-l2a"
DAY: dict[str, Any] = {"collections": [COLLECTION], "bbox": AREA, "datetime": "2023-09-28"}
# Four dates.
SEASON: dict[str, Any] = {"collections": [COLLECTION], "bbox": AREA, "datetime": "2023-09-18/2023-09-28"}
# Three pages.
MONTH: dict[str, Any] = {"collections": [COLLECTION], "bbox": AREA, "datetime": "2023-09-01/2023-09-30", "limit": 5}
# What a file of the tests' own scene is called in the store, and the requests that a search makes.
RED, SCL, IMAGES = "*B04_20m.jp2", "*SCL_20m.jp2", "*_20m.jp2"
LANDING, SEARCH = "/stac/v1/", "/stac/v1/search"


@dataclass(frozen=True)
class Service:
    """The line with which the offline service announces itself."""

    stac: str
    s3: str
    access_key: str
    secret_key: str
    version: str = ""


# -- scenes ------------------------------------------------------------------


def scenes(name: str, item: Item) -> Any:
    """The item of 28 September, what can be wrong with a list of items, and what may stand there instead of one."""
    return {
        "collection": lambda: ItemCollection([item]),
        "tuple": lambda: (item,),
        "generator": lambda: (one for one in [item]),
        "documents": lambda: [item.to_dict()],
        "foreign": lambda: [item.assets["B04_20m"]],
        "holes": lambda: [item, None],
        "nothing": lambda: None,
        "number": lambda: 5,
        "paths": lambda: [item.assets["B04_20m"].href],
        "text": lambda: item.id,
        "one": lambda: [item],
        "none": list,
        "reprocessed": lambda: [_older(item), item],
        "old baseline": lambda: [_older(item)],
        "two baselines": lambda: [_old_offset(item), item],
        "twice": lambda: [item, item.clone()],
        "two tiles": lambda: [item, _neighbour(item)],
        "two zones": lambda: [item, _other_zone(item)],
        "lacks a band": lambda: [item, _lacking(item)],
        "no projection": lambda: [_unplaced(item)],
        "local file": lambda: [_elsewhere(item, "{}")],
        "web page": lambda: [_elsewhere(item, "http://127.0.0.1:9/{}")],
        "longer file": lambda: [_longer(item)],
        "moved": lambda: [_elsewhere(item, "s3://eodata/Sentinel-2/{}")],
    }[name]()


def _older(item: Item) -> Item:
    """The same acquisition as it was first processed: other pixels (those of 60 m here), and no offset."""
    old = item.clone()
    old.id = item.id.replace("N0510", "N0301").rsplit("_", 1)[0] + "_20230928T130000"
    old.properties |= {"processing:version": "03.01", "processing:datetime": "2023-09-28T13:00:00Z"}
    old.assets["B04_20m"].href = item.assets["B04_60m"].href
    return old


def find_time(item: Item) -> datetime:
    assert item.datetime
    return item.datetime


def _old_offset(item: Item) -> Item:
    """A scene of another day from before the offset was introduced, well described."""
    old = _older(item)
    old.datetime = find_time(item).replace(month=8)
    for asset in old.assets.values():
        if "raster:offset" in asset.extra_fields:
            asset.extra_fields["raster:offset"] = 0
    return old


def _neighbour(item: Item) -> Item:
    """The same pixels as the next tile of this pass gives them where the two tiles overlap."""
    other = item.clone()
    other.id = item.id.replace("T32UPU", "T32UQU")
    other.properties["grid:code"] = "MGRS-32UQU"
    return other


def _other_zone(item: Item) -> Item:
    other = _neighbour(item)
    for asset in other.assets.values():
        if asset.extra_fields.get("proj:code"):
            asset.extra_fields["proj:code"] = "EPSG:32633"
    return other


def _lacking(item: Item) -> Item:
    other = item.clone()
    other.id, other.datetime = item.id.replace("20230928", "20230926"), find_time(item).replace(day=26)
    del other.assets["B04_20m"]
    return other


def _unplaced(item: Item) -> Item:
    other = item.clone()
    for asset in other.assets.values():
        for name in [name for name in asset.extra_fields if name.startswith("proj:")]:
            del asset.extra_fields[name]
    return other


def _longer(item: Item) -> Item:
    other = item.clone()
    other.assets["B04_20m"].extra_fields["file:size"] = 33_809_171
    return other


def _elsewhere(item: Item, form: str) -> Item:
    other = item.clone()
    for asset in other.assets.values():
        asset.href = form.format(asset.href.split("/")[-1])
    return other


# -- judging -----------------------------------------------------------------


@dataclass(frozen=True)
class Outcome:
    """How a run ended: `truth`, `partial` (some dates lack, and were named), `silent` (wrong and no error), `hang`, or
    an error by its reason or type.
    """

    kind: str
    text: str = ""  # first line of the error, or what is wrong
    share: float = 0.0  # of wrong pixels
    seconds: float = 0.0
    met: int = 0  # requests that met the fault

    def as_json(self) -> str:
        return json.dumps(asdict(self))


def failed(error: BaseException, seconds: float) -> Outcome:
    kind = str(error.reason) if isinstance(error, Problem) else type(error).__name__
    lines = str(error).strip().splitlines() or [""]
    return Outcome(kind, lines[0][:200], seconds=seconds)


def judged(value: Any, truth: Any, seconds: float) -> Outcome:
    """Is it the truth, bit for bit?"""
    if lacking := _find_named_gaps(value, truth):
        return Outcome(PARTIAL, f"thiếu {len(lacking)} ngày, có nói", seconds=seconds)
    text, share = difference(value, truth)
    return Outcome(SILENT if text else TRUTH, text, share, seconds)


def _find_named_gaps(value: Any, truth: Any) -> list[str]:
    """The dates that lack, if each was named (in the attribute `told`) and all others are right."""
    if not isinstance(truth, xr.Dataset) or not isinstance(value, xr.Dataset) or "told" not in value.attrs:
        return []
    there = np.isin(truth.time.values, value.time.values)
    lacking = [str(np.datetime_as_string(time, "D")) for time in truth.time.values[~there]]
    named = all(date in value.attrs["told"] for date in lacking)
    is_right = there.any() and not difference(value, truth.isel(time=there))[0]
    return lacking if named and is_right else []


def difference(value: Any, truth: Any) -> tuple[str, float]:
    """What differs, in the words of the book; an empty text if nothing does. And the share of wrong pixels."""
    if truth is None:  # only an error would be right
        return f"cho ra {_summarize(value)}", 0.0
    if isinstance(truth, xr.Dataset):
        return _of_cubes(value, truth)
    if isinstance(truth, (np.ndarray, xr.DataArray, list)) and _numeric(truth):
        same = np.isclose(np.asarray(value, float), np.asarray(truth, float), rtol=1e-5, atol=1e-6, equal_nan=True)
        return (
            (f"{np.asarray(value, float).round(3).tolist()}", float(1 - same.mean())) if not same.all() else ("", 0.0)
        )
    if isinstance(truth, list):
        return _of_lists(value, truth)
    return ("", 0.0) if value == truth else (f"{value!r}", 0.0)


def _summarize(value: Any) -> str:
    numbers = np.asarray(value)
    return (
        f"{numbers.round(4).tolist()}" if numbers.dtype.kind in "fiu" else f"{type(value).__name__} {np.shape(numbers)}"
    )


def _numeric(values: Iterable) -> bool:
    return np.asarray(values).dtype.kind in "fiu" and len(np.asarray(values)) > 0


def _of_lists(value: list, truth: list) -> tuple[str, float]:
    if value == truth:
        return "", 0.0
    if not value:
        return "0 item", 0.0
    told = []
    if missing := len(set(truth) - set(value)):
        told.append(f"mất {missing} trong {len(truth)} item")
    if double := len(value) - len(set(value)):
        told.append(f"lặp {double} item")
    if strange := len(set(value) - set(truth)):
        told.append(f"thừa {strange} item")
    return ", ".join(told) or "sai thứ tự", 0.0


def _of_cubes(value: xr.Dataset, truth: xr.Dataset) -> tuple[str, float]:
    if not any(value[band].any() for band in value.data_vars):
        return "toàn số 0", 1.0
    if value.sizes.get("time") != truth.sizes.get("time"):
        empty = sum(not value[band][day].any() for band in value for day in range(value.sizes["time"]))
        return f"{empty} ảnh toàn số 0" if empty else f"{value.sizes['time']} ngày thay vì {truth.sizes['time']}", 0.0
    if dict(value.sizes) != dict(truth.sizes):
        sides = [" × ".join(str(cube.sizes.get(axis)) for axis in ("y", "x")) for cube in (value, truth)]
        return f"{sides[0]} pixel thay vì {sides[1]}", 0.0
    wrong = [value[band].values != truth[band].values for band in truth.data_vars]
    share = float(np.mean(wrong))
    if share:
        return f"{share:.0%} pixel sai" if share >= 0.005 else f"{share:.2%} pixel sai", share
    same = all(value[band].dtype == truth[band].dtype for band in truth.data_vars)
    return (
        ("", 0.0) if same and all(value[axis].equals(truth[axis]) for axis in ("y", "x", "time")) else ("sai lưới", 0.0)
    )


def watch(call: Callable[[], Any], truth: Any, limit: float = LIMIT) -> Outcome:
    """Run it in a thread of its own: odc-stac keeps the keys that a thread used first, and a hang must not spread."""
    values: list[Any] = []
    errors: list[Exception] = []

    def work() -> None:
        try:
            values.append(call())
        except Exception as error:  # noqa: BLE001 - whatever it is, it is judged
            errors.append(error)

    begin = time.monotonic()
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(limit)
    seconds = time.monotonic() - begin
    if errors:
        return failed(errors[0], seconds)
    return judged(values[0], truth, seconds) if values else Outcome(HANG, f"quá {limit:.0f} giây", seconds=seconds)
