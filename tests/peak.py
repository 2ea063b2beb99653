"""How much memory a call takes: numpy's arrays are counted by tracemalloc, byte for byte."""

import tracemalloc
from collections.abc import Callable


def measure_peak(action: Callable[[], object]) -> int:
    """The most bytes that live at a time while this runs, its result among them, beside what lived before."""
    action()  # what is imported and kept for the next time does not count
    tracemalloc.start()
    try:
        before = tracemalloc.get_traced_memory()[0]
        result = action()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    del result
    return peak - before
