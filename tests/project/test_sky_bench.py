"""`bench.sky`: its masks and its counts, by hand; and that the sky is as hard as it should be."""

import numpy as np
import pytest

from bench.sky import MASKS, PARTS, RADII, Classes, Tally, measure
from cdse_offline.simulation.places import RED_RIVER, acquisitions


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


# Seven passes that together are like the whole year, of 73: clear, cumulus, stratus, whole and with gaps.
SAMPLE = ["2023-02-12", "2023-03-04", "2023-04-18", "2023-05-08", "2023-05-13", "2023-07-02", "2023-12-29"]


@pytest.fixture(scope="module")
def tallies():
    passes = [a for a in acquisitions(RED_RIVER) if f"{a.start:%Y-%m-%d}" in SAMPLE]
    assert len(passes) == len(SAMPLE)
    return measure(passes, {"part": PARTS[RED_RIVER.name]})["part"]


def test_the_course_s_mask_keeps_what_is_dirty(tallies):
    """Of a hundred pixels that it keeps four to eight; the simplest mask keeps thin cirrus, too."""
    assert 0.04 < tallies["course"].dirty < 0.08
    assert tallies["course"].dirty < tallies["SCL 3, 8, 9"].dirty
    assert tallies["course"].lost < 0.02


def test_the_best_dilation_is_neither_none_nor_two_pixels(tallies):
    sums = {radius: t.dirty + t.lost for radius in RADII for t in [tallies[f"course + {radius} px"]]}
    sums[0] = tallies["course"].dirty + tallies["course"].lost
    assert 5 <= min(sums, key=sums.__getitem__) <= 15
    assert sums[0] > 1.2 * min(sums.values())


def test_openeo_keeps_the_least_and_the_cleanest(tallies):
    openeo, course = tallies["openEO"], tallies["course"]
    assert openeo.dirty < 0.2 * course.dirty and openeo.lost > 10 * course.lost
    assert openeo.ndvi_error < 0.03 < course.ndvi_error
