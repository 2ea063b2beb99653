import numpy as np
from scipy import ndimage

from cdse_offline.simulation import land
from cdse_offline.simulation.covers import BANDS, CODE
from cdse_offline.simulation.landscapes import build_land
from cdse_offline.simulation.places import MEKONG, acquisitions
from cdse_offline.simulation.sights import Sight


def share(*kinds):
    return np.mean(np.isin(build_land(MEKONG).kind, kinds))


def test_rice_in_the_north_west_and_ponds_in_the_south_east():
    kind = build_land(MEKONG).kind
    assert 0.4 < share(21) < 0.65
    assert 0.1 < share(23) < 0.25
    assert np.mean(kind[:500, :500] == 23) < 0.01
    assert np.mean(kind[-500:, -500:] == 21) < 0.2


def test_houses_stand_in_lines_along_the_canals():
    assert 0.05 < share(11) < 0.2
    kind = build_land(MEKONG).kind
    near = ndimage.distance_transform_edt(kind != 9) < 20
    assert np.mean(near[kind == 11]) > 0.65


def unit_ndvi(cover, days):
    """Of one unit of the cover, (days,)."""
    drawn = build_land(MEKONG)
    unit = np.flatnonzero(drawn.cover == CODE[cover])[40]
    red, infrared = BANDS.index("B04"), BANDS.index("B08")
    table = np.array([land.mix_spectra(drawn, day)[1][unit] for day in days])
    return (table[:, infrared] - table[:, red]) / (table[:, infrared] + table[:, red])


def test_rice_is_green_three_times_a_year():
    ndvi = unit_ndvi("three rice", range(1, 366, 6))
    green = np.concatenate([ndvi, ndvi[:1]]) > 0.6
    assert np.count_nonzero(np.diff(green.astype(int)) == 1) == 3


def test_shrimp_grows_in_the_dry_season_and_rice_in_the_rains():
    dry, rains = unit_ndvi("rice-shrimp", (110, 325))
    assert dry < 0.1
    assert rains > 0.7


def test_both_tiles_show_the_same_where_both_see():
    west, east = (next(a for a in acquisitions(MEKONG) if a.tile is tile) for tile in MEKONG.tiles)
    kind = build_land(MEKONG).kind
    left, right = (Sight(a.place, a.tile).cut(kind, 1, is_class=True) for a in (west, east))
    assert left.shape == (1020, 1278)  # the tiles overlap by 9.8 km, and the place is wider
    assert right.shape == (1020, 1200)
    assert np.array_equal(left[:, 300:], right[:, :978])
