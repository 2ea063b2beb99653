"""Sen2Cor's known mistakes, on grounds and skies of one kind."""

import numpy as np
import pytest
from numpy.random import PCG64, Generator

from cdse_offline.simulation.classification import Seen, classify

GROUNDS = {  # blue, red, near infrared
    "field": (0.025, 0.03, 0.36),
    "soil": (0.07, 0.115, 0.175),
    "water": (0.027, 0.014, 0.008),
    "roofs": (0.2, 0.23, 0.24),
}


def find_shares(ground: str, **sky: float) -> dict[int, float]:
    """Share of each class over 100 by 100 pixels of one ground under one sky."""
    fields = dict(zip(("blue", "red", "infrared"), GROUNDS[ground], strict=True))
    fields |= {"opacity": 0.0, "brightness": 0.8, "direct": 1.0, "cirrus": 0.0, "reach": 0.0} | sky
    seen = Seen(**{name: np.full((100, 100), value) for name, value in fields.items()})
    classes, counts = np.unique(classify(seen, Generator(PCG64(1))), return_counts=True)
    return {int(code): count / 10000 for code, count in zip(classes, counts, strict=True)}


@pytest.mark.parametrize(
    ("ground", "sky", "code"),
    [
        ("field", {}, 4),
        ("soil", {}, 5),
        ("water", {}, 6),
        ("field", {"opacity": 0.02}, 4),  # the rim of a cloud is missed
        ("field", {"opacity": 0.3}, 8),
        ("field", {"opacity": 0.95}, 9),
        ("field", {"cirrus": 0.006}, 4),  # thin cirrus, too
        ("field", {"cirrus": 0.03}, 10),
        ("field", {"direct": 0.92}, 4),  # and a soft shadow
        ("water", {"reach": 0.8}, 3),  # water near clouds is taken for a shadow
        ("field", {"reach": 0.8}, 4),
        ("roofs", {}, 8),  # bright roofs are taken for cloud
    ],
)
def test_most_pixels_are_called(ground, sky, code):
    assert find_shares(ground, **sky).get(code, 0) > 0.9


def test_some_dark_shadows_are_missed():
    assert 0.02 < 1 - find_shares("field", direct=0.1)[3] < 0.3
