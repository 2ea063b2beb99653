"""What is read, and within which limits: the jobs, each with the ways that do it."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bench import data
from cdse_offline.simulation.places import GRID_SHAPE, MUNICH

READERS = ("cold", "warm", "floor", "odc-stac", "rasterio", "stackstac", "rioxarray", "seed", "truth")
PICTURE = tuple(f"{band}_60m" for band in data.PICTURE), tuple(f"{band}_10m" for band in data.PICTURE)


class Limits(NamedTuple):
    """What the service imposes: those of CDSE's users, and a latency as within Europe. `None` is no limit."""

    latency: float | None = 0.03  # seconds
    bandwidth: float | None = 20e6  # bytes a second, each connection
    connections: int | None = 4
    per_minute: int | None = 2000  # requests


CDSE, NONE = Limits(), Limits(None, None, None, None)


@dataclass(frozen=True)
class Job:
    name: str
    title: str  # for the reader of the book
    ways: tuple[str, ...]
    area: dict[str, Any] = field(default_factory=lambda: {"bbox": data.BBOX, "resolution": 10})
    bands: tuple[str, ...] = data.BANDS
    dates: int = 1
    threads: int = 4
    limits: Limits = CDSE

    @property
    def content(self) -> tuple:
        """What is read: jobs with the same content give the same pixels."""
        return self.dates, self.bands, tuple(self.area.items())


CENTRE = (683_920, 5_299_510)  # of the course's area
EAST, SOUTH = MUNICH.west + 10 * GRID_SHAPE[10], MUNICH.north - 10 * GRID_SHAPE[10]


def square(kilometres: int) -> dict[str, Any]:
    """A square around the course's area, moved into the tile where it is too large; in the tile's projection."""
    side, (x, y) = 1000 * kilometres, CENTRE
    left = min(max(x - side // 2, MUNICH.west), EAST - side)
    bottom = min(max(y - side // 2, SOUTH), MUNICH.north - side)
    corner = {"x": (left, left + side), "y": (bottom, bottom + side)}
    return corner | {"crs": f"EPSG:{MUNICH.epsg}", "resolution": 10}


def whole(resolution: int) -> dict[str, Any]:
    """The whole tile."""
    corner = {"x": (MUNICH.west, EAST), "y": (SOUTH, MUNICH.north)}
    return corner | {"crs": f"EPSG:{MUNICH.epsg}", "resolution": resolution}


ONE = Job("1-date", "1 ngày", READERS)
MANY = Job("31-dates", "31 ngày", (*READERS, "bare"), dates=data.DATES)
FREE = Job(
    "31-dates-no-quota",
    "31 ngày, không hạn ngạch",
    ("cold", "odc-stac", "rasterio"),
    dates=data.DATES,
    limits=Limits(per_minute=None),
)
AREAS = tuple(
    Job(
        f"{side}-km",
        f"{side} km",
        ("cold", "floor", "odc-stac", "rasterio", "stackstac", "rioxarray", "truth"),
        square(side),
    )
    for side in (2, 8, 32)
)
THREADS = tuple(
    Job(f"{threads}-threads", f"{threads} luồng", ways, dates=4, threads=threads)
    for threads, ways in (
        (1, ("threads", "odc-stac", "truth")),
        (2, ("threads", "odc-stac")),
        (4, ("threads", "odc-stac")),
        (8, ("threads", "odc-stac")),
    )
)
CLUSTER = Job("cluster", "hai tiến trình Dask", ("our-cluster", "cluster"), dates=4)
SMALL = Job("quicklook-60", "ảnh 60 m", ("cold", "odc-stac", "4-mb", "truth"), whole(60), PICTURE[0])
COARSE = Job("quicklook-100", "ảnh 10 m, resolution=100", ("odc-stac",), whole(100), PICTURE[1])
QUICK = (ONE,)
ALL = (ONE, MANY, *AREAS, *THREADS, CLUSTER, SMALL, COARSE, FREE)
