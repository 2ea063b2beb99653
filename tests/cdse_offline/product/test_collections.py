"""Collections of the simulated scenes."""

import pystac

from cdse_offline.product import archive

HOLDINGS = archive.simulate_holdings()


def test_collections_are_valid_stac():
    for document in HOLDINGS.collections.values():
        collection = pystac.Collection.from_dict(document)
        collection.stac_extensions = []
        assert collection.validate()
