import numpy as np
import pytest

from cdse_offline.simulation import changes, land
from cdse_offline.simulation.covers import CODE, COVERS


@pytest.fixture
def half_wood():
    """Meadow on the left, a wood on the right that is cut on day 30 and a gravel pit from day 90."""
    unit = np.array([[0, 1], [0, 1]], dtype=np.uint16)
    return land.Land(
        unit=unit,
        dense=np.ones((2, 2), np.float32),
        grain=np.ones((2, 2), np.float32),
        height=np.array([[0, 20], [0, 20]], np.float32),
        relief=np.zeros((2, 2), np.float32),
        slope=np.zeros((2, 2, 2), np.float32),
        kind=np.array([[3, 2], [3, 2]], np.uint8),
        thin=np.zeros(0, np.int32),
        share=np.zeros((len(land.OVERLAYS), 0)),
        cover=np.array([CODE["meadow"], CODE["mixed"]], np.uint8),
        plot=np.arange(2),
        shift=np.zeros(2),
        tone=np.ones(2),
        luck=np.zeros((2, 3)),
        changes=changes.list_changes([(1, 90, "pit"), (1, 30, "potato")]),
    )


def test_before_its_day_nothing_has_changed(half_wood):
    assert changes.apply_changes(half_wood, 29) is half_wood


@pytest.mark.parametrize(("day", "cover"), [(30, "potato"), (89, "potato"), (90, "pit"), (365, "pit")])
def test_cover_class_and_height_are_the_days(half_wood, day, cover):
    now = changes.apply_changes(half_wood, day)
    assert list(now.cover) == [CODE["meadow"], CODE[cover]]
    assert np.array_equal(now.kind, [[3, COVERS[cover].kind]] * 2)
    assert np.array_equal(now.height, np.zeros((2, 2)))


def test_reflectance_follows(half_wood):
    before, after = (land.mix_spectra(changes.apply_changes(half_wood, day), day)[1] for day in (29, 30))
    assert np.allclose(before[0], after[0], atol=0.01)
    assert np.abs(before[1] - after[1]).max() > 0.1


def test_day_of_change_is_that_of_the_first(half_wood):
    assert list(changes.find_change_days(half_wood)) == [0, 30]
