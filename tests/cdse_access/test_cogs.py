"""cdse_access.loading.load of CDSE's GeoTIFFs: the pixels that stand in the file, where they lie, or a reason."""

import re
from typing import Any

import numpy as np
import odc.stac
import pytest
import xarray as xr
from rasterio import Affine
from rasterio.io import MemoryFile

from cdse_access import fetch
from cdse_access.loading import load
from cdse_access.problems import BadData, BadInput, Reason
from tests.cdse_access.cogs import (
    BBOX,
    EXTENSION,
    NORTH,
    WEST,
    Scene,
    Shelf,
    make_heights,
    make_mosaic,
    make_radar,
    shelf,
    write_cog,
)

__all__ = ["shelf"]


def read(scene: Scene, *bands: str, **area: Any) -> xr.Dataset:
    return load([scene.item], list(bands), progress=False, **({"bbox": BBOX} | area))


def cut(scene: Scene, dn: xr.Dataset, size: int) -> np.ndarray:
    """The pixels of the scene under this grid."""
    columns = ((dn.x.values - WEST) // size).astype(int)
    rows = ((NORTH - dn.y.values) // size).astype(int)
    return scene.pixels[np.ix_(rows, columns)]


def test_a_mosaic_without_a_transform_is_read_where_it_lies(shelf: Shelf, capsys):
    scene = shelf.add(make_mosaic())
    dn = read(scene, "B04", resolution=10)
    assert (dn.B04.values[0] == cut(scene, dn, 10)).all()
    assert dn.B04.dtype == "int16" and dn.B04.attrs["nodata"] == -32768
    assert "proj:transform" not in scene.fields("B04") and capsys.readouterr().out == ""


def test_only_the_tables_and_the_tiles_under_the_area_are_asked_for_and_once(shelf: Shelf):
    scene = shelf.add(make_mosaic())
    (content,) = scene.files.values()
    read(scene, "B04", resolution=10, bbox=(105.021, 21.68, 105.022, 21.681))
    tables, *tiles = shelf.asked
    assert tables[1:] == (0, 16384) and sum(end - start for _, start, end in tiles) < len(content) / 4
    asked = len(shelf.asked)
    read(scene, "B04", resolution=10, bbox=(105.021, 21.68, 105.022, 21.681))
    assert len(shelf.asked) == asked


def test_a_transform_in_gdals_order_is_told_once_and_read_rightly(shelf: Shelf, capsys):
    scene = shelf.add(make_radar())
    dn = read(scene, "VV", "VH", resolution=20)
    assert (dn.VV.values[0] == cut(scene, dn, 20)).all() and dn.VV.equals(dn.VH)
    assert dn.VV.dtype == "float32" and dn.VV.attrs["nodata"] == -32768
    assert capsys.readouterr().out.count("ghi proj:transform theo thứ tự của GDAL") == 1
    assert scene.fields("VV")["proj:transform"][0] == WEST  # the learner's own stays as it was


def test_heights_in_degrees_are_those_that_odc_stac_makes_of_the_file(shelf: Shelf):
    scene = shelf.add(make_heights())
    area: dict[str, Any] = {"bbox": BBOX, "crs": "EPSG:32648", "resolution": 100, "resampling": "bilinear"}
    dn = read(scene, "data", **area)
    right = scene.item.clone()
    west, width, _, north, _, height = scene.fields("data")["proj:transform"]
    with MemoryFile(*scene.files.values(), ext=".tif") as file:
        right.assets["data"].href = file.name
        right.assets["data"].extra_fields["proj:transform"] = [width, 0, west, 0, height, north]
        plain = odc.stac.load([right], ["data"], **area)
    np.testing.assert_array_equal(dn["data"].values, plain["data"].values)
    assert "nodata" not in dn["data"].attrs and np.isfinite(dn["data"].values).all()


def test_a_coarse_grid_reads_the_overview_and_not_where_full_pixels_are_wanted(shelf: Shelf):
    scene = shelf.add(make_mosaic(overview_resampling="NEAREST"))
    scene.pixels[:] = 7
    dn = read(scene, "B04", resolution=40)
    with MemoryFile(*scene.files.values(), ext=".tif") as file, file.open(overview_level=1) as overview:
        level = overview.read(1)
    columns = ((dn.x.values - WEST) // 40).astype(int)
    rows = ((NORTH - dn.y.values) // 40).astype(int)
    assert (dn.B04.values[0] == level[np.ix_(rows, columns)]).all()
    shelf.asked.clear()
    read(scene, "B04", resolution=40, use_overviews=False)
    assert sum(end - start for _, start, end in shelf.asked) > 50_000


def test_without_an_overview_full_pixels_are_read(shelf: Shelf):
    scene = shelf.add(make_mosaic(overviews="NONE"))
    dn = read(scene, "B04", resolution=40, resampling="nearest")
    assert np.isin(dn.B04.values, scene.pixels).all()


def test_lazy_arrays_are_the_same(shelf: Shelf):
    scene = shelf.add(make_radar())
    dn = read(scene, "VV", resolution=20, chunks={"x": 100, "y": 100})
    assert dn.VV.chunks
    assert dn.compute().equals(read(scene, "VV", resolution=20))


@pytest.mark.parametrize("left_out", [["data_type"], ["nodata"], ["data_type", "nodata"]])
def test_what_the_item_leaves_out_is_taken_from_the_file(shelf: Shelf, left_out):
    scene = shelf.add(make_mosaic())
    for name in left_out:
        del scene.fields("B04")[name]
    dn = read(scene, "B04", resolution=10)
    assert dn.B04.dtype == "int16" and dn.B04.attrs["nodata"] == -32768
    assert (dn.B04.values[0] == cut(scene, dn, 10)).all()


@pytest.mark.parametrize("fields", [{"nodata": None}, {"bands": []}, {"bands": [], "raster:bands": [{}]}])
def test_what_the_item_says_emptily_is_taken_from_the_file(shelf: Shelf, fields):
    scene = shelf.add(make_mosaic())
    scene.fields("B04").update(fields)
    dn = read(scene, "B04", resolution=10)
    assert dn.B04.dtype == "int16" and dn.B04.attrs["nodata"] == -32768


def test_large_numbers_are_no_fault_of_an_elevation_model(shelf: Shelf):
    scene = make_heights()
    scene.files = {scene.href("data"): write_cog(scene.pixels * 1000, "EPSG:4326", _place(scene), None)}
    dn = read(shelf.add(scene), "data", crs="EPSG:32648", resolution=100)
    assert dn["data"].max() > 32767


def test_a_mosaic_that_saw_nothing_is_told(shelf: Shelf):
    scene = make_mosaic()
    nothing = np.full_like(scene.pixels, -32768)
    scene.files = {scene.href("B04"): write_cog(nothing, "EPSG:32648", Affine(10, 0, WEST, 0, -10, NORTH), -32768)}
    del scene.fields("B04")["file:size"]
    with pytest.raises(BadData, match="B04 ngày 2023-01-01 không có pixel nào trong vùng") as caught:
        read(shelf.add(scene), "B04", resolution=10)
    assert caught.value.reason is Reason.EMPTY


def test_fetch_leaves_to_load_what_odc_stac_would_put_elsewhere(shelf: Shelf):
    for scene, band in (make_radar(), "VV"), (make_mosaic(), "B04"):
        with pytest.raises(BadInput, match=re.escape("Hãy dùng cdse_access.load thay cho fetch.")):
            fetch([scene.item], [band], bbox=BBOX, resolution=20, progress=False)


def test_fetch_brings_what_odc_stac_then_reads(shelf: Shelf):
    scene = shelf.add(make_radar())
    scene.fields("VV")["proj:transform"] = [20, 0, WEST, 0, -20, NORTH]
    area: dict[str, Any] = {"bbox": BBOX, "resolution": 20}
    patch_url = fetch([scene.item], ["VV"], progress=False, **area)
    dn = odc.stac.load([scene.item], ["VV"], patch_url=patch_url, **area)
    assert (dn.VV.values[0] == cut(scene, dn, 20)).all()


# -- what does not agree -------------------------------------------------------


def _place(scene: Scene) -> Affine:
    west, width, _, north, _, height = scene.fields("data")["proj:transform"]
    return Affine(width, 0, west, 0, height, north)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({"data_type": "int32"}, "item ghi kiểu số int32, tệp là int16"),
        ({"nodata": 0}, "item ghi nodata 0, tệp ghi -32768"),
        ({"bands": [{"name": "B04", "data_type": "int32"}]}, "item ghi kiểu số int32, tệp là int16"),
        ({"bands": [{"name": "B04", "nodata": 0}]}, "item ghi nodata 0, tệp ghi -32768"),
        ({"file:size": 999}, "item ghi cỡ 999, kho có"),
        ({"proj:shape": [252, 252], "gsd": 20}, r"item ghi cỡ \(252, 252\), kho có \(504, 504\)"),
        ({"proj:transform": [10, 0, WEST + 5, 0, -10, NORTH]}, r"không nằm ở chỗ item ghi \(lệch 0\.5 pixel\)"),
        ({"proj:transform": [WEST + 10, 10, 0, NORTH, 0, -10]}, r"không nằm ở chỗ item ghi \(lệch 1\.0 pixel\)"),
    ],
)
def test_a_file_that_is_not_what_its_item_says_is_refused(shelf: Shelf, fields, why):
    scene = shelf.add(make_mosaic())
    scene.fields("B04").update(fields)
    scene.item.stac_extensions.append(EXTENSION)
    with pytest.raises(BadData, match=why) as caught:
        read(scene, "B04", resolution=20)
    assert caught.value.reason is Reason.BROKEN


def test_an_outline_that_is_not_that_of_the_pixels_gives_no_grid(shelf: Shelf):
    scene = shelf.add(make_mosaic())
    scene.fields("B04")["proj:shape"] = [503, 503]
    with pytest.raises(BadInput, match="thiếu proj:transform của B04"):
        read(scene, "B04", resolution=10)


def test_a_kept_file_is_compared_with_the_next_item_too(shelf: Shelf):
    scene = shelf.add(make_mosaic())
    read(scene, "B04", resolution=20)
    scene.fields("B04")["nodata"] = 0
    with pytest.raises(BadData, match="item ghi nodata 0, tệp ghi -32768"):
        read(scene, "B04", resolution=20)


@pytest.mark.parametrize(
    "transform",
    [
        [WEST, 20, 0, NORTH, 0, 20],
        [20, WEST, 0, 0, NORTH, -20],
        [WEST, 200, 0, NORTH, 0, -200],
        [WEST, 20, 0, NORTH + 9000, 0, -20],
        [20, 0, WEST, 0, -20, NORTH + 9000],
        [0, 20, 0, 0, 0, -20],
    ],
)
def test_transforms_that_agree_with_nothing_are_refused_all_at_once(shelf: Shelf, transform):
    items = []
    for month in ("M01", "M02", "M03"):
        item = make_radar().item
        item.id = item.id.replace("M01", month)
        asset = item.assets["VV"]
        asset.href = asset.href.replace("M01", month)
        asset.extra_fields["proj:transform"] = transform if month != "M01" else [20, 0, WEST, 0, -20, NORTH]
        items.append(item)
    with pytest.raises(BadInput, match=f"{items[1].id} ghi lưới của VV mâu thuẫn") as caught:
        load(items, ["VV"], bbox=BBOX, resolution=20, progress=False)
    assert f"Cũng thế: {items[2].id}." in str(caught.value) and items[0].id not in str(caught.value)
    assert shelf.asked == []


def test_a_file_that_lies_in_another_items_folder_is_refused(shelf: Shelf):
    scene = shelf.add(make_radar())
    asset = scene.item.assets["VV"]
    for href in (asset.href.replace("M01", "M02"), asset.href.replace("VV.tif", "VH.tif")):
        asset.href = href
        with pytest.raises(BadInput, match="tệp của band hay lần chụp khác"):
            read(scene, "VV", resolution=20)
