"""What a cover is: its surfaces, and how much of each is seen on a day of the year."""

from collections.abc import Sequence
from dataclasses import dataclass


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
    height: float = 0  # metres above ground where it is dense; counts where land changed, elsewhere it is drawn


def build_still_cover(kind: int, sparse: str, dense: str) -> Cover:
    """A cover without seasons, somewhere between two surfaces."""
    return Cover(kind, [(1, 1, 0, 0, 0)], green=dense, soil=sparse, gap=1.0)


def read_calendar(table: str) -> list[tuple[float, ...]]:
    """Rows of day of year, green, dry, water and flower."""
    _, *lines = table.strip().splitlines()
    return [tuple(float(value) for value in line.split()) for line in lines]
