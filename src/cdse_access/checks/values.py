"""The arguments of `load` and `fetch`, described once: of each name what it may be, read into what odc-stac takes.

A reader gives back the value in one form, or raises ValueError with what is wanted.
"""

import inspect
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor
from difflib import get_close_matches
from math import isfinite
from numbers import Integral, Real
from reprlib import Repr
from typing import Any

import numpy as np
import odc.stac
import rasterio.warp
from odc.geo import CRS, Resolution
from odc.geo.geobox import GeoBox

from cdse_access.checks.bbox import check_bbox
from cdse_access.checks.polygon import read_polygon
from cdse_access.messages import say
from cdse_access.problems import BadInput

Area = dict[str, Any]  # arguments of `odc.stac.load`
Reader = Callable[[Any], Any]

# A sum of DN is no DN; of reduced levels it is not even the sum.
RESAMPLINGS = {one.name for one in rasterio.warp.SUPPORTED_RESAMPLING} - {"sum"}
# The types that images may have, by the names that STAC, numpy and GDAL share.
NUMBERS = {f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)} | {"float32", "float64"}
DIMENSIONS = {"time", "x", "y", "longitude", "latitude"}
# Each of these says which area, in one way; they exclude each other.
PLACES = ({"bbox"}, {"lon", "lat"}, {"x", "y"}, {"geobox"}, {"like"}, {"geopolygon"}, {"intersects"})
GRIDS = {"geobox", "like"}  # places that bring their grid
GRID = {"crs", "resolution", "anchor"}
# `load` sets the first two itself; the others can turn an error into zeros, or read other pixels than the file's.
OWN = {"patch_url", "progress", "fail_on_error", "driver", "stac_cfg", "with_properties", "fuse_func", "kw"}
_short = Repr()
_short.maxother = _short.maxstring = 80


def read_values(given: Mapping[str, Any]) -> tuple[Area, list[str]]:
    """The arguments as odc-stac takes them, those that are None left out; and all that is wrong with them."""
    values: Area = {}
    wrong: list[str] = []
    for name, value in given.items():
        if value is None:
            continue
        try:
            values[name] = _find_reader(name)(value)
        except BadInput as error:
            wrong.append(str(error))
        except ValueError as error:
            wrong.append(say("argument-value", name=name, value=_short.repr(value), wanted=error))
    if values.keys() >= {"lon", "lat"}:
        wrong += _find_wrong_degrees(values)
    present = {name for name, value in given.items() if value is not None}
    return values, wrong + _find_clashes(present)


def _find_reader(name: str) -> Reader:
    if name in READERS:
        return READERS[name]
    alike = get_close_matches(name, READERS, 1)
    if alike and name not in OWN:
        raise BadInput(say("argument-misspelt", name=name, alike=alike[0]))
    raise BadInput(say("argument-unknown", name=name))


def _find_wrong_degrees(values: Area) -> list[str]:
    (west, east), (south, north) = values["lon"], values["lat"]
    try:
        check_bbox([west, south, east, north])
    except BadInput as error:
        return [str(error)]
    return []


def _find_clashes(present: set[str]) -> list[str]:
    """Areas that lack, are told twice or by half, and grids that are."""
    wrong: list[str] = []
    places = [names for names in PLACES if names & present]
    if not places:
        wrong.append(say("area-missing"))
    if len(places) > 1:
        wrong.append(say("area-twice", names=_list_names(set().union(*places) & present)))
    wrong += [say("area-half", names=_list_names(names)) for names in places if names - present]
    if {"x", "y"} <= present and "crs" not in present:
        wrong.append(say("area-crs"))
    if present & GRIDS and present & GRID:
        grid = _list_names(present & GRIDS)
        wrong.append(say("grid-twice", grid=grid, names=_list_names(present & GRID)))
    return wrong


def _list_names(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


# -- one value ---------------------------------------------------------------


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool | np.bool_) and isfinite(value)


def _is_whole(value: Any) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _read_each(values: Mapping[Any, Any], read: Reader) -> dict[str, Any]:
    return {str(name): read(value) for name, value in values.items()}


def _read_flag(value: Any) -> bool:
    if not isinstance(value, bool | np.bool_):
        raise ValueError(say("wanted-flag"))
    return bool(value)


def _read_span(value: Any) -> tuple[float, float]:
    """Two numbers, the smaller first: odc-stac exchanges them without a word."""
    numbers = list(value) if isinstance(value, tuple | list | np.ndarray) else []
    if len(numbers) != 2 or not all(map(_is_number, numbers)):
        raise ValueError(say("wanted-span"))
    low, high = map(float, numbers)
    if not low < high:
        raise ValueError(say("wanted-span"))
    return low, high


def _read_crs(value: Any) -> Any:
    if isinstance(value, str) and value.lower() in ("utm", "utm-n", "utm-s"):
        return value
    try:
        crs = CRS(int(value) if _is_whole(value) else value)
    except Exception as error:  # of pyproj, odc-geo or of what is no CRS at all
        raise ValueError(say("wanted-crs")) from error
    if not crs.projected and not crs.geographic:
        raise ValueError(say("wanted-crs"))
    return crs


def _read_resolution(value: Any) -> Any:
    if isinstance(value, Resolution):
        return value
    if not _is_number(value) or not value > 0:
        raise ValueError(say("wanted-resolution"))
    return float(value)


def _read_anchor(value: Any) -> Any:
    try:
        GeoBox.from_bbox((0, 0, 2, 2), "EPSG:32648", resolution=1, anchor=value)
    except Exception as error:  # odc-geo asserts, compares and unpacks
        raise ValueError(say("wanted-anchor")) from error
    return value


def _read_geobox(value: Any) -> GeoBox:
    if not isinstance(value, GeoBox) or value.crs is None:
        raise ValueError(say("wanted-geobox"))
    return value


def _read_like(value: Any) -> GeoBox:
    """The grid of an array that was loaded before, or of a GeoBox."""
    if isinstance(value, GeoBox):
        return _read_geobox(value)
    accessor = getattr(value, "odc", None)
    geobox = getattr(accessor, "geobox", None)
    if not isinstance(geobox, GeoBox) or geobox.crs is None:
        raise ValueError(say("wanted-like"))
    return geobox


def _read_groupby(value: Any) -> Any:
    """Whether items have such a property is seen with the items."""
    if not callable(value) and not (isinstance(value, str) and value):
        raise ValueError(say("wanted-groupby"))
    return value


def _read_resampling(value: Any) -> Any:
    if isinstance(value, Mapping):
        return _read_each(value, _read_resampling)
    if not isinstance(value, str) or value.lower() not in RESAMPLINGS:
        raise ValueError(say("wanted-resampling", names=_list_names(RESAMPLINGS)))
    return value.lower()


def _read_dtype(value: Any) -> Any:
    if isinstance(value, Mapping):
        return _read_each(value, _read_dtype)
    try:
        kind = np.dtype(value)
    except TypeError as error:
        raise ValueError(say("wanted-dtype")) from error
    if kind.name not in NUMBERS:
        raise ValueError(say("wanted-dtype"))
    return kind.name


def _read_chunks(value: Any) -> dict[str, Any]:
    if not isinstance(value, Mapping) or not set(value) <= DIMENSIONS:
        raise ValueError(say("wanted-chunks"))
    return _read_each(value, _read_chunk)


def _read_chunk(value: Any) -> Any:
    if isinstance(value, str) and value == "auto":
        return value
    if not _is_whole(value) or not (value == -1 or value > 0):
        raise ValueError(say("wanted-chunks"))
    return int(value)


def _read_pool(value: Any) -> Any:
    if isinstance(value, Executor):
        return value
    if not _is_whole(value) or not value > 0:
        raise ValueError(say("wanted-pool"))
    return int(value)


READERS: dict[str, Reader] = {
    "anchor": _read_anchor,
    "bbox": check_bbox,
    "chunks": _read_chunks,
    "crs": _read_crs,
    "dtype": _read_dtype,
    "geobox": _read_geobox,
    "geopolygon": read_polygon,
    "groupby": _read_groupby,
    "intersects": read_polygon,
    "lat": _read_span,
    "like": _read_like,
    "lon": _read_span,
    "pool": _read_pool,
    "preserve_original_order": _read_flag,
    "resampling": _read_resampling,
    "resolution": _read_resolution,
    "use_overviews": _read_flag,
    "x": _read_span,
    "y": _read_span,
}
# A new argument of odc-stac is not let through before it is described here.
NOT_DESCRIBED = set(inspect.signature(odc.stac.load).parameters) - READERS.keys() - OWN - {"items", "bands"}
