import numpy as np
import pytest
from scipy import ndimage

from cdse_offline.simulation import land
from cdse_offline.simulation.landscapes import build_land
from cdse_offline.simulation.places import COAST, acquisitions


@pytest.mark.parametrize(
    ("kind", "least", "most"),
    [(14, 0.3, 0.5), (11, 0.05, 0.15), (9, 0.02, 0.06), (26, 0.08, 0.2), (28, 0.01, 0.03), (29, 0.15, 0.25)],
    ids=["rice", "villages", "river and lagoon", "acacia", "sand", "sea"],
)
def test_each_strip_has_its_share(kind, least, most):
    assert least < np.mean(build_land(COAST).kind == kind) < most


def test_from_hills_to_the_sea():
    kind = build_land(COAST).kind
    columns = np.indices(kind.shape)[1]
    hills, rice, sand, sea = (columns[kind == each].mean() for each in (26, 14, 28, 29))
    assert hills < rice < sand < sea
    relief = build_land(COAST).relief
    assert relief[kind == 26].mean() > 15
    assert np.percentile(relief[kind == 26], 99) > 45
    assert 0 < relief[kind == 14].mean() < 5


def dilate(mask, pixels):
    return ndimage.binary_dilation(mask, iterations=pixels)


def test_hamlets_stand_on_mounds_in_the_fields():
    kind, relief = build_land(COAST).kind, build_land(COAST).relief
    houses, fields = kind == 11, kind == 14
    inside = houses & dilate(fields, 4) & ~dilate(fields, 2)
    outside = fields & dilate(houses, 6) & ~dilate(houses, 3)
    assert np.median(relief[inside]) > np.median(relief[outside]) + 1


def test_the_sea_is_one_and_lies_behind_sand():
    kind = build_land(COAST).kind
    _, pieces = ndimage.label(kind == 29)
    assert pieces == 1
    beside = ndimage.binary_dilation(kind == 29) & (kind != 29)
    assert np.mean(np.isin(kind[beside], (28, 9))) > 0.98


def test_the_sea_is_dark_outside_and_sand_shines():
    drawn = build_land(COAST)
    blue, red = (land.compute_reflectance(drawn, band, land.mix_spectra(drawn, 100)) for band in ("B02", "B04"))
    assert red[:80, 900:].mean() < 0.03
    assert blue[:80, 900:].mean() > red[:80, 900:].mean()
    assert red[drawn.kind == 28].mean() > 0.2


def test_acacia_is_felled_on_several_days():
    changes = build_land(COAST).changes
    assert len(changes) > 9
    assert len(set(changes[:, 1].tolist())) > 7


def test_two_orbits_see_it():
    assert {a.relative_orbit for a in acquisitions(COAST)} == {118, 75}
