"""cdse_access.classes: what is seen of the ground, class by class."""

import numpy as np
import pytest
import xarray as xr

from cdse_access.classes import SCL_CLEAR, find_clear

CLASSES = np.arange(12, dtype="uint8")
SEEN = [2, 4, 5, 6, 7, 11]  # dark areas, plants, bare soil, water, unclassified, snow


@pytest.mark.parametrize("scl", [CLASSES, xr.DataArray(CLASSES), xr.DataArray(CLASSES).chunk(4)])
def test_land_water_and_snow_are_seen(scl):
    clear = find_clear(scl)
    assert type(clear) is type(scl) and clear.dtype == bool
    assert np.flatnonzero(clear).tolist() == SEEN == list(SCL_CLEAR)


def test_the_classes_stay_as_they_are():
    scl = CLASSES.copy()
    find_clear(scl)
    assert (scl == CLASSES).all()
