import numpy as np

from cdse_offline.simulation import land
from cdse_offline.simulation.landscapes import build_land
from cdse_offline.simulation.places import RED_RIVER


def test_paddies_fill_most_of_the_delta():
    kind = build_land(RED_RIVER).kind
    assert 0.5 < np.mean(kind == 14) < 0.75
    assert 0.05 < np.mean(kind == 11) < 0.2  # villages
    assert 0.04 < np.mean(kind == 9) < 0.12  # the river


def test_the_red_river_is_one_and_crosses_the_window():
    river = build_land(RED_RIVER).kind == 9
    assert np.all(river.sum(axis=1) > 30)  # 300 m at least


def test_no_house_stands_in_the_river():
    drawn = build_land(RED_RIVER)
    river = (drawn.kind == 9).ravel()[drawn.thin]
    roofs = [land.OVERLAYS.index(name) for name in land.ROOFS]
    assert drawn.share[roofs][:, river].sum() < 0.001 * drawn.share[roofs].sum()
