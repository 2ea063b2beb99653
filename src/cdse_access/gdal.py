"""The few of GDAL's own functions that rasterio has no call for, from the library that rasterio has loaded.

Source: GDAL's C API, cpl_vsi.h (path-specific options, since GDAL 3.6) and cpl_conv.h.
"""

import ctypes
import sys
from functools import cache
from pathlib import Path
from typing import Any

import rasterio
import rasterio._env
from rasterio.crs import CRS
from rasterio.errors import CRSError

DRIVER = "JP2OpenJPEG"
BUILT_IN = ("GTiff", "VRT")  # tiles are kept as the first, put together by the second
_NONE = "cdse_access: none"
_TEXT = ctypes.c_char_p
_FORMS: dict[str, tuple[Any, list[Any]]] = {
    "CPLGetConfigOption": (_TEXT, [_TEXT, _TEXT]),
    "CPLGetGlobalConfigOption": (_TEXT, [_TEXT, _TEXT]),
    "CPLGetThreadLocalConfigOption": (_TEXT, [_TEXT, _TEXT]),
    "CPLSetConfigOption": (None, [_TEXT, _TEXT]),
    "CPLSetThreadLocalConfigOption": (None, [_TEXT, _TEXT]),
    "VSICurlClearCache": (None, []),
    "VSIGetPathSpecificOption": (_TEXT, [_TEXT, _TEXT, _TEXT]),
    "VSISetPathSpecificOption": (None, [_TEXT, _TEXT, _TEXT]),
}


def is_reachable() -> bool:
    """Can all of these functions be called here?"""
    return all(_function(name) is not None for name in _FORMS)


def get_path_option(prefix: str, name: str) -> str | None:
    """The configuration option that is set for files of this prefix, and for them only; None where none is."""
    before = _read_text("CPLGetThreadLocalConfigOption", name, None)
    _call("CPLSetThreadLocalConfigOption", name, _NONE)  # where there is none GDAL answers with that of all files
    found = _read_text("VSIGetPathSpecificOption", prefix, name, None)
    _call("CPLSetThreadLocalConfigOption", name, before)
    return None if found == _NONE else found


def set_path_option(prefix: str, name: str, value: str | None) -> None:
    """Set a configuration option for files whose names begin with this prefix; it wins over all other settings.

    None takes it away.
    """
    _call("VSISetPathSpecificOption", prefix, name, value)


def get_option(name: str) -> str | None:
    """A configuration option as it holds in this thread: of rasterio.Env, of the process, or of the environment."""
    return _read_text("CPLGetConfigOption", name, None)


def get_process_option(name: str) -> str | None:
    """A configuration option of the process, without those of this thread and of the environment."""
    return _read_text("CPLGetGlobalConfigOption", name, None)


def set_option(name: str, value: str | None) -> None:
    """Set a configuration option of the process; None takes it away, and the environment's holds again."""
    _call("CPLSetConfigOption", name, value)


def clear_network_cache() -> None:
    """Forget the answers of all stores: files, sizes, refusals."""
    _call("VSICurlClearCache")


@cache
def find_lacking() -> tuple[str, ...]:
    """The drivers that this GDAL lacks and reading needs: it has all of them, unless `GDAL_SKIP` names one."""
    with rasterio.Env() as env:
        return tuple(name for name in BUILT_IN if name not in env.drivers())


@cache
def has_driver() -> bool:
    """Can this GDAL read JPEG 2000? conda-forge's rasterio cannot without the package libgdal-jp2openjpeg."""
    with rasterio.Env() as env:
        return DRIVER in env.drivers()


def finds_projections() -> bool:
    """Has GDAL its table of projections, proj.db? Not where PROJ_DATA or PROJ_LIB lead to that of another program."""
    try:
        with rasterio.Env():
            CRS.from_epsg(32648)
    except CRSError:
        return False
    return True


def _read_text(name: str, *texts: str | None) -> str | None:
    value = _call(name, *texts)
    return value.decode() if value is not None else None


def _call(name: str, *texts: str | None) -> Any:
    function = _function(name)
    if function is None:
        return None
    return function(*[None if text is None else text.encode() for text in texts])


@cache
def _function(name: str) -> Any:
    """The function of this name, None where the library does not show it."""
    for path in _libraries():
        try:
            function = getattr(ctypes.CDLL(str(path)), name)
        except (OSError, AttributeError):
            continue
        function.restype, function.argtypes = _FORMS[name]
        return function
    return None


@cache
def _libraries() -> list[Path | str]:
    """Where GDAL's functions may be found; on Windows a module does not show those of the libraries it needs."""
    if sys.platform != "win32":
        return [rasterio._env.__file__]
    bundled = Path(rasterio.__file__).parent.with_name("rasterio.libs")
    return [*sorted(bundled.glob("gdal*.dll")), "gdal.dll"]
