"""Where and when: the places of the simulated scenes, and the real timetable of Sentinel-2 over them.

Standard library only, so that the service starts quickly: pixels are made elsewhere, on demand.
"""

import math
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import cache, cached_property
from hashlib import sha256

GRID_SHAPE = {10: 10980, 20: 5490, 60: 1830}  # pixels of a tile's side
JP2_TILE = {10: 1024, 20: 640, 60: 192}  # pixels of a codestream tile's side, as ESA encodes
# 143 orbits in 10 days; S2A and S2B fly half a cycle, 5 days, apart.
ORBITS_A_CYCLE, CYCLE = 143, timedelta(days=10)


@dataclass(frozen=True)
class Tile:
    """A tile of the Sentinel-2 grid, 109.8 km wide; neighbours of one zone overlap by 9.8 km."""

    name: str
    epsg: int
    west: int  # upper left corner, metres
    north: int


@dataclass(frozen=True)
class Place:
    """A region of simulated land, a rectangle on the UTM grid, and the tiles that see it."""

    name: str
    title: str
    climate: str  # key of CLEAR_SHARES
    epsg: int
    west: int  # upper left corner, metres; multiples of 60 m from its tiles' corners
    north: int
    latitude: float  # of the centre, for the sun
    longitude: float
    first_day: date
    last_day: date
    orbits: tuple[int, ...]
    tiles: tuple[Tile, ...]
    shape: tuple[int, int] = (1020, 1020)  # rows and columns of 10 m; multiples of 6 fit 20 m and 60 m

    @property
    def box(self) -> tuple[int, int, int, int]:
        """West, south, east, north in metres."""
        rows, columns = self.shape
        return self.west, self.north - 10 * rows, self.west + 10 * columns, self.north


@dataclass(frozen=True)
class Window:
    """A part of an image, in its pixels."""

    row: int
    column: int
    height: int
    width: int


_T32UPU = Tile("32UPU", 32632, 600000, 5400000)
_T48QWJ = Tile("48QWJ", 32648, 499980, 2400000)
_T48QXJ = Tile("48QXJ", 32648, 600000, 2400000)
_T48PWR = Tile("48PWR", 32648, 499980, 1100040)
_T48PXR = Tile("48PXR", 32648, 600000, 1100040)
_T48PZA = Tile("48PZA", 32648, 799980, 1600020)
_T49PAR = Tile("49PAR", 32649, 99960, 1600020)
_T49PBT = Tile("49PBT", 32649, 199980, 1800000)
MUNICH = Place(
    name="oberland",
    title="Oberland (Bayern)",
    climate="alps",
    epsg=32632,
    west=681960,
    north=5307840,
    latitude=47.860,
    longitude=11.505,
    first_day=date(2023, 5, 1),
    last_day=date(2023, 9, 30),
    orbits=(65, 22),
    tiles=(_T32UPU,),
)
RED_RIVER = Place(
    name="song-hong",
    title="Đồng bằng sông Hồng",
    climate="red-river",
    epsg=32648,
    west=592140,
    north=2307840,
    latitude=20.822,
    longitude=105.934,
    first_day=date(2023, 1, 1),
    last_day=date(2023, 12, 31),
    orbits=(18,),
    tiles=(_T48QWJ,),
)
MEKONG = Place(  # Sóc Trăng, about Mỹ Xuyên: neither tile sees all of it
    name="song-cuu-long",
    title="Đồng bằng sông Cửu Long",
    climate="south",
    epsg=32648,
    west=597000,
    north=1061040,
    latitude=9.551,
    longitude=105.952,
    first_day=date(2023, 1, 1),
    last_day=date(2023, 12, 31),
    orbits=(118,),
    tiles=(_T48PWR, _T48PXR),
    shape=(1020, 1500),
)
HIGHLANDS = Place(  # south of Pleiku, Gia Lai: 108° E runs through it, and each zone has a tile of it
    name="tay-nguyen",
    title="Tây Nguyên",
    climate="highlands",
    epsg=32648,
    west=820500,
    north=1538580,
    latitude=13.853,
    longitude=108.012,
    first_day=date(2023, 1, 1),
    last_day=date(2023, 12, 31),
    orbits=(118,),
    tiles=(_T48PZA, _T49PAR),
)
COAST = Place(  # from Tam Kỳ to Núi Thành
    name="ven-bien",
    title="Đồng bằng ven biển miền Trung",
    climate="central-coast",
    epsg=32649,
    west=240960,
    north=1718040,
    latitude=15.481,
    longitude=108.633,
    first_day=date(2023, 1, 1),
    last_day=date(2023, 12, 31),
    orbits=(118, 75),
    tiles=(_T49PBT,),
)
FRINGE = Place(  # Việt Yên, Bắc Giang
    name="ven-do",
    title="Ven đô đang thành khu công nghiệp",
    climate="red-river",
    epsg=32648,
    west=610260,
    north=2359020,
    latitude=21.283,
    longitude=106.112,
    first_day=date(2023, 1, 1),
    last_day=date(2023, 12, 31),
    orbits=(18,),
    tiles=(_T48QXJ,),
)
PLACES = (MUNICH, RED_RIVER, MEKONG, HIGHLANDS, COAST, FRINGE)

# What a tile of another zone sees of a place: its box there, rounded outward to 60 m. Computed once with pyproj; a test
# computes it again.
_OTHER_ZONES = {("tay-nguyen", "49PAR"): (171720, 1528200, 182220, 1538700)}


def find_box(place: Place, tile: Tile) -> tuple[int, int, int, int]:
    """West, south, east, north of what the tile sees of the place, metres in the tile's CRS."""
    if tile.epsg != place.epsg:
        return _OTHER_ZONES[place.name, tile.name]
    side = 10 * GRID_SHAPE[10]
    west, south, east, north = place.box
    west = max(west, tile.west)
    south = max(south, tile.north - side)
    east = min(east, tile.west + side)
    north = min(north, tile.north)
    return west, south, east, north


def find_window(place: Place, tile: Tile, resolution: int) -> Window:
    """The part of the tile's images of this resolution (10, 20, 60) that shows the place."""
    west, south, east, north = find_box(place, tile)
    row, column = (tile.north - north) // resolution, (west - tile.west) // resolution
    return Window(row, column, (north - south) // resolution, (east - west) // resolution)


# One known acquisition for each satellite and orbit: all others follow by whole cycles.
# (satellite, relative orbit): (absolute orbit, day, start of the datatake)
_ANCHORS = {
    ("2B", 65): (34268, date(2023, 9, 28), "10:17:19"),
    ("2B", 22): (34225, date(2023, 9, 25), "10:06:49"),
    ("2B", 18): (34221, date(2023, 9, 25), "03:25:19"),
    ("2A", 65): (43105, date(2023, 9, 23), "10:16:51"),
    ("2A", 22): (43205, date(2023, 9, 30), "10:06:51"),
    ("2A", 18): (43201, date(2023, 9, 30), "03:25:21"),
    # 43 orbits, three days and ten minutes, before each other: the tracks next to the east.
    ("2B", 118): (34178, date(2023, 9, 22), "03:15:19"),
    ("2A", 118): (43158, date(2023, 9, 27), "03:15:21"),
    ("2B", 75): (34135, date(2023, 9, 19), "03:05:19"),
    ("2A", 75): (43115, date(2023, 9, 24), "03:05:21"),
}


@dataclass(frozen=True)
class Acquisition:
    """One tile of one overpass. Day, satellite and orbits are the real timetable's, the sky is simulated."""

    place: Place
    tile: Tile
    satellite: str  # "2A", "2B"
    relative_orbit: int
    absolute_orbit: int
    start: datetime  # of the datatake, UTC: the time that ids and `datetime` carry
    cloud_cover: float  # per cent of the whole tile, as `eo:cloud_cover`

    @property
    def strip_start(self) -> datetime:
        """When the data strip began that this tile was cut from: the time that file and folder names carry."""
        return self.start + timedelta(seconds=244)

    @property
    def sensed(self) -> datetime:
        """When the satellite passed over this tile: ten minutes after the datatake began, far in the north."""
        return self.start + timedelta(seconds=612)

    @cached_property
    def processed(self) -> datetime:
        if self.start.date() == date(2023, 9, 28):
            return datetime(2024, 10, 26, 14, 26, 23, tzinfo=UTC)
        return datetime(2024, 10, 2, tzinfo=UTC) + timedelta(seconds=int(self.uniform("processed") * 60 * 86400))

    @cached_property
    def id(self) -> str:
        return (
            f"S{self.satellite}_MSIL2A_{self.start:%Y%m%dT%H%M%S}_N0510_R{self.relative_orbit:03}"
            f"_T{self.tile.name}_{self.processed:%Y%m%dT%H%M%S}"
        )

    def window(self, resolution: int) -> Window:
        """Where the place lies in the images of this resolution."""
        return find_window(self.place, self.tile, resolution)

    @cached_property
    def sun(self) -> tuple[float, float]:
        """Azimuth and elevation of the sun over the window, degrees."""
        return compute_sun_position(self.sensed, self.place.latitude, self.place.longitude)

    def uniform(self, purpose: str) -> float:
        """A number in [0, 1) that belongs to this acquisition and purpose, the same on every machine."""
        return _hash_to_unit(f"{self.place.name} {self.start:%Y%m%dT%H%M%S} {purpose}")


def _hash_to_unit(text: str) -> float:
    return int.from_bytes(sha256(text.encode()).digest()[:6]) / 2**48


def compute_sun_position(when: datetime, latitude: float, longitude: float) -> tuple[float, float]:
    """Azimuth (clockwise from north) and elevation of the sun, degrees.

    The low-precision formulae of the Astronomical Almanac, good to 0.01°.
    """
    days = (when - datetime(2000, 1, 1, 12, tzinfo=UTC)).total_seconds() / 86400
    anomaly = math.radians(357.529 + 0.98560028 * days)
    mean_longitude = 280.459 + 0.98564736 * days
    ecliptic = math.radians(mean_longitude + 1.915 * math.sin(anomaly) + 0.020 * math.sin(2 * anomaly))
    tilt = math.radians(23.439 - 0.00000036 * days)
    ascension = math.atan2(math.cos(tilt) * math.sin(ecliptic), math.cos(ecliptic))
    declination = math.asin(math.sin(tilt) * math.sin(ecliptic))
    sidereal_hours = 18.697374558 + 24.06570982441908 * days
    hour_angle = math.radians(sidereal_hours * 15 + longitude) - ascension
    phi = math.radians(latitude)
    polar, equatorial = math.sin(declination), math.cos(declination)
    up = math.sin(phi) * polar + math.cos(phi) * equatorial * math.cos(hour_angle)
    east = -equatorial * math.sin(hour_angle)
    north = math.cos(phi) * polar - math.sin(phi) * equatorial * math.cos(hour_angle)
    return math.degrees(math.atan2(east, north)) % 360, math.degrees(math.asin(up))


# What share of each month's overpasses is clear (< 20 % cloud), January to December. The Red River delta: grey drizzle
# from January to March, clear autumns. The Alps' foreland has ranks of its own, see `_add_cover`.
CLEAR_SHARES = {
    "red-river": (0.2, 0.15, 0.15, 0.3, 0.45, 0.45, 0.45, 0.4, 0.5, 0.7, 0.7, 0.55),
    "south": (0.55, 0.6, 0.6, 0.45, 0.25, 0.15, 0.15, 0.12, 0.12, 0.15, 0.3, 0.4),
    "highlands": (0.6, 0.65, 0.6, 0.45, 0.25, 0.12, 0.1, 0.1, 0.12, 0.25, 0.35, 0.5),
    "central-coast": (0.2, 0.4, 0.5, 0.55, 0.5, 0.45, 0.45, 0.4, 0.25, 0.15, 0.12, 0.15),
}


def _compute_cover(rank: float, clear_share: float) -> float:
    """Cloud cover from a rank in [0, 1): below `clear_share` 0.1 to 19 %, above 21 to 100 %."""
    if rank < clear_share:
        return round(0.1 + 18.9 * (rank / clear_share) ** 2, 6)
    return round(21 + 79 * ((rank - clear_share) / (1 - clear_share)) ** 0.7, 6)


@cache
def acquisitions(place: Place) -> tuple[Acquisition, ...]:
    """All overpasses of the place's days, newest first; one for each tile."""
    overpasses = _list_overpasses(place)
    ranks = _compute_ranks(overpasses)
    found = []
    for overpass, rank in zip(overpasses, ranks, strict=True):
        cover = _choose_cover(overpass, rank)
        found += [replace(overpass, tile=tile, cloud_cover=cover) for tile in place.tiles]
    return tuple(found)


def _list_overpasses(place: Place) -> list[Acquisition]:
    """Newest first, over the first tile, without clouds yet."""
    found = []
    for (satellite, orbit), (absolute, day, clock) in _ANCHORS.items():
        if orbit not in place.orbits:
            continue
        start = datetime.fromisoformat(f"{day}T{clock}.024+00:00")
        cycle = -((start.date() - place.first_day) // CYCLE)
        while (begin := start + cycle * CYCLE).date() <= place.last_day:
            number = absolute + cycle * ORBITS_A_CYCLE
            found.append(Acquisition(place, place.tiles[0], satellite, orbit, number, begin, 0.0))
            cycle += 1
    return sorted(found, key=lambda a: a.start, reverse=True)


# In months with fewer clear overpasses than this, clouds stay for a spell of so many days, four passes of an orbit.
_CHANGEABLE, _SPELL = 0.5, 20


def _choose_cover(a: Acquisition, rank: float) -> float:
    if a.place is not MUNICH:
        clear_share = CLEAR_SHARES[a.place.climate][a.start.month - 1]
        return _compute_cover(_find_rank(a, clear_share), clear_share)
    # 31 of the 62 overpasses are below 20 %, as in the search this course grew from.
    return 0.818577 if a.start.date() == date(2023, 9, 28) else _compute_cover(rank, 0.5)


def _find_rank(a: Acquisition, clear_share: float) -> float:
    """Evenly spread from 0 to 1; in a rainy season neighbouring passes are alike."""
    own = a.uniform("cover")
    if clear_share >= _CHANGEABLE:
        return own
    spell = _hash_to_unit(f"{a.place.name} spell {a.start.toordinal() // _SPELL}")
    near = abs(spell + 0.5 * (own - 0.5))
    return min(near, 2 - near)  # what goes beyond 0 or 1 comes back, so that all ranks are as frequent


def _compute_ranks(passes: list[Acquisition]) -> list[float]:
    """Evenly spread ranks in random order; the newest is cloudy and 28 September clear, as in reality."""
    fixed = {date(2023, 9, 30): 1.1, date(2023, 9, 28): -0.1}
    keys = [fixed.get(a.start.date(), a.uniform("rank")) for a in passes]
    order = sorted(range(len(keys)), key=keys.__getitem__)
    ranks = [0.0] * len(keys)
    for position, index in enumerate(order):
        ranks[index] = (position + 0.5) / len(keys)
    return ranks
