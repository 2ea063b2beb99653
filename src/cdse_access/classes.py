"""Classes of Sentinel-2's scene classification (SCL, made by Sen2Cor; ESA, Sentinel-2 Products Specification)."""

from typing import Any, TypeVar

import numpy as np
import xarray as xr

SclArray = TypeVar("SclArray", xr.DataArray, np.ndarray[Any, Any])

# Where neither land nor water is seen: no data, defective, cloud shadow, clouds of medium and high probability, cirrus.
SCL_MASKED = (0, 1, 3, 8, 9, 10)


def find_clear(scl: SclArray) -> SclArray:
    """True where a pixel of this layer shows land or water; any shape, lazy where the layer is.

    Class by class: `isin` makes arrays of ten times the size of the layer.
    """
    first, *others = SCL_MASKED
    clear: SclArray = scl != first
    for masked in others:
        clear &= scl != masked
    return clear
