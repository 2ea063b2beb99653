"""Is this a bounding box that can be meant?"""

from collections.abc import Iterable, Iterator
from numbers import Real
from typing import Any

from cdse_access.messages import say
from cdse_access.problems import BadInput

NO_BOX = (str, bytes, set, frozenset, dict, Iterator)
WIDEST = 10  # degrees; more is a mistake in the order, or too much to read


def check_bbox(bbox: Iterable[float]) -> tuple[float, float, float, float]:
    """Check a box (west, south, east, north) in degrees and give it back.

    Errors: BadInput (a ValueError) where a number lacks, lies outside, stands in the wrong order, or longitude and
    latitude seem to be exchanged.
    """
    west, south, east, north = _read_numbers(bbox)
    longitudes_fit = -180 <= west <= 180 and -180 <= east <= 180
    latitudes_fit = -90 <= south <= 90 and -90 <= north <= 90
    if not (longitudes_fit and latitudes_fit):
        raise BadInput(say("bbox-range", bbox=bbox))
    if west >= east or south >= north:
        raise BadInput(say("bbox-order", bbox=bbox))
    if east - west > WIDEST or north - south > WIDEST:
        raise BadInput(say("bbox-wide", bbox=bbox))
    return west, south, east, north


def _read_numbers(bbox: Any) -> list[float]:
    """Four numbers in their order, which can be read twice; text, booleans and sets only look like them."""
    problem = BadInput(say("bbox-numbers", bbox=bbox))
    if isinstance(bbox, NO_BOX):
        raise problem
    try:
        numbers = list(bbox)
        if not all(map(_is_number, numbers)):
            raise problem
        west, south, east, north = map(float, numbers)
    except (TypeError, ValueError, OverflowError) as error:
        raise problem from error
    return [west, south, east, north]


def _is_number(value: Any) -> bool:
    """NumPy's own numbers and their 0-dimensional arrays, too."""
    plain = value.item() if hasattr(value, "item") else value
    return isinstance(plain, Real) and not isinstance(plain, bool)
