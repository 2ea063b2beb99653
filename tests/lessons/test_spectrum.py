"""lessons.spectrum: the table of bands says what the item's assets say."""

from datetime import UTC, datetime

import pytest
from pystac import Asset, Item

from cdse_access.problems import BadInput
from lessons.spectrum import list_bands


def make_item(**roles: list[str]) -> Item:
    item = Item("S2B_X", None, None, datetime(2023, 9, 20, tzinfo=UTC), {})
    waves = {"B11_20m": ("swir16", 1.614, 20), "B04_10m": ("red", 0.665, 10), "B04_20m": ("red", 0.665, 20)}
    for name, found in roles.items():
        colour, wave, pixel = waves[name]
        band = {"name": name[:3], "eo:common_name": colour, "eo:center_wavelength": wave}
        item.add_asset(name, Asset("x.jp2", roles=found, extra_fields={"bands": [band], "gsd": pixel}))
    return item


ORIGINAL = ["data", "reflectance", "sampling:original"]


def test_bands_stand_by_wavelength_each_at_its_own_resolution():
    small = ["data", "reflectance", "sampling:downsampled"]
    table = list_bands(make_item(B11_20m=ORIGINAL, B04_20m=small, B04_10m=ORIGINAL))
    assert list(table.index) == ["B04", "B11"]
    assert list(table["bước sóng (µm)"]) == [0.665, 1.614] and list(table["pixel (m)"]) == [10, 20]
    assert list(table["tên chung"]) == ["red", "swir16"]


@pytest.mark.parametrize("roles", [{}, {"B04_10m": ["visual", "sampling:original"]}])
def test_an_item_without_wavelengths_gets_words(roles):
    with pytest.raises(BadInput, match="S2B_X không ghi bước sóng"):
        list_bands(make_item(**roles))
