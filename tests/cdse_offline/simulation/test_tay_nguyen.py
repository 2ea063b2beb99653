import numpy as np
import pytest
from rasterio.warp import transform

from cdse_offline.simulation import land
from cdse_offline.simulation.changes import apply_changes, find_change_days
from cdse_offline.simulation.covers import CODE
from cdse_offline.simulation.landscapes import build_land
from cdse_offline.simulation.places import HIGHLANDS, acquisitions, find_box
from cdse_offline.simulation.sights import Sight


@pytest.fixture(scope="module")
def highlands():
    return build_land(HIGHLANDS)


def ndvi(drawn, day):
    """Of each unit where it is dense."""
    _, dense = land.mix_spectra(apply_changes(drawn, day), day)
    red, infrared = (dense[:, land.BANDS.index(band)] for band in ("B04", "B08"))
    return (infrared - red) / (infrared + red)


def test_coffee_covers_most_and_rubber_stands_in_large_blocks(highlands):
    kind = highlands.kind
    assert 0.35 < np.mean(kind == 30) < 0.6  # coffee
    assert 0.04 < np.mean(kind == 31) < 0.12  # rubber
    assert 0.1 < np.mean(np.isin(kind, (2, 34))) < 0.3  # woods
    assert 0.02 < np.mean(kind == 11) < 0.08
    rubber = np.bincount(highlands.unit[kind == 31])
    coffee = np.bincount(highlands.unit[kind == 30])
    assert np.median(rubber[rubber > 50]) > 5 * np.median(coffee[coffee > 0])


@pytest.mark.parametrize(("day", "low", "high"), [(5, 0.6, 0.9), (48, 0.2, 0.45), (90, 0.75, 0.9), (200, 0.8, 0.95)])
def test_rubber_is_bare_in_february_and_green_again_in_march(highlands, day, low, high):
    assert low < np.median(ndvi(highlands, day)[highlands.cover == CODE["rubber"]]) < high


def test_coffee_stays_green(highlands):
    coffee = highlands.cover == CODE["coffee"]
    assert min(np.median(ndvi(highlands, day)[coffee]) for day in range(5, 366, 30)) > 0.65


def test_a_wood_of_40_to_80_hectares_is_cleared_from_january_to_april(highlands):
    days = find_change_days(highlands).take(highlands.unit)
    assert 40 < np.count_nonzero(days) / 100 < 80
    assert len(np.unique(days)) > 6  # piece by piece
    assert 15 <= days[days > 0].min() < 31 and 95 < days.max() <= 120
    assert np.isin(highlands.kind[days > 0], (2, 34)).all()


def test_what_is_cleared_loses_its_green_and_a_crop_follows(highlands):
    cleared = find_change_days(highlands) > 0
    before, after, late = (ndvi(highlands, day)[cleared] for day in (10, 139, 280))
    assert before.min() > 0.45
    assert after.max() < 0.3
    assert 0.5 < np.mean(late > 0.7) < 1


def test_streams_have_cut_valleys_into_a_plateau(highlands):
    assert 600 < highlands.relief.min() < highlands.relief.mean() < highlands.relief.max() < 950
    assert np.ptp(highlands.relief) > 80


def test_both_zones_show_the_same_land_within_a_pixel(highlands):
    """49PAR sees the whole place, turned a little."""
    at_home, abroad = acquisitions(HIGHLANDS)[:2]
    assert (at_home.tile.name, abroad.tile.name) == ("48PZA", "49PAR")
    assert at_home.start == abroad.start
    rows, columns = np.indices(HIGHLANDS.shape, dtype=np.uint16) + np.uint16(1)
    sight = Sight(abroad.place, abroad.tile)
    seen = [sight.cut(axis, 1, is_class=True).astype(int) - 1 for axis in (rows, columns)]
    west, _, _, north = find_box(HIGHLANDS, abroad.tile)
    row, column = np.random.default_rng(3).integers(200, 850, (2, 40))  # well inside
    places = transform("EPSG:32649", "EPSG:32648", west + 10 * column + 5, north - 10 * row - 5)
    found = HIGHLANDS.north - np.array(places[1]), np.array(places[0]) - HIGHLANDS.west
    for shown, expected in zip(seen, found, strict=True):
        assert np.abs(shown[row, column] + 0.5 - expected / 10).max() <= 0.51
    assert [(axis.min(), axis.max()) for axis in seen] == [(-1, 1019)] * 2  # -1: no data; all of the place is seen
    assert 0.01 < np.mean(seen[0] < 0) < 0.12
