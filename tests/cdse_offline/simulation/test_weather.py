"""Weather by climate, season and luck."""

import numpy as np
import pytest

from cdse_offline.simulation.places import CLEAR_SHARES, MUNICH, PLACES, RED_RIVER, acquisitions
from cdse_offline.simulation.weather import CLIMATES, choose_weather


def test_every_place_has_a_climate():
    assert {place.climate for place in PLACES} <= set(CLIMATES)
    assert set(CLEAR_SHARES) <= set(CLIMATES)


def test_window_follows_the_tile_but_not_always():
    clear = [choose_weather(a).cover for a in acquisitions(MUNICH) if a.cloud_cover < 20]
    cloudy = [choose_weather(a).cover for a in acquisitions(MUNICH) if a.cloud_cover >= 20]
    assert len(clear) == 31
    assert sum(cover < 0.02 for cover in clear) >= 18
    assert 3 <= sum(cover > 0.2 for cover in clear) <= 7
    assert max(clear) > 0.9
    assert min(clear + cloudy) >= 0
    assert max(clear + cloudy) <= 1
    assert any(cover < 0.02 for cover in cloudy)
    assert np.mean(cloudy) > 0.5


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_fog_and_storms_have_their_seasons(place):
    climate = CLIMATES[place.climate]
    for a in acquisitions(place):
        w = choose_weather(a)
        assert not w.fog or a.start.month in climate.fog
        assert w.kind != "storm" or a.start.month in climate.storms


def test_every_kind_of_sky_occurs():
    skies = [choose_weather(a) for place in (MUNICH, RED_RIVER) for a in acquisitions(place)]
    assert {w.kind for w in skies} == {"cumulus", "scattered", "storm", "cells", "deck"}
    assert all(any(getattr(w, name) for w in skies) for name in ("cirrus", "mist", "fog"))


def test_clouds_stay_in_the_rainy_season():
    """Until September one pass of the Red River says something about the next."""
    covers = np.array([a.cloud_cover for a in acquisitions(RED_RIVER) if a.start.month < 9])
    assert np.corrcoef(covers[1:], covers[:-1])[0, 1] > 0.35
