"""cdse_access.georeference: what is computed of an array, and cut out of it, lies where it lies, for GDAL too."""

import numpy as np
import pytest
import rasterio
import xarray as xr
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_zeros
from rasterio import Affine

from cdse_access.georeference import find_grid_mapping, is_simulated, mark_simulated, write_georeference
from lessons.bands import clear, ndvi, reflectance

UTM = GeoBox((4, 5), Affine(10, 0, 6e5, 0, -10, 2e6), "EPSG:32648")


def read_place(data, path):
    """EPSG code and transform as GDAL, and so QGIS, finds them in the file."""
    data.to_netcdf(path / "a.nc")
    with rasterio.open(f"netcdf:{path / 'a.nc'}") as file:
        names = [name for name in file.subdatasets if not name.endswith("spatial_ref")] or [file.name]
    with rasterio.open(names[0]) as file:
        return file.crs and file.crs.to_epsg(), tuple(file.transform)[:6]


def scene(kind="uint16", value=2000):
    return xr_zeros(UTM, dtype=kind) + np.array(value, kind)


COMPUTED = {
    "reflectance": lambda: reflectance(scene(), 0.0001, -0.1),
    "reflectance of a Dataset": lambda: reflectance(xr.Dataset({"a": scene(), "b": scene()}), 0.0001, -0.1),
    "ndvi": lambda: ndvi(scene("float32", 1), scene("float32", 0)),
    "lazy ndvi": lambda: ndvi(scene("float32", 1).chunk(), scene("float32", 0).chunk()),
    "clear": lambda: clear(scene("uint8", 4)),
    "masked": lambda: reflectance(scene(), 0.0001, -0.1).where(clear(scene("uint8", 4))),
    "scaled": lambda: (reflectance(scene(), 0.0001, -0.1) * 2).clip(0, 1),
}


@pytest.mark.parametrize("name", COMPUTED)
def test_what_the_lessons_compute_lies_where_it_lies(name, tmp_path):
    assert read_place(COMPUTED[name](), tmp_path) == (32648, tuple(UTM.affine)[:6])


@pytest.mark.parametrize(
    ("cut", "expected"),
    [
        (np.s_[1:, 2:], (10, 0, 600020, 0, -10, 1999990)),
        (np.s_[::2, ::2], (20, 0, 599995, 0, -20, 2000005)),
    ],
)
def test_a_part_lies_where_it_was_cut_out(cut, expected, tmp_path):
    """GDAL would take the whole's GeoTransform, were the axes without their CF names."""
    whole = reflectance(scene(), 0.0001, -0.1)
    assert read_place(whole[cut], tmp_path) == (32648, expected)


def test_a_single_row_that_is_computed_lies_where_it_lies(tmp_path):
    row = scene()[2:3]
    assert read_place(reflectance(row, 0.0001, -0.1), tmp_path) == (32648, (10, 0, 6e5, 0, -10, 1999980))


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3405", "EPSG:3857"])
def test_other_projections_are_kept(crs, tmp_path):
    array = xr_zeros(GeoBox((4, 5), Affine(0.5, 0, 100, 0, -0.5, 20), crs), dtype="uint16")
    place = read_place(reflectance(array, 0.0001, -0.1)[1:], tmp_path)
    assert place == (int(crs[5:]), (0.5, 0, 100, 0, -0.5, 19.5))


def test_a_projection_that_was_read_as_a_band_is_none():
    """xarray reads it so where `decode_coords` is not "all"."""
    read = scene().to_dataset(name="B04_10m").reset_coords("spatial_ref")
    rho = reflectance(read, 0.0001, -0.1)
    assert list(rho.data_vars) == ["B04_10m"] and rho.odc.geobox == UTM


def test_what_is_given_stays_as_it_was():
    dn = scene()
    before = dn.copy(deep=True)
    write_georeference(dn)
    xr.testing.assert_identical(dn, before)
    assert dn.x.attrs == before.x.attrs and dn.encoding == before.encoding


def test_without_projection_nothing_is_written():
    bare = xr.DataArray(np.ones((2, 2)), dims=("y", "x"))
    assert find_grid_mapping(bare) is None and write_georeference(bare) is bare


def test_a_turned_grid_keeps_its_transform():
    turned = GeoBox((3, 2), Affine.translation(6e5, 2e6) @ Affine.rotation(20) @ Affine.scale(10, -10), "EPSG:32648")
    written = write_georeference(xr_zeros(turned))
    assert written.odc.geobox.affine.almost_equals(turned.affine) and "standard_name" not in written.x.attrs


@pytest.mark.parametrize("computed", COMPUTED)
def test_simulated_pixels_stay_simulated(computed, monkeypatch):
    plain = scene

    def drawn(kind="uint16", value=2000):
        made = plain(kind, value).to_dataset(name="band")
        mark_simulated(made)
        return made.band

    assert not is_simulated(COMPUTED[computed]())
    monkeypatch.setitem(globals(), "scene", drawn)
    assert is_simulated(COMPUTED[computed]())


def test_a_file_remembers_that_it_is_simulated(tmp_path):
    made = scene().to_dataset(name="band")
    mark_simulated(made)
    made.to_netcdf(tmp_path / "a.nc")
    with xr.open_dataset(tmp_path / "a.nc", decode_coords="all") as read:
        assert is_simulated(read) and is_simulated(read.band)
