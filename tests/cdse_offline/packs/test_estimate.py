"""How much a recording will be."""

import json

from cdse_offline.packs.estimate import estimate
from cdse_offline.packs.loads import WantedItem
from tests.cdse_offline.packs.recording import BBOX


def test_the_estimate_counts_tiles_under_the_area(scenes):
    """One tile of 1024² at 10 m, one of 640² at 20 m.

    The window of the simulated scenes, rows 4608 to 5118 and columns 4098 to 4608 at 20 m, touches with 16 pixels of
    margin tile rows 7 (4480 to 5119) and 8 and columns 6 (3840 to 4479) and 7: 2 × 2.
    """
    size = estimate(scenes)
    assert (size.items, size.days, size.files) == (2, 2, 4)
    assert size.requests == 2 * (2 + 3.5 + 3.5) and size.kept == 2 * (1e5 + 1024**2 + 640**2)
    assert size.fetched == size.kept + 4e6
    window = 11.43028, 47.803412, 11.570905, 47.898067
    wide = WantedItem(scenes[0].document, {"SCL_20m": window})
    assert estimate([wide]).kept == 1e5 + 4 * 640**2


def test_the_estimate_takes_the_size_that_the_item_tells(scenes):
    document = json.loads(json.dumps(scenes[0].document))
    document["assets"]["B04_10m"]["file:size"] = 121 * 900_000
    assert estimate([WantedItem(document, {"B04_10m": BBOX})]).kept == 1e5 + 900_000
    assert estimate([WantedItem(document)]).files == 0
