import numpy as np

from cdse_offline.simulation.classes import LAND_CLASSES
from cdse_offline.simulation.landscapes import build_land
from cdse_offline.simulation.places import MUNICH

LESSON = slice(730, 936), slice(58, 335)  # the lessons' area of interest in the window of the Oberland


def test_lesson_area_has_a_bit_of_everything():
    kind = build_land(MUNICH).kind[LESSON]
    share = {code: np.mean(kind == code) for code in LAND_CLASSES}
    assert 0.1 < share[8] < 0.4  # lake
    assert 0.1 < share[1] + share[2] < 0.5  # woods
    assert share[3] > 0.15  # meadow
    assert share[4] + share[5] + share[6] > 0.05  # crops
    assert share[11] > 0.01  # village
    assert share[12] > 0.002  # roads


def test_a_third_is_wooded_and_most_of_the_rest_is_meadow():
    kind = build_land(MUNICH).kind
    assert 0.25 < np.mean(np.isin(kind, (1, 2))) < 0.45
    assert 0.25 < np.mean(kind == 3) < 0.5
    assert 0.1 < np.mean(np.isin(kind, (4, 5, 6, 7))) < 0.35
