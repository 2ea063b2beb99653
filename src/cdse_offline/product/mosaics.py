"""The mosaics of Sentinel-1 and Sentinel-2: items and collections in the form of CDSE's own, mistakes included.

CDSE's items of Sentinel-2's mosaics have no `proj:transform`, and a `proj:bbox` around the footprint's box in degrees,
up to two kilometres too large; those of Sentinel-1's have `proj:transform` in GDAL's order. Both are so here. What CDSE
has and there is not here: `file:size` of the images, which are made when they are first read.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any, NamedTuple
from uuid import NAMESPACE_URL, uuid5

from cdse_offline.holdings import Record
from cdse_offline.product import assets
from cdse_offline.product.collections import build_collection, drop_place
from cdse_offline.product.items import (
    EXTENSIONS,
    SCHEMES,
    describe_archive,
    describe_https,
    format_time,
    say_simulated,
    simulate_update,
)
from cdse_offline.product.regions import Coverage, join_boxes
from cdse_offline.simulation.derived import MOSAIC_SIDE, Month, Quarter, list_months, list_quarters
from cdse_offline.simulation.files import USERDATA, DerivedFile
from cdse_offline.simulation.metadata import build_userdata
from cdse_offline.simulation.places import PLACES, Place, Tile

OPTICAL, RADAR = "sentinel-2-global-mosaics", "sentinel-1-global-mosaics"
COG = "image/tiff; application=geotiff; profile=cloud-optimized"
_NODATA = -32768
_WHERE = "chỉ có trong cửa sổ cdse_offline:window, ngoài đó không có dữ liệu."
_SIMULATED = {
    OPTICAL: f"Ảnh ghép quý từ các ảnh mô phỏng để luyện tập: điểm ảnh do chương trình vẽ ra, {_WHERE}",
    RADAR: f"Ảnh ghép tháng mô phỏng để luyện tập: tán xạ ngược do chương trình tính ra, {_WHERE}",
}
_PUBLISHED = timedelta(days=15)  # after the last day
Mosaic = Quarter | Month


class _TileOfMosaic(NamedTuple):
    """What would take pyproj to compute: degrees, but for `told`."""

    corners: tuple[tuple[float, float], ...]  # lower left, upper left, upper right, lower right, as CDSE begins
    told: list[float]  # CDSE's `proj:bbox`: metres around the box in degrees around the corners
    window: list[float]  # a box around all that the tile sees of its place


_TILES = {
    "32UPU": _TileOfMosaic(
        (
            (10.336572485172, 47.844841654091), (10.360279246276, 48.744984111223),
            (11.72044495892, 48.720889203955), (11.673085459722, 47.821491734392),
        ),
        [598257.254868, 5297324.898031, 703624.592696, 5402678.00154],
        [11.431237, 47.823906, 11.570905, 47.898067],
    ),
    "48QWJ": _TileOfMosaic(
        (
            (104.999807816497, 20.799156508166), (104.999806640161, 21.703417285408),
            (105.967326801791, 21.700595341697), (105.961443017777, 20.796463001963),
        ),
        [499979.877225, 2299621.909333, 600672.385147, 2400312.370893],
        [105.88535, 20.796463, 105.961897, 20.868428],
    ),
    "48PWR": _TileOfMosaic(
        (
            (104.999818016388, 9.046200661013), (104.999817537813, 9.951408032022),
            (105.912818308374, 9.950162280604), (105.910424503096, 9.045070149686),
        ),
        [499979.947342, 999835.013509, 600323.111905, 1100177.750807],
        [105.883735, 9.505219, 105.911857, 9.597536],
    ),
    "48PXR": _TileOfMosaic(
        (
            (105.909878623285, 9.045071504939), (105.91227099375, 9.950163774005),
            (106.8250318555, 9.946428579531), (106.820248248471, 9.04168183581),
        ),
        [599737.735704, 999585.20152, 700605.979664, 1100453.173381],
        [105.911065, 9.504918, 106.020656, 9.597466],
    ),
    "48PZA": _TileOfMosaic(
        (
            (107.771580062651, 13.552525928616), (107.782446244559, 14.456379512315),
            (108.709519769165, 14.443593728152), (108.695050728776, 13.54056997183),
        ),
        [798807.692161, 1498616.391523, 901628.510975, 1601436.713146],
        [107.96421, 13.806011, 108.059659, 13.899272],
    ),
    "49PAR": _TileOfMosaic(
        (
            (107.305133724385, 13.540572700595), (107.290665402243, 14.443596646302),
            (108.217739108452, 14.456381703702), (108.228604568772, 13.552527977769),
        ),
        [98391.567197, 1498616.466945, 201212.229817, 1601436.632357],
        [107.962695, 13.804663, 108.060943, 13.90066],
    ),
    "49PBT": _TileOfMosaic(
        (
            (108.205557346852, 15.358525185517), (108.193116154462, 16.262218447649),
            (109.128979075803, 16.27256165664), (109.137279492971, 15.368265331345),
        ),
        [198643.351814, 1698842.169068, 300947.260441, 1801145.302915],
        [108.585096, 15.434524, 108.681156, 15.527678],
    ),
    "48QXJ": _TileOfMosaic(
        (
            (105.960866559035, 20.796466230905), (105.966746816605, 21.700598724605),
            (106.933952416871, 21.69213781728), (106.922195751516, 20.788390384683),
        ),
        [599391.70608, 2299026.150994, 701304.092043, 2400936.859783],
        [106.062564, 21.237004, 106.161569, 21.329797],
    ),
}  # fmt: skip


def list_mosaics() -> list[Mosaic]:
    """All quarters and months of all places."""
    mosaics: list[Mosaic] = []
    for place in PLACES:
        mosaics += list_quarters(place)
        mosaics += list_months(place)
    return mosaics


def build_record(mosaic: Mosaic) -> Record:
    searched = {
        "id": mosaic.id,
        "collection": _name_collection(mosaic),
        "geometry": _build_geometry(mosaic.tile),
        "properties": _build_properties(mosaic),
    }
    return Record(searched, partial(build_item, mosaic))


def list_objects(mosaic: Mosaic) -> dict[str, DerivedFile]:
    """The files of a mosaic, by their keys."""
    folder = _name_folder(mosaic)
    return {f"{folder}/{_name_file(asset)}": DerivedFile(mosaic, asset) for asset in (USERDATA, *mosaic.images)}


def _name_collection(mosaic: Mosaic) -> str:
    return OPTICAL if isinstance(mosaic, Quarter) else RADAR


def _name_folder(mosaic: Mosaic) -> str:
    first, _ = mosaic.days
    kind = "Sentinel-2/S2MSI_L3__MCQ" if isinstance(mosaic, Quarter) else "Sentinel-1/S1SAR_L3_IW_MCM"
    return f"Global-Mosaics/{kind}/{first:%Y/%m/%d}/{mosaic.id}"


def _name_file(asset: str) -> str:
    return "userdata.json" if asset == USERDATA else f"{asset}.tif"


_OPTICAL_KIND = {
    "constellation": "sentinel-2",
    "instruments": ["msi"],
    "processing:facility": "Copernicus Data Space Ecosystem",
    "product:type": "S2MSI_L3__MCQ",
    "product:timeliness": "P3M",
}
_RADAR_KIND = {
    "constellation": "sentinel-1",
    "instruments": ["sar"],
    "processing:facility": "Sinergise Solutions",
    "product:type": "S1SAR_L3_IW_MCM",
    "product:timeliness": "P1M",
    "sar:instrument_mode": "IW",
    "sar:frequency_band": "C",
    "sar:center_frequency": 5.405,
    "sar:polarizations": ["VH", "VV"],
}


def _build_properties(mosaic: Mosaic) -> dict[str, Any]:
    start, end, published = _list_times(mosaic)
    is_optical = isinstance(mosaic, Quarter)
    own = _OPTICAL_KIND | {"proj:code": f"EPSG:{mosaic.tile.epsg}"} if is_optical else _RADAR_KIND
    values = {
        "created": published,
        "updated": simulate_update(published),
        "published": published,
        "eopf:origin_datetime": published,
        "datetime": start,
        "start_datetime": start,
        "end_datetime": end,
        "processing:level": "L3",
        "gsd": mosaic.resolution,
        "grid:code": f"MGRS-{mosaic.tile.name}",
        "expires": "9999-01-01T00:00:00.000000Z",
    }
    window = _TILES[mosaic.tile.name].window
    return values | own | SCHEMES | say_simulated(_SIMULATED[_name_collection(mosaic)], window)


def _list_times(mosaic: Mosaic) -> list[str]:
    """Start, end, publication: those of Sentinel-2's mosaics without fractions of a second."""
    first, last = mosaic.days
    digits = "seconds" if isinstance(mosaic, Quarter) else "microseconds"
    start, end = datetime.combine(first, time(), UTC), datetime.combine(last, time(23, 59, 59), UTC)
    return [format_time(start, digits), format_time(end, digits), format_time(end + _PUBLISHED)]


def _build_geometry(tile: Tile) -> dict[str, Any]:
    ring = [list(corner) for corner in _TILES[tile.name].corners]
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


def _compute_bbox(tile: Tile) -> list[float]:
    longitudes, latitudes = zip(*_TILES[tile.name].corners, strict=True)
    return [min(longitudes), min(latitudes), max(longitudes), max(latitudes)]


def _find_reach(place: Place) -> list[float]:
    return join_boxes(_compute_bbox(tile) for tile in place.tiles)


def build_item(mosaic: Mosaic, base: str) -> dict[str, Any]:
    """The item; `base` is the address of the service, with a slash at its end."""
    enclosure = {
        "rel": "enclosure",
        "href": f"s3://eodata/{_name_folder(mosaic)}/",
        "type": "application/x-directory",
        "title": "S3 path to source directory",
        "auth:refs": ["s3"],
        "storage:refs": assets.STORAGE,
    }
    return {
        "id": mosaic.id,
        "bbox": _compute_bbox(mosaic.tile),
        "type": "Feature",
        "links": [enclosure],
        "assets": _describe_files(mosaic, base),
        "geometry": _build_geometry(mosaic.tile),
        "collection": _name_collection(mosaic),
        "properties": _build_properties(mosaic),
        "stac_extensions": _list_extensions(mosaic),
        "stac_version": "1.1.0",
    }


def _list_extensions(mosaic: Mosaic) -> list[str]:
    """As CDSE's items name them: the optical ones without the projection that they use."""
    names = ["eopf-stac-extension", "alternate-assets", "authentication", "file", "processing", "product", "storage"]
    names += ["timestamps", "eo/"] if isinstance(mosaic, Quarter) else ["timestamps", "grid", "projection"]
    known = [url for url in EXTENSIONS if any(f"/{name}" in url for name in names)]
    return (
        known if isinstance(mosaic, Quarter) else [*known, "https://stac-extensions.github.io/sar/v1.3.0/schema.json"]
    )


def _describe_files(mosaic: Mosaic, base: str) -> dict[str, Any]:
    odata = f"{base}odata/v1/Products({uuid5(NAMESPACE_URL, mosaic.id)})"
    described = {USERDATA: _describe_userdata(mosaic)} | {name: _describe_image(mosaic, name) for name in mosaic.images}
    files = {}
    for asset, content in described.items():
        path = f"{mosaic.id}/{_name_file(asset)}"
        location = {
            "file:local_path": path,
            "href": f"s3://eodata/{_name_folder(mosaic)}/{_name_file(asset)}",
            "alternate": {"https": describe_https(odata, path)},
        }
        files[asset] = content | location | assets.ACCESS
    archive = describe_archive(mosaic.id, odata)
    return files | {"Product": archive}


def _describe_userdata(mosaic: Mosaic) -> dict[str, Any]:
    return {
        "type": "application/xml",  # it is JSON; so say CDSE's items
        "title": "Product Odata Response File (JSON)" if isinstance(mosaic, Quarter) else "userdata.json",
        "roles": ["metadata"],
        "file:size": len(build_userdata(mosaic)),
    }


def _describe_image(mosaic: Mosaic, name: str) -> dict[str, Any]:
    side = MOSAIC_SIDE // mosaic.resolution
    common = {"type": COG, "roles": ["data"], "proj:shape": [side, side]}
    if isinstance(mosaic, Quarter):
        described = _describe_count() if name == "observations" else _describe_reflectance(name)
        return common | described | {"gsd": 10, "proj:bbox": _TILES[mosaic.tile.name].told}
    tile = mosaic.tile
    grid = {"proj:code": f"EPSG:{tile.epsg}", "proj:transform": [tile.west, 20.0, 0.0, tile.north, 0.0, -20.0]}
    return common | _describe_backscatter(name) | grid


def _describe_reflectance(name: str) -> dict[str, Any]:
    band = assets.describe_band(name)
    return {"title": band["description"], "bands": [band], "data_type": "int16", "nodata": _NODATA}


def _describe_count() -> dict[str, Any]:
    return {
        "title": "Observations",
        "description": "Number of valid observations for each pixel",
        "data_type": "uint16",
        "nodata": 0,
    }


def _describe_backscatter(name: str) -> dict[str, Any]:
    received = "vertical" if name == "VV" else "horizontal"
    return {
        "title": f"{name}: Vertical transmit, {received} receive",
        "description": f"Amplitude of vertically polarized signal received {received}ly.",  # it is power; so says CDSE
        "sar:polarizations": [name],
        "data_type": "float32",
        "nodata": _NODATA,
    }


def build_optical_collection() -> dict[str, Any]:
    return _build_collection(
        list_quarters,
        "Sentinel-2 Level-3 Quarterly Mosaics (ảnh mô phỏng)",
        "Mỗi quý một ảnh: trong từng band, tứ phân vị thứ nhất của những lần nhìn hợp lệ (SCL khác 1, 3, 7, 8, 9, 10), "
        "nội suy tuyến tính như numpy và xarray; giá trị là phản xạ × 10000, không có offset, -32768 là không có dữ "
        "liệu. `observations` đếm những lần nhìn hợp lệ. Tính từ chính các ảnh của sentinel-2-l2a. Mỗi ô rộng "
        "100,08 km, hẹp hơn ô của ảnh gốc: phần của một vùng nằm ngoài đó không có ở đây.",
    ) | {"gsd": 10}


def build_radar_collection() -> dict[str, Any]:
    return _build_collection(
        list_months,
        "Sentinel-1 IW Monthly Mosaics (ảnh mô phỏng)",
        "Mỗi tháng một ảnh: gamma0 đã hiệu chỉnh địa hình, tuyến tính (không phải dB), phân cực VV và VH, 20 m, "
        "-32768 là không có dữ liệu. Tính từ lớp phủ, giai đoạn của cây trồng và mặt nước, có nhiễu đốm.",
    ) | {"gsd": 20}


def _build_collection(list_all: Callable[[Place], Sequence[Mosaic]], title: str, description: str) -> dict[str, Any]:
    sample = list_all(PLACES[0])[0]
    name = _name_collection(sample)
    files = {key: drop_place(asset) for key, asset in build_item(sample, "/")["assets"].items()}
    coverage = Coverage(partial(_find_interval, list_all), lambda tile: _TILES[tile.name].window, _find_reach)
    text = f"{_SIMULATED[name]} {description}"
    keyword = "Sentinel-2" if name == OPTICAL else "Sentinel-1"
    return build_collection(name, title, text, files, coverage, keyword) | SCHEMES


def _find_interval(list_all: Callable[[Place], Sequence[Mosaic]], place: Place) -> list[str]:
    mosaics = list_all(place)
    return [_list_times(mosaics[0])[0], _list_times(mosaics[-1])[1]]
