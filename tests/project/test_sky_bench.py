"""`bench.sky`: its masks and its counts, by hand."""

import numpy as np
import pytest

from bench.sky import MASKS, Classes, Tally


def find_kept(name: str, cloud: int = 9, side: int = 60) -> np.ndarray:
    """Green land with one pixel of 20 m under cloud in its middle."""
    scl = np.full((side, side), 4, np.uint8)
    scl[side // 2, side // 2] = cloud
    return MASKS[name](Classes(scl))


@pytest.mark.parametrize(("name", "lost"), [("none", 0), ("course", 4), ("course + 2 px", 24), ("SCL 3, 8, 9", 4)])
def test_pixels_that_a_mask_takes_away(name, lost):
    """A disk of 2 round four pixels takes 20 more: a square of 6 by 6 without its corners of 3."""
    assert np.count_nonzero(~find_kept(name)) == lost


def test_cirrus_and_unclassified_are_treated_as_each_mask_says():
    kept = {cloud: {name: bool(find_kept(name, cloud)[60, 60]) for name in MASKS} for cloud in (7, 10)}
    assert kept[10]["SCL 3, 8, 9"] and not kept[10]["course"]
    assert kept[7]["course"] and not kept[7]["SCL 0, 1, 3, 7, 8, 9"]


def test_openeo_takes_a_disk_round_a_small_cloud_and_all_under_a_large_one():
    """One pixel weighs 1 / (2π 2.83²) = 0.0198 in its Gaussian, below 0.057; twenty by twenty are above it."""
    assert find_kept("openEO").all()
    scl = np.full((300, 300), 4, np.uint8)
    scl[140:160, 140:160] = 9
    lost = ~MASKS["openEO"](Classes(scl))[::2, ::2]
    assert lost[140:160, 140:160].all() and 40 < np.sqrt(np.count_nonzero(lost)) < 120


def test_a_clear_scene_keeps_all():
    assert all(mask(Classes(np.full((10, 10), 4, np.uint8))).all() for mask in MASKS.values())


def test_tally():
    tally = Tally()
    kept, dirty = np.array([True, True, True, False]), np.array([False, True, False, False])
    tally.count(kept, dirty, np.array([0.0, 0.5, np.nan, 1.9]))
    assert (tally.kept_share, tally.dirty, tally.lost) == pytest.approx((3 / 4, 1 / 3, 1 / 3))
    assert tally.ndvi_error == pytest.approx(0.5, abs=0.002)
