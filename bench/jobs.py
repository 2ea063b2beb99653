"""What is read, and within which limits: the jobs, each with the ways that do it."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bench import data, fullsize
from cdse_offline.simulation.places import GRID_SHAPE, MUNICH

OURS = ("cold", "again", "warm", "jp2", "floor")
OTHERS = ("odc-stac", "rasterio", "stackstac", "rioxarray", "seed")
PICTURE_60 = tuple(f"{band}_60m" for band in data.PICTURE)
PICTURE_10 = tuple(f"{band}_10m" for band in data.PICTURE)


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
    pack: str = "clear"  # see `data`

    @property
    def content(self) -> tuple:
        """What is read: jobs with the same content give the same pixels."""
        return self.pack, self.dates, self.bands, tuple(self.area.items())


# -- areas, in the projection of the Sentinel-2 tile -------------------------

CENTRE = (683_920, 5_299_510)  # of the course's area
WIDTH, HEIGHT = 2760, 2050  # metres, as large as the course's area
GRID = MUNICH.tiles[0]
EAST, SOUTH = GRID.west + 10 * GRID_SHAPE[10], GRID.north - 10 * GRID_SHAPE[10]
TILE = 10 * fullsize.TILE  # metres


def rectangle(left: int, bottom: int, width: int, height: int, resolution: int = 10) -> dict[str, Any]:
    """An area as `odc.stac.load` takes it; metres."""
    corner = {"x": (left, left + width), "y": (bottom, bottom + height)}
    return corner | {"crs": f"EPSG:{GRID.epsg}", "resolution": resolution}


def square(kilometres: int) -> dict[str, Any]:
    """A square around the course's area, moved into the Sentinel-2 tile where it is too large."""
    side, (x, y) = 1000 * kilometres, CENTRE
    left = min(max(x - side // 2, GRID.west), EAST - side)
    bottom = min(max(y - side // 2, SOUTH), GRID.north - side)
    return rectangle(left, bottom, side, side)


def whole(resolution: int) -> dict[str, Any]:
    """The whole Sentinel-2 tile."""
    return rectangle(GRID.west, SOUTH, EAST - GRID.west, GRID.north - SOUTH, resolution)


def around_corner() -> dict[str, Any]:
    """An area of the course's size in which four JP2 tiles meet, a little above the middle."""
    row, column = divmod(max(data.CORNER), fullsize.ACROSS)
    x, y = GRID.west + column * TILE, GRID.north - row * TILE
    return rectangle(x - WIDTH // 2, y - HEIGHT // 2 - 5, WIDTH, HEIGHT)


def inside_middle() -> dict[str, Any]:
    """An area of the course's size in the middle of one JP2 tile, which lies in mid-file."""
    row, column = divmod(data.MIDDLE, fullsize.ACROSS)
    x, y = GRID.west + column * TILE + TILE // 2, GRID.north - row * TILE - TILE // 2
    return rectangle(x - WIDTH // 2, y - HEIGHT // 2 - 5, WIDTH, HEIGHT)


# -- jobs --------------------------------------------------------------------

ONE = Job("1-date", "1 ngày", (*OURS, *OTHERS, "truth"))
MANY = Job("31-dates", "31 ngày", (*OURS, *OTHERS, "bare", "truth"), dates=data.DATES)
CORNER = Job("corner", "31 ngày, qua góc bốn ô", (*OURS, "truth"), around_corner(), dates=data.DATES)
MIDDLE = Job(
    "middle",
    "31 ngày, ô giữa tệp, mọi mây",
    ("cold", "floor", "odc-stac", "truth"),
    inside_middle(),
    dates=data.DATES,
    pack="cloudy",
)
FREE = Job(
    "31-dates-no-quota",
    "31 ngày, không hạn ngạch",
    ("cold", "odc-stac"),
    dates=data.DATES,
    limits=Limits(per_minute=None),
)
AREA_WAYS = ("cold", "floor", "odc-stac", "rasterio", "stackstac", "rioxarray", "truth")
AREAS = tuple(Job(f"{side}-km", f"{side} km", AREA_WAYS, square(side)) for side in (2, 8, 32))
PIECES = Job("pieces", "32 km, 25 vùng liền nhau", ("pieces",), square(32))
MEMORY = Job(
    "memory",
    "32 km, 31 ngày, ba band",
    ("cold", "chain"),
    square(32),
    (*data.BANDS, data.CLASSES),
    dates=data.DATES,
    limits=NONE,
    pack="wide",
)


def with_threads(count: int) -> Job:
    """Four dates. The pixels are the same whatever the threads: one truth is enough."""
    ways = ("threads", "odc-stac", "truth") if count == 1 else ("threads", "odc-stac")
    return Job(f"{count}-threads", f"{count} luồng", ways, dates=4, threads=count)


THREADS = tuple(with_threads(count) for count in (1, 2, 4, 8))
CLUSTER = Job("cluster", "hai tiến trình Dask", ("our-cluster", "cluster"), dates=4)
SMALL = Job("quicklook-60", "ảnh 60 m", ("cold", "odc-stac", "4-mb", "truth"), whole(60), PICTURE_60)
COARSE = Job("quicklook-100", "ảnh 10 m, resolution=100", ("odc-stac",), whole(100), PICTURE_10)
QUICK = (ONE,)
ALL = (ONE, MANY, CORNER, MIDDLE, MEMORY, *AREAS, PIECES, *THREADS, CLUSTER, SMALL, COARSE, FREE)
