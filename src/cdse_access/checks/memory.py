"""Does a load fit into the memory that this machine has left?"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import psutil
from odc.geo.geobox import GeoBox
from odc.stac import ParsedItem

from cdse_access.checks.items import Bands, choose_for_band
from cdse_access.messages import say
from cdse_access.problems import BadInput

# What `load` takes at its peak, beside the process itself. Measured: 249 MB for 177, 854 for 710.
OVERHEAD = 1.2  # of the arrays: they, what is read, and the checks of a date
READING = 150e6  # bytes: GDAL's blocks, and what odc-stac needs whatever it loads


class Container(NamedTuple):
    """Where Linux tells a container's limit and use of memory, in bytes."""

    limit: str
    used: str
    statistics: str
    reclaimable: str  # the line of `statistics` about what is counted as used, and given back when needed


CGROUPS = Path("/sys/fs/cgroup")
CONTAINERS = (
    Container("memory.max", "memory.current", "memory.stat", "inactive_file"),  # version 2
    Container(
        "memory/memory.limit_in_bytes", "memory/memory.usage_in_bytes", "memory/memory.stat", "total_inactive_file"
    ),
)


def check_memory(parsed: Sequence[ParsedItem], bands: Bands, geobox: GeoBox, layers: int, dtype: Any = None) -> None:
    """Refuse a load of so many layers that would take more memory than there is.

    Errors: BadInput that says how much, and what to shrink.
    """
    height, width = geobox.shape
    pixel = count_pixel_bytes(parsed[0], bands, dtype)
    needed = OVERHEAD * layers * height * width * pixel + READING
    available = find_available_bytes()
    if needed > available:
        shape = f"{layers} ngày × {len(bands)} band × {height} × {width} pixel"
        raise BadInput(say("memory", shape=shape, needed=needed / 1e9, available=available / 1e9))


def count_pixel_bytes(item: ParsedItem, bands: Bands, dtype: Any = None) -> int:
    """Bytes that all bands take in one pixel: of the type that is asked for, else of that in the item."""
    sources: Any = item.resolve_bands(bands)
    total = 0
    for band in bands:
        asked = choose_for_band(dtype, band)
        kind = np.dtype(asked or sources[band].meta.data_type)
        total += kind.itemsize
    return total


def find_available_bytes() -> int:
    """What programs may still take of this machine, and of the container that they run in."""
    left: list[int] = [psutil.virtual_memory().available]
    for container in CONTAINERS:
        limit = _read_number(CGROUPS / container.limit)
        used = _read_number(CGROUPS / container.used)
        if limit is not None and used is not None:
            left.append(limit - used + _read_reclaimable(container))
    return min(left)


def _read_number(path: Path) -> int | None:
    """None where there is no such file, or it names no limit (`max`)."""
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None


def _read_reclaimable(container: Container) -> int:
    try:
        lines = (CGROUPS / container.statistics).read_text().splitlines()
    except OSError:
        return 0
    numbers = dict(line.split(maxsplit=1) for line in lines)
    return int(numbers.get(container.reclaimable, 0))
