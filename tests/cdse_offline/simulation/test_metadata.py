"""The XML files of a simulated product."""

from xml.etree import ElementTree

import pytest

from cdse_offline.product import assets
from cdse_offline.simulation import metadata
from cdse_offline.simulation.places import MUNICH, acquisitions


@pytest.mark.parametrize("asset", assets.METADATA)
def test_a_document_names_its_product_and_says_that_it_is_simulated(asset: str):
    acquisition = acquisitions(MUNICH)[0]
    document = metadata.build_document(acquisition, asset)
    assert ElementTree.fromstring(document).findtext("PRODUCT_URI") == f"{acquisition.id}.SAFE"
    assert "mô phỏng" in document.decode()


def test_offset_and_quantification_are_those_of_the_pixels():
    root = ElementTree.fromstring(metadata.build_document(acquisitions(MUNICH)[0], "product_metadata"))
    assert (root.findtext("BOA_ADD_OFFSET"), root.findtext("BOA_QUANTIFICATION_VALUE")) == ("-1000", "10000")
