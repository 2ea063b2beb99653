"""Results, kept as JSON in _build/bench until the machine, a version, the code or the files change."""

import ctypes
import inspect
import json
import os
import platform
import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as package_version
from pathlib import Path
from typing import Any

import rasterio

from bench import data

ROOT = Path(__file__).parents[1]
KEPT = ROOT / "_build" / "bench"
PACKAGES = ("odc-stac", "rasterio", "dask", "distributed", "stackstac", "rioxarray", "xarray", "numpy")
Result = dict[str, Any]
Pair = tuple[str, str]  # names of job and way
Results = dict[Pair, Result]


@cache
def machine() -> dict[str, str]:
    """Where and with what: a result of another machine or of other versions is not compared with these."""
    found = {"machine": _describe_hardware(), "Python": platform.python_version()}
    found |= {"GDAL": rasterio.__gdal_version__, "OpenJPEG": decoder_version()}
    for name in PACKAGES:
        try:
            found[name] = package_version(name)
        except PackageNotFoundError:
            found[name] = "–"
    return found


def _describe_hardware() -> str:
    """Cores and kind of processor (Linux tells), memory, system."""
    told = re.search(r"^model name\s*:\s*(.+)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    model = told[1] if told else platform.machine()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} nhân {model}, {memory:.0f} GB, {platform.system()}"


def decoder_version() -> str:
    """The version of OpenJPEG, which decodes JPEG 2000 for GDAL: of the library that rasterio has loaded (Linux)."""
    with rasterio.Env() as env:
        env.drivers()  # loads what GDAL is linked with, plugins too
    loaded = set(re.findall(r"\S*/libopenjp2[^/\n]*\.so\S*", Path("/proc/self/maps").read_text()))
    if not loaded:
        return "–"
    mine = min(loaded, key=lambda path: "rasterio" not in path)  # Pillow's wheel brings one of its own
    library = ctypes.CDLL(mine)
    library.opj_version.restype = ctypes.c_char_p
    return library.opj_version().decode()


@cache
def hash_sources(*folders: str) -> str:
    """A name for the code in these folders, which a result depends on."""
    files = sorted(file for folder in folders for file in (ROOT / folder).rglob("*.py"))
    return sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]


def stamp(function: Callable[..., Any], parameters: object, folders: tuple[str, ...]) -> Result:
    """All that a result depends on: what measures it, with what, and the code in these folders."""
    told = repr(parameters) + inspect.getsource(function)
    task = sha256(told.encode()).hexdigest()[:12]
    return machine() | {"task": task, "code": hash_sources(*folders), "data": data.version()}


def path(pair: Pair) -> Path:
    return KEPT / f"{pair[0]}--{pair[1]}.json"


def read_kept(pair: Pair, of: Result) -> Result | None:
    """The result of an earlier run, if everything that it depends on is still the same."""
    file = path(pair)
    if not file.exists():
        return None
    result = json.loads(file.read_text(encoding="utf-8"))
    return result if result["of"] == of else None


def keep(pair: Pair, of: Result, result: Result) -> Result:
    """Write it, with what it depends on and the day."""
    result = result | {"of": of, "made": datetime.now(UTC).date().isoformat()}
    KEPT.mkdir(parents=True, exist_ok=True)
    path(pair).write_text(json.dumps(result, indent=1, ensure_ascii=False), encoding="utf-8")
    return result
