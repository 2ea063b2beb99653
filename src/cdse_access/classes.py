"""Classes of Sentinel-2's scene classification (SCL, made by Sen2Cor; ESA, Sentinel-2 Products Specification)."""

from typing import Any, TypeVar

import numpy as np
import xarray as xr

SclArray = TypeVar("SclArray", xr.DataArray, np.ndarray[Any, Any])

# Where land or water is seen: dark, vegetation, no vegetation, water, unclassified, snow. Neither no data, defects,
# shadows nor clouds; nor anything that is no class: NaN, fill values.
SCL_CLEAR = (2, 4, 5, 6, 7, 11)
SCL_CLASSES = range(12)


def find_clear(scl: SclArray) -> SclArray:
    """True where a pixel of this layer shows land or water; any shape, lazy where the layer is.

    Class by class: `isin` makes arrays of ten times the size of the layer.
    """
    first, *others = SCL_CLEAR
    clear: SclArray = scl == first
    for seen in others:
        clear |= scl == seen
    return clear
