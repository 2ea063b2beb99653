"""cdse_access.checks.values: each argument is read into one form or refused, with all that is wrong at once."""

from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import numpy as np
import odc.stac
import pandas as pd
import pytest
import shapely
import xarray as xr
from odc.geo import CRS, geom, resxy_
from odc.geo.geobox import GeoBox
from odc.geo.xr import xr_zeros

from cdse_access.checks import values
from cdse_access.checks.arguments import check_fetch, check_load
from cdse_access.checks.values import read_values
from cdse_access.problems import BadInput
from tests.cdse_access.checks.example import AREA, BBOX, TRIANGLE, make_item, refuse

GEOBOX = GeoBox.from_bbox((682540, 5298490, 682590, 5298540), "EPSG:32632", resolution=10)
RING = [[11.4, 47.8], [11.5, 47.8], [11.5, 47.9], [11.4, 47.8]]
HIGH = {"type": "Polygon", "coordinates": [[[*place, 500.0] for place in RING]]}
FEATURE = {"type": "Feature", "properties": {}, "geometry": TRIANGLE}
BOW = {"type": "Polygon", "coordinates": [[[11.4, 47.8], [11.5, 47.9], [11.5, 47.8], [11.4, 47.9], [11.4, 47.8]]]}


def read(**given):
    """The value that comes of one argument, beside a good bbox."""
    (name,) = given
    found, wrong = read_values(({} if {name} in values.PLACES else {"bbox": BBOX}) | given)
    assert wrong == []
    return found[name]


def find_wrong(**given):
    return "\n".join(read_values({"bbox": BBOX} | given)[1])


def test_each_argument_of_odc_stac_is_described_or_refused():
    assert set() == values.NOT_DESCRIBED


@pytest.mark.parametrize(
    ("given", "value"),
    [
        ({"bbox": np.array(BBOX, "float32").tolist()}, tuple(np.array(BBOX, "float32").tolist())),
        ({"bbox": pd.Series(BBOX)}, BBOX),
        ({"chunks": {}}, {}),
        ({"chunks": {"x": np.int64(512), "y": -1, "time": "auto"}}, {"x": 512, "y": -1, "time": "auto"}),
        ({"crs": 32632}, CRS("EPSG:32632")),
        ({"crs": np.int32(32632)}, CRS("EPSG:32632")),
        ({"crs": "UTM"}, "UTM"),
        ({"dtype": np.float32}, "float32"),
        ({"dtype": {"B04_10m": "<u2", "*": float}}, {"B04_10m": "uint16", "*": "float64"}),
        ({"geobox": GEOBOX}, GEOBOX),
        ({"like": xr_zeros(GEOBOX)}, GEOBOX),
        ({"pool": np.int64(2)}, 2),
        ({"resampling": "Bilinear"}, "bilinear"),
        ({"resampling": {"*": "CUBIC"}}, {"*": "cubic"}),
        ({"resolution": np.float32(10)}, 10.0),
        ({"resolution": resxy_(10, -20)}, resxy_(10, -20)),
        ({"use_overviews": np.False_}, False),
        ({"anchor": "center"}, "center"),
    ],
)
def test_what_can_be_meant_is_read_into_one_form(given: Any, value: Any):
    assert read(**given) == value


def test_what_is_none_is_as_if_it_were_not_given():
    assert read_values({"bbox": BBOX, "crs": None, "chunks": None}) == ({"bbox": BBOX}, [])


def test_a_pool_of_threads_is_taken():
    with ThreadPoolExecutor(1) as pool:
        assert read(pool=pool) is pool


ODD: dict[str, list[Any]] = {
    "anchor": ["middle", 5j, [1, 2, 3], object()],
    "bbox": [
        *("1234", "11.4,47.8,11.5,47.9", b"1234", set(BBOX), dict.fromkeys(BBOX), iter(BBOX), 5),
        *(["11.4", "47.8", "11.5", "47.9"], [11.4, 47.8, True, 47.9], [10**400] * 4),
    ],
    "chunks": [
        *("auto", True, 512, [512], {"z": 5}, {"band": 1}),
        *({"x": 0}, {"x": -2}, {"x": 1.5}, {"x": True}, {"x": "512"}, {"x": (5, 5)}),
    ],
    "crs": ["EPSG:0", "mét", 0, -1, 1.5, True, [], {}, object(), "EPSG:5773", "EPSG:4978"],
    "dtype": ["uint17", "U5", bool, complex, "datetime64[s]", object, 5, {"*": "text"}, "longdouble", "float16"],
    "groupby": [5],
    "pool": [0, -1, 1.5, True, "4", [4]],
    "preserve_original_order": ["yes"],
    "resampling": ["nearst", "gauss", "sum", 0, True, ["nearest"], {"*": 5}, {"*": None}],
    "resolution": [0, -10, "10", "10m", (10, -10), [10], float("nan"), float("inf"), True],
    "use_overviews": [0, "no", []],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in ODD.items() for value in values])
def test_what_cannot_be_meant_is_refused_with_what_is_wanted(name, value):
    assert f"{name} " in find_wrong(**{name: value}) and "cần " in find_wrong(**{name: value})


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"bbox": None, "lon": (11.4, 11.5)}, "Hãy đưa cả lat, lon."),
        ({"bbox": None, "x": (1, 2), "y": (1, 2)}, "x và y cần có crs."),
        ({"bbox": None, "lon": (47.81, 47.83), "lat": (111.44, 111.48)}, "ra ngoài miền"),
        ({"bbox": None, "lon": "11", "lat": (47.81, 47.83)}, "lon là '11': cần hai số"),
        ({"lon": (11.4, 11.5), "lat": (47.8, 47.9)}, "Vùng được ghi nhiều lần (bbox, lat, lon)"),
        ({"geopolygon": TRIANGLE}, "Vùng được ghi nhiều lần (bbox, geopolygon)"),
        (
            {"bbox": None, "geobox": GEOBOX, "crs": "EPSG:32632", "resolution": 10},
            "geobox đã định lưới: hãy bỏ crs",
        ),
        ({"bbox": None, "geobox": "x"}, "geobox là 'x': cần một odc"),
        ({"bbox": None, "geobox": GeoBox((1, 1), GEOBOX.affine, None)}, "có hệ tọa độ"),
        ({"bbox": None, "like": xr.DataArray([1])}, "like là "),
        ({"bbox": None, "like": 5}, "like là 5"),
        ({"stac_cfg": {"*": {"assets": {"*": {"data_type": "uint8"}}}}}, "'stac_cfg': hãy bỏ nó ra"),
        ({"with_properties": ["eo:cloud_cover"]}, "'with_properties': hãy bỏ nó ra"),
        ({"fuse_func": "os.system"}, "'fuse_func': hãy bỏ nó ra"),
        ({"chunk": {}}, "'chunk': có phải chunks không?"),
    ],
)
def test_areas_and_names_that_cannot_be_meant(given, message):
    assert message in find_wrong(**given)


def test_all_that_is_wrong_is_said_at_once_to_load_and_to_fetch():
    wrong = {"bbox": "1234", "resolution": -10, "resampling": "nearst", "chunks": 5, "crs": "EPSG:0", "colour": 1}
    item = make_item()
    del item.assets["B08_10m"].extra_fields["proj:code"]
    for check in (check_load, check_fetch):
        with pytest.raises(BadInput) as caught:
            check([item], ["B04_10m", "B08_10m", "B99"], **wrong)
        message = str(caught.value)
        assert message.count("\n") == 7
        assert all(name in message for name in [*wrong, "B99", "proj:code"])


# -- areas of any form -------------------------------------------------------


@pytest.mark.parametrize(
    "area",
    [
        TRIANGLE,
        HIGH,
        FEATURE,
        {"type": "FeatureCollection", "features": [FEATURE, FEATURE | {"geometry": HIGH}]},
        {"type": "GeometryCollection", "geometries": [TRIANGLE]},
        shapely.Polygon(RING),
        shapely.force_3d(shapely.Polygon(RING), 5),
        shapely.MultiPolygon([shapely.Polygon(RING)]),
        geom.Geometry(TRIANGLE, "EPSG:4326"),
        geom.Geometry(TRIANGLE, "EPSG:4326").to_crs("EPSG:32632"),
        SimpleNamespace(__geo_interface__=FEATURE),
        SimpleNamespace(__geo_interface__={"type": "FeatureCollection", "features": [FEATURE]}, crs="EPSG:4326"),
    ],
    ids=str,
)
@pytest.mark.parametrize("name", ["geopolygon", "intersects"])
def test_an_area_of_any_form_is_read(name, area):
    found = read(**{name: area})
    assert not found.geom.has_z
    there = found.to_crs("EPSG:4326").geom
    assert there.symmetric_difference(shapely.Polygon(RING)).area < 1e-4 * there.area
    assert check_load([make_item()], ["B04_10m"], **{name: area, "crs": "EPSG:32632", "resolution": 10})
    items, bands, selected = check_fetch([make_item()], ["B04_10m"], crs="EPSG:32632", resolution=10, **{name: area})
    assert odc.stac.output_geobox([odc.stac.parse_item(items[0])], bands, **selected)


def test_pixels_beside_a_polygon_are_told_with_the_way_out(capsys):
    check_load([make_item()], ["B04_10m"], geopolygon=TRIANGLE, crs="EPSG:32632", resolution=10)
    assert capsys.readouterr().out.startswith("51% khung đã tải nằm ngoài hình, và vẫn có pixel")
    check_load([make_item()], ["B04_10m"], geopolygon=shapely.box(*BBOX), crs="EPSG:4326", resolution=0.0001)
    assert capsys.readouterr().out == ""
    geobox = GeoBox.from_bbox((11.4, 47.8, 11.5, 47.9), "EPSG:4326", shape=(20, 20))
    masked = xr_zeros(geobox, "float32").odc.mask(geom.Geometry(TRIANGLE, "EPSG:4326"))
    assert 0.4 < float(masked.isnull().mean()) < 1


@pytest.mark.parametrize(
    ("area", "message"),
    [
        ("POLYGON((11 47, 12 47, 12 48, 11 47))", "không phải chuỗi"),
        ('{"type": "Polygon"}', "không phải chuỗi"),
        (BOW, "không tự cắt"),
        (shapely.Polygon(), "có diện tích"),
        (shapely.Point(11.4, 47.8), "không phải điểm hay đường"),
        (shapely.LineString(RING), "không phải điểm hay đường"),
        ({"type": "FeatureCollection", "features": []}, "có diện tích"),
        ({"type": "Feature", "geometry": None}, "GeoJSON, shapely"),
        ({"type": "Polygon", "coordinates": [[["a", 1]]]}, "GeoJSON, shapely"),
        ({"type": "Polygon", "coordinates": [[[11, float("nan")], [12, 47], [12, 48], [11, 47]]]}, "là"),
        ({}, "GeoJSON, shapely"),
        (BBOX, "GeoJSON, shapely"),
        (5, "GeoJSON, shapely"),
        (SimpleNamespace(__geo_interface__=FEATURE, crs=None), "set_crs()"),
        (shapely.Polygon([place[::-1] for place in [[111.4, 47.8], [111.5, 47.8], [111.5, 47.9]]]), "ra ngoài miền"),
        (shapely.box(0, 40, 20, 48), "rộng hơn 10°"),
        (shapely.box(682540, 5298490, 685230, 5300540), "ra ngoài miền"),
    ],
    ids=str,
)
def test_an_area_that_cannot_be_meant_is_refused(area, message):
    assert message in refuse([make_item()], geopolygon=area, crs="EPSG:32632", resolution=10)


@pytest.mark.parametrize(
    "bbox", [(179.5, -17, 180, -16.5), (-180, -17, -179.5, -16.5), (11, 86, 12, 87), (11, -90, 12, -89)]
)
@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:32660", "EPSG:32760", "utm", "EPSG:3031"])
def test_areas_at_the_edges_of_longitude_and_latitude_are_refused(bbox, crs):
    item = make_item(west=bbox[0])
    item.geometry = shapely.box(*bbox).__geo_interface__
    resolution = 0.001 if crs == "EPSG:4326" else 100
    message = refuse([item], bbox=bbox, crs=crs, resolution=resolution)
    assert "chạm kinh tuyến 180 hay cực" in message or "không hợp lệ" in message


# -- types -------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["uint8", "int8", {"*": "uint8"}])
def test_a_type_that_cannot_hold_what_is_in_the_file_is_refused(dtype):
    assert "không giữ đúng được mọi DN của B04_10m" in refuse([make_item()], dtype=dtype, **AREA)


@pytest.mark.parametrize("dtype", ["int16", "uint16", "int32", "float32", "float64"])
def test_a_type_that_can_is_taken(dtype):
    assert check_load([make_item()], ["B04_10m", "SCL_20m"], dtype=dtype, **AREA)
    assert check_load([make_item()], ["SCL_20m"], dtype="uint8", **AREA)


def test_a_band_that_no_item_has_is_no_key():
    assert "resampling nói về 'B4'" in refuse([make_item()], resampling={"B4": "cubic"}, **AREA)
    assert "dtype nói về 'B4'" in refuse([make_item()], dtype={"B4": "uint16"}, **AREA)
