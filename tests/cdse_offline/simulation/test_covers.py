import numpy as np
import pytest

from cdse_offline.simulation import covers
from cdse_offline.simulation.classes import LAND_CLASSES


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [
        ("crop", 0.82, 0.92),
        ("rice", 0.82, 0.92),
        ("grass", 0.78, 0.90),
        ("spruce", 0.75, 0.88),
        ("broadleaf", 0.82, 0.92),
        ("soil", 0.10, 0.25),
        ("mud", 0.10, 0.25),
        ("straw", 0.20, 0.40),
        ("water", -0.30, -0.10),
        ("silt", -0.30, -0.10),
        ("flooded", -0.10, 0.0),
        ("asphalt", 0.0, 0.15),
    ],
)
def test_spectra_are_plausible(name, low, high):
    red, infrared = (covers.SPECTRA[name][covers.BANDS.index(band)] for band in ("B04", "B08"))
    assert low <= (infrared - red) / (infrared + red) <= high


def test_every_cover_is_made_of_known_parts():
    for cover in covers.COVERS.values():
        assert {cover.green, cover.dry, cover.soil, cover.water} <= set(covers.SPECTRA)
        assert cover.kind in LAND_CLASSES
        assert max(sum(row[1:]) for row in cover.calendar) <= 1.0001


def test_water_stands_less_high_on_some_paddies():
    luck = np.array([[0.0], [1.0]])
    water = covers.compute_shares("rice", np.full(2, 40.0), luck)[:, 2]
    assert water[1] == pytest.approx(2 * water[0])
    assert water[1] > 0.9


def test_short_calendars_repeat():
    luck = np.ones((2, 1))
    first, second = covers.compute_shares("vegetables", np.array([30.0, 30.0 + 96]), luck)
    assert first == pytest.approx(second)


def test_a_cut_takes_the_green_and_it_grows_back():
    luck = np.array([[0.5, 0.0, 0.0]])  # three cuts, the first on day 132 + 0
    green = [covers.compute_shares("meadow", np.array([day]), luck)[0, 0] for day in (131.0, 132.0, 160.0)]
    assert green[1] < 0.5 < 0.85 < green[0]
    assert green[2] > 0.85


SEASONS = [(name, season) for name, cover in covers.COVERS.items() for season in cover.seasons]


@pytest.mark.parametrize(("name", "season"), SEASONS, ids=[f"{name}, {season.name}" for name, season in SEASONS])
def test_seasons_are_those_that_the_calendar_shows(name, season):
    days = np.array([season.start, season.harvest - 9, season.harvest + 9, season.harvest + 2.0])
    green, dry, *_ = covers.compute_shares(name, days, np.ones((4, 1))).T
    assert season.start < season.harvest
    assert green[0] < 0.12  # sown on bare or flooded ground
    assert green[1] + dry[1] > green[2] + dry[2] + 0.25  # harvested
    assert green[3] < 0.3


def test_whatever_has_seasons_is_a_crop():
    assert [name for name, cover in covers.COVERS.items() if cover.seasons and not cover.crop] == []
