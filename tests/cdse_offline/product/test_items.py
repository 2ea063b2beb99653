"""Items and collections of the simulated scenes."""

from datetime import datetime, timedelta
from hashlib import sha3_256

import pystac
import pytest

from cdse_offline.product import archive, assets, items
from cdse_offline.simulation.classes import LAND_CLASSES
from cdse_offline.simulation.files import pixel_size
from cdse_offline.simulation.metadata import build_document
from cdse_offline.simulation.places import GRID_SHAPE, MUNICH, PLACES, Acquisition, acquisitions, find_box

KNOWN = "S2B_MSIL2A_20230928T101719_N0510_R065_T32UPU_20241026T142623"
HOLDINGS = archive.simulate_holdings()
SEARCHED = [record.searched["properties"] for record in HOLDINGS.records if record.collection == items.SENTINEL]
VIEWS = [(place, tile) for place in PLACES for tile in place.tiles]


def known_acquisition() -> Acquisition:
    return next(a for a in acquisitions(MUNICH) if a.id == KNOWN)


def known() -> dict:
    return items.build_sentinel_item(known_acquisition(), "http://127.0.0.1:1/")


def test_the_known_item_says_what_the_real_one_says():
    properties = known()["properties"]
    assert properties["datetime"] == "2023-09-28T10:17:19.024Z"
    assert properties["eo:cloud_cover"] == 0.818577 and properties["statistics"]["vegetation"] == 80.213308
    assert properties["eopf:datatake_id"] == "GS2B_20230928T101719_034268_N05.10"
    assert properties["eopf:datastrip_id"] == "S2B_OPER_MSI_L2A_DS_S2RP_20241026T142623_S20230928T102123_N05.10"
    assert properties["processing:datetime"] == "2024-10-26T14:26:23.000000Z"
    assert (properties["view:azimuth"], properties["view:sun_elevation"]) == (269.6725837191976, 39.0424772062148)
    assert (properties["platform"], properties["sat:platform_international_designator"]) == ("sentinel-2b", "2017-013A")


def test_an_image_lies_where_the_real_product_has_it():
    assert known()["assets"]["B04_10m"]["href"] == (
        f"s3://eodata/Sentinel-2/MSI/L2A_N0500/2023/09/28/{KNOWN}.SAFE/GRANULE/L2A_T32UPU_A034268_20230928T102123/"
        "IMG_DATA/R10m/T32UPU_20230928T101719_B04_10m.jp2"
    )


@pytest.mark.parametrize("properties", SEARCHED, ids=lambda p: p["datetime"][:10])
def test_shares_of_the_classes_make_up_the_whole(properties: dict):
    shares = properties["statistics"]
    clouds = shares["thin_cirrus"] + shares["medium_proba_clouds"] + shares["high_proba_clouds"]
    assert clouds == pytest.approx(properties["eo:cloud_cover"], abs=2e-6)
    total = sum(shares.values()) - shares["nodata"] + properties["eo:snow_cover"]
    assert total == pytest.approx(100, abs=1e-5) and min(shares.values()) >= 0


def test_assets_carry_grid_type_and_scale():
    files = known()["assets"]
    assert len(files) == 43
    for key in assets.IMAGES:
        asset, metres = files[key], pixel_size(key)
        assert asset["proj:code"] == "EPSG:32632" and asset["nodata"] == 0
        assert asset["proj:shape"] == [GRID_SHAPE[metres]] * 2
        assert asset["proj:transform"] == [metres, 0, 600000, 0, -metres, 5400000]
        assert asset["proj:bbox"] == [600000, 5290200, 709800, 5400000]
    assert (files["B04_10m"]["raster:scale"], files["B04_10m"]["raster:offset"]) == (0.0001, -0.1)
    assert (files["WVP_10m"]["raster:scale"], files["WVP_10m"]["raster:offset"]) == (0.0001, -0.1)  # CDSE's mistake
    types = {key: files[key]["data_type"] for key in ("B8A_60m", "AOT_20m", "SCL_20m", "TCI_10m")}
    assert types == {"B8A_60m": "uint16", "AOT_20m": "uint16", "SCL_20m": "uint8", "TCI_10m": "uint8"}


def test_sampling_tells_native_resolution_from_others():
    files = known()["assets"]
    roles = {key: files[key]["roles"][2] for key in ("B01_20m", "B01_60m", "B04_10m", "B04_20m", "B8A_20m")}
    assert roles == {
        "B01_20m": "sampling:upsampled", "B01_60m": "sampling:original", "B04_10m": "sampling:original",
        "B04_20m": "sampling:downsampled", "B8A_20m": "sampling:original",
    }  # fmt: skip


def test_footprints_and_windows_are_where_the_tiles_are():
    pyproj = pytest.importorskip("pyproj")
    for place, tile in VIEWS:
        to_degrees = pyproj.Transformer.from_crs(tile.epsg, 4326, always_xy=True)
        east, south = tile.west + 109800, tile.north - 109800
        corners = [(tile.west, tile.north), (tile.west, south), (east, south), (east, tile.north)]
        for corner, (longitude, latitude) in zip(corners, items._FOOTPRINTS[tile.name], strict=True):
            assert to_degrees.transform(*corner) == pytest.approx((longitude, latitude), abs=1e-9)
        expected = to_degrees.transform_bounds(*find_box(place, tile), densify_pts=100)
        assert items._WINDOWS[tile.name] == pytest.approx(expected, abs=1e-6)


def test_a_tile_of_another_zone_sees_the_whole_place():
    pyproj = pytest.importorskip("pyproj")
    for place, tile in [view for view in VIEWS if view[0].epsg != view[1].epsg]:
        to_tile = pyproj.Transformer.from_crs(place.epsg, tile.epsg, always_xy=True)
        seen = find_box(place, tile)
        outward = [seen - box for seen, box in zip(seen, to_tile.transform_bounds(*place.box), strict=True)]
        assert all(-60 < gap <= 0 for gap in outward[:2]) and all(0 <= gap < 60 for gap in outward[2:])
        assert all(gap % 60 == 0 for gap in (seen[0] - tile.west, seen[3] - tile.north))


def test_truth_has_its_own_assets_and_classes():
    truth = items.build_truth_item(acquisitions(MUNICH)[0], "http://127.0.0.1:1/")
    assert list(truth["assets"]) == [*assets.TRUTH, "fields"]
    titles = {c["value"]: c["title"] for c in truth["assets"]["SKY_10m"]["classification:classes"]}
    assert titles == {
        0: "trời quang", 1: "mây ti mỏng", 2: "bóng mây", 3: "mây", 4: "mù mỏng, quầng sáng quanh mây", 5: "sương mù",
    }  # fmt: skip
    assert truth["assets"]["CLASS_10m"]["nodata"] == 0
    legend = {c["value"]: (c["title"], c["color_hint"]) for c in truth["assets"]["CLASS_10m"]["classification:classes"]}
    assert legend == LAND_CLASSES
    for key in ("SKY_10m", "PARCEL_10m", "CHANGE_10m"):  # where 0 is an answer
        assert "nodata" not in truth["assets"][key] and truth["assets"][key]["classification:classes"][0]["value"] == 0


def test_fields_are_the_same_file_for_all_items_of_a_place():
    found = {
        place.name: {items.build_truth_item(a, "http://x/")["assets"]["fields"]["href"] for a in acquisitions(place)}
        for place in PLACES
    }
    assert found == {place.name: {f"http://x/fields/{place.name}.geojson"} for place in PLACES}


@pytest.mark.parametrize("build", [items.build_sentinel_item, items.build_truth_item])
def test_items_are_valid_stac(build):
    # Schemas of extensions are not at hand without a network; the core's come with pystac.
    document = build(acquisitions(MUNICH)[0], "http://127.0.0.1:1/")
    document["links"].append({"rel": "collection", "href": "http://127.0.0.1:1/", "type": "application/json"})
    item = pystac.Item.from_dict(document)
    item.stac_extensions = []
    assert item.validate() == ["https://schemas.stacspec.org/v1.1.0/item-spec/json-schema/item.json"]


def test_other_pixels_are_another_update(monkeypatch: pytest.MonkeyPatch):
    """Clients keep what they have read until `updated` changes: also that of the item whose other times are real."""

    def updates() -> list[str]:
        scenes = [known_acquisition(), acquisitions(MUNICH)[0]]
        return [items.build_properties.__wrapped__(scene)["updated"] for scene in scenes]

    monkeypatch.setattr(items, "source_version", lambda: "0" * 16)
    first = updates()
    assert first[0] == "2025-04-21T00:16:33.282435Z"  # published then
    assert updates() == first
    monkeypatch.setattr(items, "source_version", lambda: "0000000000002711")
    assert updates()[0] == "2025-04-21T00:16:33.292436Z" and updates()[1] > first[1]
    monkeypatch.setattr(items, "source_version", lambda: "f" * 16)
    month = timedelta(days=30)
    published = datetime.fromisoformat(first[0])
    assert published < datetime.fromisoformat(updates()[0]) < published + month


def test_truth_is_updated_with_its_scene():
    scene = acquisitions(MUNICH)[3]
    truth, image = items.build_truth_item(scene, "/"), items.build_sentinel_item(scene, "/")
    assert truth["properties"]["updated"] == image["properties"]["updated"]


def test_one_item_has_the_mistaken_grid_that_many_of_cdse_have():
    mistaken = []
    for place in PLACES:
        for a in acquisitions(place):
            for key, asset in items.build_sentinel_item(a, "http://x/")["assets"].items():
                west, _, _, north = asset.get("proj:bbox", (0, 0, 0, 0))
                metres = asset.get("gsd", 0)
                if "proj:transform" in asset and asset["proj:transform"] != [metres, 0, west, 0, -metres, north]:
                    mistaken.append((a.id, key, asset["proj:transform"][0], asset["proj:shape"]))
    assert mistaken == [(*items.MISTAKEN, 20, [1830, 1830])]


def test_small_files_have_the_size_and_the_checksum_that_they_have():
    a = known_acquisition()
    item = items.build_sentinel_item(a, "http://x/")
    for key in assets.METADATA:
        content = build_document(a, key)
        assert item["assets"][key]["file:size"] == len(content)
        assert item["assets"][key]["file:checksum"] == "1620" + sha3_256(content).hexdigest()
