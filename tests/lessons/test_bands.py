"""lessons.bands against values worked by hand, and against the truth of the simulated scenes."""

from datetime import UTC, datetime

import numpy as np
import odc.stac
import pytest
import xarray as xr
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_zeros
from pystac import Asset, Item

from cdse_access.classes import SCL_CLEAR
from cdse_access.problems import BadInput
from cdse_access.session import connect
from lessons.bands import clear, ndvi, reflectance, scale_offset
from tests.peak import measure_peak

BBOX = (11.439263980173, 47.81384831137465, 11.475186504136818, 47.83147903246192)


def item(name="a", version="05.10", offset=-0.1, role="reflectance", scale=0.0001, band="B04_10m"):
    fields = {"raster:scale": scale, "raster:offset": offset}
    made = Item(name, None, None, datetime(2023, 6, 1, tzinfo=UTC), {"processing:version": version})
    fields = {name: value for name, value in fields.items() if value is not None}
    made.assets[band] = Asset("s3://eodata/x.jp2", roles=["data", role], extra_fields=fields)
    return made


def test_scale_offset_looks_at_what_a_load_reads(capsys):
    """Of two versions of one overpass the newest, of all items those that have the band; load has told it."""
    old, bare = item("b", "03.01"), item("c", band="B08_10m")
    for one in (old, newest := item("a")):
        one.properties |= {"grid:code": "MGRS-48QWJ", "platform": "sentinel-2b"}
        one.geometry = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}
    assert scale_offset(iter([old, newest, bare]), ["B04_10m"]) == (0.0001, -0.1)
    assert capsys.readouterr().out == ""


def test_scale_offset_wants_a_list_of_bands():
    with pytest.raises(BadInput, match="B04_10m"):
        scale_offset([item()], "B04_10m")


def test_reflectance_by_hand():
    dn = xr.DataArray(np.array([[0, 1000, 1001], [3500, 900, 32767]], "uint16"), dims=("y", "x"))
    expected = [[np.nan, 0.0, 0.0001], [0.25, -0.01, 3.1767]]
    result = reflectance(dn, 0.0001, -0.1)
    assert result.dtype == "float32"
    np.testing.assert_allclose(result, expected, atol=2e-7)


def test_reflectance_of_a_dataset_names_its_unit():
    dn = xr.Dataset({"B04_10m": ("x", np.array([2000], "uint16")), "B08_10m": ("x", np.array([0], "uint16"))})
    result = reflectance(dn, 0.0001, -0.1)
    assert result.B04_10m.item() == pytest.approx(0.1) and np.isnan(result.B08_10m.item())
    assert result.B04_10m.attrs == {"long_name": "độ phản xạ bề mặt", "units": "1"}


def test_dn_1_is_data():
    assert float(reflectance(cube(1, "uint16"), 0.0001, 0)) == pytest.approx(0.0001)


@pytest.mark.parametrize("kind", ["uint16", "uint32", "int64"])
def test_a_fill_value_of_dn_is_missing(kind):
    result = reflectance(cube([65535, 2000, 65535, 0], kind), 0.0001, 0)
    np.testing.assert_allclose(result, [np.nan, 0.2, np.nan, np.nan], rtol=1e-6)


@pytest.mark.parametrize(
    ("dn", "message"),
    [
        (xr.DataArray([0.25]), "đã là phản xạ"),
        (xr.DataArray([np.nan, 1200]), "mask_and_scale=False"),  # DN that were saved and opened again
        (xr.DataArray([True]), "số thực"),
        (xr.DataArray(np.array([100, 200], "uint16") - np.uint16(1000)), "64636, 64736"),
        (xr.DataArray(np.array([4], "uint8"), name="SCL_20m"), "SCL_20m không phải band phản xạ"),
        (xr.Dataset({name: ("x", [100]) for name in ("B8A_20m", "AOT_20m", "SKY_10m")}), "AOT_20m, SKY_10m không phải"),
        (np.array([1200]), "ndarray"),
    ],
)
def test_reflectance_refuses_what_is_no_dn(dn, message):
    with pytest.raises(BadInput, match=message):
        reflectance(dn, 0.0001, -0.1)


def test_what_is_no_dn_is_refused_in_lazy_arrays_too():
    dn = xr.DataArray(np.array([40000, 40001], "uint16")).chunk()
    with pytest.raises(BadInput, match="40000, 40001"):
        reflectance(dn, 0.0001, -0.1).compute()


@pytest.mark.parametrize(
    "factors",
    [
        (-0.1, 0.0001),
        ("0.0001", -0.1),
        (0.0001, None),
        (np.nan, 0),
        (0, -0.1),
        (10000, 0),
        (0.0001, -1000),
        (True, 0),
        (10**400, 0),
        (0.0001, -(10**400)),
        (0.0001, np.nan),
        (1e-4 + 0j, 0),
    ],
)
def test_reflectance_refuses_factors_in_the_wrong_order_or_none(factors):
    with pytest.raises(BadInput, match="scale dương đứng trước"):
        reflectance(cube(1200, "uint16"), *factors)


def test_scale_offset_comes_from_the_items():
    assert scale_offset([item(), item("b", "04.00")], ["B04_10m"]) == (0.0001, -0.1)
    assert scale_offset([item(version="02.14", offset=0)], ["B04_10m"]) == (0.0001, 0)


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ([item(version="03.01")], "trái nhau"),  # CDSE writes -0.1 into every item, also into old products
        ([item(version="05.10", offset=0)], "trái nhau"),
        ([item(version="không rõ")], "trái nhau"),
        ([item(), item("b", "02.14", 0)], "tách item trước và sau baseline 04.00"),
        ([item(offset=None)], "raster:offset None"),
        ([item(role="visual")], "không phải band phản xạ"),
        ([], "Không có item nào"),
        ([item(band="B08_10m")], "Không item nào trong danh sách có B04_10m"),
        ([item(version=None)], "baseline None"),
        ([item(scale=None)], "raster:scale None"),
        ([item(scale="0.0001")], "raster:scale 0.0001"),
        ([item("a", role="visual"), item("b", offset=0)], r"visual(?s:.*)b có baseline"),
        ([item(str(number), offset=0) for number in range(9)], r"4 có baseline .*\n… và 4 lỗi nữa"),
    ],
)
def test_scale_offset_refuses(items, message):
    with pytest.raises(BadInput, match=message):
        scale_offset(items, ["B04_10m"])


def test_clear_keeps_land_water_and_snow():
    kept = [bool(value) for value in clear(xr.DataArray(np.arange(12, dtype="uint8")))]
    assert [scl for scl, is_kept in enumerate(kept) if is_kept] == [2, 4, 5, 6, 7, 11]


@pytest.mark.parametrize("fill", [255, -1, np.nan, np.inf, 12, -9999])
def test_what_is_no_class_is_not_clear(fill):
    kind = "float32" if isinstance(fill, float) else "int16"
    assert clear(cube([4, fill, 6, fill], kind).rename(None)).values.tolist() == [True, False, True, False]


def test_a_layer_that_was_masked_or_reindexed_is_no_clearer():
    scl = xr.DataArray([0, 4, 4, 9], {"x": [1, 2, 3, 4]}, "x")
    assert int(clear(scl.where(scl > 0)).sum()) == int(clear(scl.reindex(x=[0, 2, 3, 9])).sum()) == 2


@pytest.mark.parametrize(
    ("scl", "message"),
    [
        (xr.DataArray([4.5]), "nội suy"),
        (xr.DataArray([4, 1200, 1300]), "1200, 1300"),
        (xr.DataArray([4, 1200, 1300]).chunk(), "1200, 1300"),
        (xr.DataArray([True]), "kiểu bool"),
        (xr.DataArray(["4"]), "kiểu <U1"),
        (xr.DataArray([4], name="CLD_20m"), "CLD_20m"),
        (xr.Dataset({"SCL_20m": ("x", [4])}), "Dataset"),
        (np.array([4]), "ndarray"),
    ],
)
def test_clear_refuses_what_is_no_scl(scl, message):
    with pytest.raises(BadInput, match=message):
        clear(scl).compute()


def test_ndvi_by_hand():
    nir = xr.DataArray(np.array([0.4, 0.0, 0.02, np.nan, 0.01, -0.02], "float32"))
    red = xr.DataArray(np.array([0.1, 0.0, 0.04, 0.1, -0.005, 0.01], "float32"))
    np.testing.assert_allclose(ndvi(nir, red), [0.6, np.nan, -1 / 3, np.nan, 1, np.nan], rtol=1e-6)
    assert ndvi(nir, red).dtype == "float32"


def test_ndvi_refuses_integers():
    red = xr.DataArray(np.array([2000], "uint16"))
    with pytest.raises(BadInput, match="reflectance"):
        ndvi(xr.DataArray(np.array([1000], "uint16")), red)


@pytest.mark.parametrize(
    "change", [lambda red: red[::2], lambda red: red[1:], lambda red: red.assign_coords(x=red.x + 5)]
)
def test_ndvi_refuses_another_grid(change):
    """xarray would keep what both have in common: two pixels, three, none."""
    nir = xr.DataArray([0.4, 0.4, 0.4, 0.4], {"x": [0.0, 10, 20, 30]}, "x")
    with pytest.raises(BadInput, match="Không ghép được nir với red"):
        ndvi(nir, change(nir / 2))


def test_ndvi_refuses_dn_that_became_floats():
    dn = xr.DataArray([2000.0, np.nan, np.inf])
    for array in (dn, dn.chunk()):
        with pytest.raises(BadInput, match="tới 4000"):
            ndvi(array, array).compute()


# -- the same as in the lessons, and with less memory ------------------------


def short_reflectance(dn, scale, offset):
    return dn.where(dn > 0).astype("float32") * scale + offset


def short_clear(scl):
    return scl.isin(SCL_CLEAR)


def short_ndvi(nir, red):
    total = nir + red
    index = ((nir - red) / total.where(total > 0)).clip(-1, 1)
    return index.rename("ndvi").assign_attrs(long_name="NDVI", units="1")


RANDOM = np.random.default_rng(7)
SHAPE = (3, 20, 30)
COORDS = {"time": [1, 2, 3], "spatial_ref": 32632, "band": "B08"}


def cube(values, dtype, **coords):
    attrs = {"nodata": 0, "long_name": "số"}
    return xr.DataArray(
        np.array(values).astype(dtype),
        None if np.ndim(values) < 3 else COORDS | coords,
        attrs=attrs,
        dims=("time", "y", "x")[3 - np.ndim(values) :],
        name="B08_10m",
    )


def assert_same(one, other):
    """Values, type, coordinates and attributes; both lazy or both not."""
    assert type(one.data) is type(other.data) and one.dtype == other.dtype
    xr.testing.assert_identical(one.compute(), other.compute())


lazily = pytest.mark.parametrize("lazily", [lambda array: array, lambda array: array.chunk(y=7)], ids=["eager", "lazy"])


@lazily
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int16", "uint32"])
@pytest.mark.parametrize("offset", [-0.1, 0])
def test_reflectance_is_that_of_the_lesson(lazily, dtype, offset):
    dn = lazily(cube(RANDOM.integers(0, 200, SHAPE), dtype))
    expected = short_reflectance(dn, 0.0001, offset)
    expected.attrs = {"long_name": "độ phản xạ bề mặt", "units": "1"}
    assert expected.isnull().any()
    assert_same(reflectance(dn, 0.0001, offset), expected)
    both = reflectance(xr.Dataset({"a": dn, "b": dn}, attrs={"title": "x"}), 0.0001, offset)
    assert both.attrs == {"title": "x"}
    assert_same(both.b.rename("B08_10m"), expected)


def test_reflectance_of_what_is_below_zero_is_missing():
    assert np.isnan(reflectance(cube([-1, 0], "int16"), 0.0001, 0)).all()


@lazily
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "int64", "float32", "float64"])
def test_clear_is_that_of_the_lesson(lazily, dtype):
    classes = RANDOM.integers(0, 13, SHAPE).astype("float64")
    if dtype.startswith("float"):
        classes[0, :3] = np.nan
    scl = lazily(cube(classes, dtype)).rename("SCL_20m")
    expected = short_clear(scl)
    expected.attrs = {"long_name": "nhìn thấy mặt đất", "units": "1"}
    assert_same(clear(scl), expected)


@lazily
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_ndvi_is_that_of_the_lesson(lazily, dtype):
    nir, red = RANDOM.normal(0.1, 0.2, (2, *SHAPE))
    nir[0, 0, :4] = [np.nan, 0, np.inf, 0.1]
    red[0, 0, :4] = [0.1, 0, np.inf, -0.1]
    first, second = lazily(cube(nir, "float32")), lazily(cube(red, dtype, band="B04").rename("B04_10m"))
    expected = short_ndvi(first, second)
    assert expected.isnull().sum() > 4 and (abs(expected) == 1).any()
    expected.attrs = {"long_name": "NDVI", "units": "1"}
    assert_same(ndvi(first, second), expected)


def test_numbers_alone_are_arrays_too():
    nir, red = reflectance(cube(4000, "uint16"), 0.0001, -0.1), reflectance(cube(1500, "uint16"), 0.0001, -0.1)
    assert float(ndvi(nir, red.rename("B04_10m"))) == pytest.approx(0.25 / 0.35)


DATES = 31
BIG = (DATES, 256, 256)  # 2 million pixels


@pytest.fixture(scope="module")
def dn():
    """A load of two bands and the scene classification, 5 bytes a pixel."""
    kinds = {"B04_10m": "uint16", "B08_10m": "uint16", "SCL_20m": "uint8"}
    arrays = {
        name: RANDOM.integers(0, 12 if kind == "uint8" else 5000, BIG).astype(kind) for name, kind in kinds.items()
    }
    return xr.Dataset({name: (("time", "y", "x"), array) for name, array in arrays.items()})


def test_reflectance_takes_its_result_and_a_mask(dn):
    taken = measure_peak(lambda: reflectance(dn[["B04_10m", "B08_10m"]], 0.0001, -0.1))
    assert taken < 1.2 * 2 * 4 * dn.SCL_20m.size


def test_clear_takes_its_result_and_one_class(dn):
    assert measure_peak(lambda: clear(dn.SCL_20m)) < 2.1 * dn.SCL_20m.size  # isin: 12


def test_ndvi_takes_its_result_and_one_sum(dn):
    rho = reflectance(dn[["B04_10m", "B08_10m"]], 0.0001, -0.1)
    assert measure_peak(lambda: ndvi(rho.B08_10m, rho.B04_10m)) < 2.6 * rho.B04_10m.nbytes


def median_ndvi(dn):
    """The way of lessons 4 and 5, from DN to a composite."""
    rho = reflectance(dn[["B04_10m", "B08_10m"]], 0.0001, -0.1)
    index = ndvi(rho.B08_10m, rho.B04_10m).where(clear(dn.SCL_20m))
    return index.median("time")


def test_the_way_to_a_median_goes_row_by_row(dn):
    """All dates of some rows at a time: with the load itself no more than 3 times its size, and the same pixels."""
    taken = measure_peak(lambda: median_ndvi(dn.chunk(y=8)).compute(num_workers=2))
    assert dn.nbytes + taken < 3 * dn.nbytes
    xr.testing.assert_identical(median_ndvi(dn.chunk(y=8)).compute(), median_ndvi(dn))


@pytest.fixture(scope="module")
def offline_catalog():
    return connect("offline")


@pytest.fixture(scope="module")
def items(offline_catalog):
    """The 31 items of the lessons, newest first."""
    return offline_catalog.search(
        collections=["sentinel-2-l2a"],
        bbox=BBOX,
        datetime="2023-05-01/2023-09-30",
        query={"eo:cloud_cover": {"lt": 20}},
    ).item_collection()


def load(items, bands, bbox):
    return odc.stac.load(items, bands=bands, bbox=bbox, resolution=10, crs="EPSG:32632", groupby="solar_day")


WINDOW = (11.44, 47.815, 11.56, 47.89)


@pytest.mark.parametrize("index", [0, 12, 25])
def test_ndvi_of_clear_land_agrees_with_the_truth(offline_catalog, items, index):
    chosen = items[index]
    truth = next(offline_catalog.search(collections=["offline-truth"], ids=[chosen.id]).items())
    bands = ["B04_10m", "B08_10m"]
    dn = load([chosen], [*bands, "SCL_20m"], WINDOW).isel(time=0)
    real = load([truth], [*bands, "SKY_10m"], WINDOW).isel(time=0)
    seen = reflectance(dn[bands], *scale_offset([chosen], bands))
    known = reflectance(real[bands], *scale_offset([truth], bands))
    usable = clear(dn.SCL_20m) & (real.SKY_10m == 0) & (known.B08_10m > 0.1)  # land: water's NDVI is all noise
    difference = (ndvi(seen.B08_10m, seen.B04_10m) - ndvi(known.B08_10m, known.B04_10m)).where(usable)
    assert usable.mean() > 0.2
    assert abs(float(difference.mean())) < 0.01
    assert float(abs(difference).median()) < 0.01


def test_most_of_the_true_sky_is_masked(offline_catalog, items):
    chosen = [items[index] for index in range(0, 31, 6)]
    truth = list(offline_catalog.search(collections=["offline-truth"], ids=[item.id for item in chosen]).items())
    masked = (~clear(load(chosen, ["SCL_20m"], WINDOW).SCL_20m)).mean(("x", "y"))
    covered = (load(truth, ["SKY_10m"], WINDOW).SKY_10m > 0).mean(("x", "y"))
    assert float(covered.max()) > 0.05  # the check has something to see
    np.testing.assert_array_less(masked, covered + 0.03)
    np.testing.assert_array_less(0.5 * covered - 0.05, masked)


@pytest.mark.parametrize("name", ["SCL", "scl", "AOT", "wvp", "TCI"])
def test_names_without_their_resolution_are_known_too(name):
    """`dn.rename(SCL_20m="scl")` was scaled as a band, B04 was seen as a mask."""
    with pytest.raises(BadInput, match=f"{name} không phải band phản xạ"):
        reflectance(xr.DataArray(np.array([4], "uint8"), name=name), 0.0001, -0.1)
    with pytest.raises(BadInput, match="phải là lớp SCL_20m"):
        clear(xr.DataArray(np.array([5], "uint8"), name="b04"))
    assert clear(xr.DataArray(np.array([5], "uint8"), name="scl")).all()


@pytest.mark.parametrize(
    ("nir", "red"), [("B04_10m", "B08_10m"), ("B08_10m", "B08_10m"), ("b03", "x"), ("x", "B8A_20m")]
)
def test_ndvi_refuses_bands_that_changed_places(nir, red):
    with pytest.raises(BadInput, match="cận hồng ngoại"):
        ndvi(xr.DataArray([0.4], name=nir), xr.DataArray([0.1], name=red))


@pytest.mark.parametrize(
    "function", [lambda dn: reflectance(dn, 0.0001, -0.1), clear, lambda dn: ndvi(dn * 1.0, dn * 1.0)]
)
def test_coordinates_that_repeat_are_told(function):
    """A raw TransformNotInvertibleError of affine."""
    grid = GeoBox.from_bbox((600000, 2300000, 600040, 2300040), crs="EPSG:32648", resolution=10)
    dn = xr_zeros(grid, dtype="uint8").isel(x=[0, 0, 1])
    with pytest.raises(BadInput, match="lặp lại"):
        function(dn)
