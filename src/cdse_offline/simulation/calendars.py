"""What a cover is: its surfaces, and how much of each is seen on a day of the year."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Season:
    """One crop of a calendar: when it is sown (rice: transplanted) and harvested, days of year before a unit's shift.

    Below 1 is the year before. It comes again as often as the calendar begins anew.
    """

    name: str
    start: int
    harvest: int


@dataclass(frozen=True)
class Cover:
    """What grows or lies on a unit. `calendar`: day of year, then the shares of green, dry, water and flower.

    What is left is soil. The sparse places of a unit have `gap` less green than its dense ones.
    """

    kind: int  # of `classes.LAND_CLASSES`
    calendar: Sequence[tuple[float, ...]]
    green: str = "crop"
    dry: str = "straw"
    soil: str = "soil"
    water: str = "flooded"
    gap: float = 0.12
    cycle: int = 366  # days until the calendar begins anew
    crop: str = ""  # what a field of it is called; empty where a piece of it is no field
    seasons: tuple[Season, ...] = ()  # as the calendar shows them; a meadow's are its cuts
    height: float = 0  # metres above ground where it is dense; counts where land changed, elsewhere it is drawn


def build_still_cover(kind: int, sparse: str, dense: str) -> Cover:
    """A cover without seasons, somewhere between two surfaces."""
    return Cover(kind, keep_shares(1), green=dense, soil=sparse, gap=1.0)


def keep_shares(green: float, dry: float = 0) -> list[tuple[float, ...]]:
    """A calendar of the same shares all the year."""
    return [(1, green, dry, 0, 0)]


def read_calendar(table: str) -> list[tuple[float, ...]]:
    """Rows of day of year, green, dry, water and flower."""
    _, *lines = table.strip().splitlines()
    return [tuple(float(value) for value in line.split()) for line in lines]
