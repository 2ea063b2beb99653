import numpy as np
import pytest
from scipy import ndimage

from cdse_offline.simulation import land
from cdse_offline.simulation.changes import apply_changes, find_change_days
from cdse_offline.simulation.landscapes import build_land
from cdse_offline.simulation.places import FRINGE


@pytest.fixture(scope="module")
def fringe():
    return build_land(FRINGE)


@pytest.fixture(scope="module")
def park(fringe):
    """Where the new park comes to be."""
    return (find_change_days(fringe) > 0).take(fringe.unit)


def red(drawn, day):
    now = apply_changes(drawn, day)
    return land.compute_reflectance(now, "B04", land.mix_spectra(now, day))


def test_paddies_and_villages_fill_the_land_and_industry_stands_in_it(fringe):
    kind = fringe.kind
    assert 0.45 < np.mean(kind == 14) < 0.75
    assert 0.08 < np.mean(kind == 11) < 0.25
    assert 0.015 < np.mean(kind == 18) < 0.05
    assert np.mean((kind == 9).sum(axis=0) > 4) > 0.97  # the river crosses from west to east, under bridges


def test_the_park_is_one_piece_of_80_to_120_hectares(park):
    assert 80 < np.count_nonzero(park) / 100 < 120
    assert ndimage.label(park)[1] == 1


def test_its_fields_lie_fallow_or_bear_the_rice_of_spring(fringe, park):
    kinds = fringe.kind[park]
    assert np.isin(kinds, (14, 36)).all()
    assert 0.6 < np.mean(kinds == 36) < 0.85


@pytest.mark.parametrize(
    ("day", "filled", "road", "hall"),
    [(59, (0, 0), (0, 0), (0, 0)), (110, (0.4, 0.6), (0, 0), (0, 0)), (180, (0.99, 1), (0, 0), (0, 0)),
     (230, (0.8, 0.95), (0.05, 0.2), (0, 0)), (365, (0.2, 0.5), (0.05, 0.2), (0.4, 0.75))],
)  # fmt: skip
def test_it_is_filled_in_spring_and_has_roads_in_july_and_halls_in_autumn(fringe, park, day, filled, road, hall):
    kinds = apply_changes(fringe, day).kind[park]
    for kind, (least, most) in ((35, filled), (12, road), (18, hall)):
        assert least <= np.mean(kinds == kind) <= most


def test_halls_come_one_after_the_other(fringe):
    hall = np.unique(fringe.changes[fringe.changes[:, 1] > 240][:, 1])
    assert len(hall) > 6
    assert np.diff(hall).max() < 30


def test_what_is_filled_is_bright(fringe, park):
    spring, summer = (red(fringe, day)[park].mean() for day in (59, 180))
    assert spring < 0.1 < 0.14 < summer


def test_a_field_is_one_although_roads_will_cut_it(fringe, park):
    parcels = fringe.parcel[park]
    assert len(np.unique(fringe.unit[park])) > 1.3 * len(np.unique(parcels))
