"""The small files of a simulated product."""

import json
from xml.etree import ElementTree

import pytest

from cdse_offline.product import assets
from cdse_offline.simulation import metadata
from cdse_offline.simulation.derived import Quarter
from cdse_offline.simulation.places import MUNICH, RED_RIVER, acquisitions


@pytest.mark.parametrize("asset", assets.METADATA)
def test_a_document_names_its_product_and_says_that_it_is_simulated(asset: str):
    acquisition = acquisitions(MUNICH)[0]
    document = metadata.build_document(acquisition, asset)
    assert ElementTree.fromstring(document).findtext("PRODUCT_URI") == f"{acquisition.id}.SAFE"
    assert "mô phỏng" in document.decode()


def test_offset_and_quantification_are_those_of_the_pixels():
    root = ElementTree.fromstring(metadata.build_document(acquisitions(MUNICH)[0], "product_metadata"))
    assert (root.findtext("BOA_ADD_OFFSET"), root.findtext("BOA_QUANTIFICATION_VALUE")) == ("-1000", "10000")


def test_a_mosaics_file_names_it_and_its_days():
    quarter = Quarter(RED_RIVER, RED_RIVER.tiles[0], 2023, 2)
    document = json.loads(metadata.build_userdata(quarter))
    assert document["name"] == quarter.id and "mô phỏng" in document["note"]
    assert document["contentDate"] == {"Start": "2023-04-01T00:00:00Z", "End": "2023-06-30T23:59:59Z"}
