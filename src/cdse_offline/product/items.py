"""The items of the simulated scenes, in the form of CDSE's own.

What the item of 28 September 2023 over Oberland says of itself (times, angles, shares of the scene classes) is what
the real one of that day says; the others follow from the timetable and from numbers that belong to the acquisition.
"""

from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha3_256
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from cdse_offline.product import assets
from cdse_offline.simulation import metadata
from cdse_offline.simulation.places import Acquisition, Tile
from cdse_offline.simulation.version import source_version

SENTINEL, TRUTH = "sentinel-2-l2a", "offline-truth"
SIMULATED = (
    "Ảnh mô phỏng để luyện tập: lịch bay, lưới ảnh và định dạng là của Sentinel-2, điểm ảnh do chương trình vẽ ra, "
    "chỉ có trong cửa sổ cdse_offline:window, ngoài đó là 0 (không có dữ liệu)."
)

# Longitude and latitude of the tile's corners (north-west, then round by the south) and the window's bounding box:
# computed once with pyproj, which would make the service slow to start. A test computes them again.
_FOOTPRINTS = {
    "32UPU": (
        (10.360279246276, 48.744984111223), (10.33433134896, 47.757409736875),
        (11.79809471529, 47.731044477273), (11.852438708461, 48.717694750704),
    ),
    "48QWJ": (
        (104.999806640161, 21.703417285408), (104.999807927456, 20.711327492297),
        (106.054218959428, 20.708100257539), (106.061282859408, 21.700020533114),
    ),
    "48QXJ": (
        (105.966746816605, 21.700598724605), (105.960311900586, 20.708649594448),
        (107.014371828775, 20.699544901069), (107.027861173142, 21.691015824552),
    ),
    "48PWR": (
        (104.999817537813, 9.951408032022), (104.999818060333, 8.958282391727),
        (105.998614716536, 8.956935037338), (106.001482101143, 9.949908528135),
    ),
    "48PXR": (
        (105.91227099375, 9.950163774005), (105.909658942959, 8.95716438437),
        (106.908183437356, 8.953363108011), (106.913659569086, 9.945933246181),
    ),
    "48PZA": (
        (107.782446244559, 14.456379512315), (107.770565706358, 13.464737612763),
        (108.783306840481, 13.451528723004), (108.799508129469, 14.442158363067),
    ),
    "49PAR": (
        (107.290665402243, 14.443596646302), (107.306484350411, 13.452864634519),
        (108.319320562352, 13.465712849999), (108.307824315994, 14.457429491356),
    ),
    "49PBT": (
        (108.193116154462, 16.262218447649), (108.206723036862, 15.270751954911),
        (109.228542972747, 15.281168035229), (109.219905437988, 16.27334604909),
    ),
}  # fmt: skip
# What each tile sees of a place.
_WINDOWS = {
    "32UPU": [11.43028, 47.803412, 11.570905, 47.898067],
    "48QWJ": [105.885229, 20.77574, 105.983813, 20.868428],
    "48QXJ": [106.062564, 21.237004, 106.161569, 21.329797],
    "48PWR": [105.883735, 9.504977, 106.000428, 9.597536],
    "48PXR": [105.911065, 9.504918, 106.020656, 9.597466],
    "48PZA": [107.96421, 13.806011, 108.059659, 13.899272],
    "49PAR": [107.962695, 13.804663, 108.060943, 13.90066],
    "49PBT": [108.585096, 15.434524, 108.681156, 15.527678],
}

# Where the satellite stands, seen from the tile's middle: azimuth and incidence angle. That of R065 is CDSE's own; the
# others follow from the ground tracks.
_VIEW = {
    ("32UPU", 65): (269.6725837191976, 4.842546212382268),
    ("32UPU", 22): (104.63, 8.41),
    ("48QWJ", 18): (107.18, 5.36),
    ("48QXJ", 18): (283.19, 1.77),
    ("48PWR", 118): (102.83, 4.0),
    ("48PXR", 118): (282.78, 3.11),
    ("48PZA", 118): (282.76, 9.44),
    ("49PAR", 118): (282.78, 5.83),
    ("49PBT", 118): (282.83, 9.39),
    ("49PBT", 75): (102.77, 9.61),
}
DESIGNATORS = {"2A": "2015-028A", "2B": "2017-013A"}

_KNOWN: dict[str, dict[str, Any]] = {
    "S2B_MSIL2A_20230928T101719_N0510_R065_T32UPU_20241026T142623": {
        "created": "2025-03-21T17:41:10.043000Z",
        "published": "2025-04-21T00:16:33.282435Z",
        "eopf:origin_datetime": "2025-03-21T17:41:10.043000Z",
        "statistics": {
            "water": 1.483443, "nodata": 1.7e-05, "dark_area": 0.003301, "vegetation": 80.213308,
            "thin_cirrus": 0.805717, "cloud_shadow": 0.0, "unclassified": 0.000269, "not_vegetated": 17.480843,
            "high_proba_clouds": 0.002183, "medium_proba_clouds": 0.010677, "saturated_defective": 0.0,
        },
        "eo:snow_cover": 0.000255,
        "view:sun_azimuth": 167.450831069454,
        "view:sun_elevation": 39.0424772062148,
    },
}  # fmt: skip

# One item has the mistake that a third of CDSE's items of 2023 and 2024 have in this band.
MISTAKEN = ("S2B_MSIL2A_20230816T032519_N0510_R018_T48QWJ_20241103T084208", "B07_60m")
_SHA3_256 = "1620"  # the code of the digest and its length, as a multihash begins

SCHEMES = {
    "auth:schemes": {
        "s3": {"type": "s3"},
        "oidc": {
            "type": "openIdConnect",
            "openIdConnectUrl": (
                "https://identity.dataspace.copernicus.eu/auth/realms/CDSE/.well-known/openid-configuration"
            ),
        },
    },
    "storage:schemes": {
        "cdse-s3": {
            "type": "custom-s3",
            "title": "Copernicus Data Space Ecosystem S3",
            "platform": "https://eodata.dataspace.copernicus.eu",
            "description": (
                "This endpoint provides access to EO data which is stored on the object storage of both CloudFerro "
                "Cloud and OpenTelekom Cloud (OTC). See the [documentation](https://documentation.dataspace.copernicus"
                ".eu/APIs/S3.html) for more information, including how to get credentials."
            ),
            "requester_pays": False,
        },
        "creodias-s3": {
            "type": "custom-s3",
            "title": "CREODIAS S3",
            "platform": "https://eodata.cloudferro.com",
            "description": (
                "Comprehensive Earth Observation Data (EODATA) archive offered by CREODIAS as a commercial part of "
                "CDSE, designed to provide users with access to a vast repository of satellite data without "
                "predefined quota limits."
            ),
            "requester_pays": True,
        },
    },
}
EXTENSIONS = [
    "https://cs-si.github.io/eopf-stac-extension/v1.2.0/schema.json",
    *(
        f"https://stac-extensions.github.io/{name}/schema.json"
        for name in (
            "alternate-assets/v1.2.0", "authentication/v1.1.0", "classification/v2.0.0", "eo/v2.0.0", "file/v2.1.0",
            "grid/v1.1.0", "processing/v1.2.0", "product/v1.0.0", "projection/v2.0.0", "raster/v2.0.0", "sat/v1.1.0",
            "storage/v2.0.0", "timestamps/v1.1.0", "view/v1.1.0",
        )
    ),
]  # fmt: skip


def format_time(when: datetime, digits: str = "microseconds") -> str:
    return when.astimezone(UTC).isoformat(timespec=digits).replace("+00:00", "Z")


def _divide(total: float, *shares: float) -> list[float]:
    """Parts of a whole in these proportions, with six digits; the last one takes the rounding."""
    parts = [round(total * share / sum(shares), 6) for share in shares[:-1]]
    return [*parts, round(total - sum(parts), 6)]


def _simulate_statistics(a: Acquisition) -> tuple[dict[str, float], float]:
    """Shares of the scene classes over the tile in per cent, and that of snow; with the clouds they make up 100."""
    cirrus, medium, high = _divide(a.cloud_cover, 1 + 2 * a.uniform("cirrus"), 1, 1 + 3 * a.uniform("high"))
    ground = 100 - a.cloud_cover
    green = (0.72 if a.place.climate == "alps" else 0.5) + 0.15 * a.uniform("green")
    wet = 0.015 if a.place.climate == "alps" else 0.09
    shade = min(0.3, a.cloud_cover / 400) * a.uniform("shade")
    vegetation, water, shadow, dark, unclassified, snow, bare = _divide(
        ground * (1 - shade), green, wet, 0.0, 0.004, 0.01, 1e-6, 0.97 - green - wet
    )
    shadow = round(ground * shade, 6)
    bare = round(100 - a.cloud_cover - vegetation - water - shadow - dark - unclassified - snow, 6)
    statistics = {
        "water": water, "nodata": 0.0, "dark_area": dark, "vegetation": vegetation, "thin_cirrus": cirrus,
        "cloud_shadow": shadow, "unclassified": unclassified, "not_vegetated": bare, "high_proba_clouds": high,
        "medium_proba_clouds": medium, "saturated_defective": 0.0,
    }  # fmt: skip
    return statistics, snow


@cache
def build_properties(a: Acquisition) -> dict[str, Any]:
    """The item's properties, their keys in CDSE's order."""
    start, published = format_time(a.start, "milliseconds"), a.processed + timedelta(days=150)
    created = format_time(a.processed + timedelta(days=120, seconds=int(86400 * a.uniform("created"))))
    statistics, snow = _simulate_statistics(a)
    azimuth, elevation = a.sun
    view_azimuth, incidence = _VIEW[a.tile.name, a.relative_orbit]
    known = _KNOWN.get(a.id, {})
    values: dict[str, Any] = {
        "gsd": 10,
        "created": created,
        "updated": "",  # follows
        "datetime": start,
        "platform": f"sentinel-{a.satellite.lower()}",
        "grid:code": f"MGRS-{a.tile.name}",
        "published": format_time(published),
        "statistics": statistics,
        "instruments": ["msi"],
        "auth:schemes": SCHEMES["auth:schemes"],
        "end_datetime": start,
        "product:type": "S2MSI2A",
        "view:azimuth": view_azimuth,
        "constellation": "sentinel-2",
        "eo:snow_cover": snow,
        "eo:cloud_cover": a.cloud_cover,
        "start_datetime": start,
        "sat:orbit_state": "descending",
        "storage:schemes": SCHEMES["storage:schemes"],
        "eopf:datatake_id": f"GS{a.satellite}_{a.start:%Y%m%dT%H%M%S}_{a.absolute_orbit:06}_N05.10",
        "processing:level": "L2",
        "view:sun_azimuth": round(azimuth, 6),
        "eopf:datastrip_id": f"S{a.satellite}_OPER_MSI_L2A_{assets.Product(a).datastrip}_N05.10",
        "processing:version": "05.10",
        "product:timeliness": "PT24H",
        "sat:absolute_orbit": a.absolute_orbit,
        "sat:relative_orbit": a.relative_orbit,
        "view:sun_elevation": round(elevation, 6),
        "processing:datetime": format_time(a.processed),
        "processing:facility": "ESA",
        "eopf:instrument_mode": "INS-NOBS",
        "eopf:origin_datetime": created,
        "view:incidence_angle": incidence,
        "product:timeliness_category": "NRT",
        "sat:platform_international_designator": DESIGNATORS[a.satellite],
    }
    values |= known | say_simulated(SIMULATED, find_window_box(a.tile))
    values["updated"] = simulate_update(values["published"])
    return values


def simulate_update(published: str) -> str:
    """A moment within a month after publication that belongs to the simulation's source: other pixels, another moment.

    Clients keep what they have read of an item until its `updated` changes.
    """
    month = timedelta(days=30) // timedelta(microseconds=1)
    delay = timedelta(microseconds=int(source_version(), 16) % month)
    return format_time(datetime.fromisoformat(published) + delay)


def say_simulated(description: str, window: list[float]) -> dict[str, Any]:
    return {
        "description": description,
        "cdse_offline:simulated": True,
        "cdse_offline:window": window,
    }


def find_window_box(tile: Tile) -> list[float]:
    """A box in degrees around all that the tile sees of its place."""
    return _WINDOWS[tile.name]


def build_geometry(tile: Tile) -> dict[str, Any]:
    ring = [list(corner) for corner in _FOOTPRINTS[tile.name]]
    return {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}


def compute_bbox(tile: Tile) -> list[float]:
    longitudes, latitudes = zip(*_FOOTPRINTS[tile.name], strict=True)
    return [min(longitudes), min(latitudes), max(longitudes), max(latitudes)]


def _build_item(
    a: Acquisition, collection: str, described: dict[str, Any], links: list[dict[str, Any]]
) -> dict[str, Any]:
    return {
        "id": a.id,
        "bbox": compute_bbox(a.tile),
        "type": "Feature",
        "links": links,
        "assets": described,
        "geometry": build_geometry(a.tile),
        "collection": collection,
        "properties": build_properties(a),
        "stac_extensions": EXTENSIONS,
        "stac_version": "1.1.0",
    }


def build_sentinel_item(a: Acquisition, base: str) -> dict[str, Any]:
    """The L2A item; `base` is the address of the service, with a slash at its end."""
    product = assets.Product(a)
    enclosure = {
        "rel": "enclosure",
        "href": f"s3://eodata/{product.folder}/",
        "type": "application/x-directory",
        "title": "S3 path to source directory",
        "auth:refs": ["s3"],
        "storage:refs": assets.STORAGE,
    }
    return _build_item(a, SENTINEL, _describe_files(a, product, base), [enclosure])


def _describe_files(a: Acquisition, product: assets.Product, base: str) -> dict[str, Any]:
    values = build_properties(a)
    statistics = values["statistics"] | {"eo:snow_cover": values["eo:snow_cover"]}
    view = values["view:azimuth"], values["view:incidence_angle"]
    # CDSE's `https` alternates need a token of its login service, and there is no such product there. They keep their
    # form but point at this service, which answers 401 as the real one does to who brings no token.
    odata = f"{base}odata/v1/Products({uuid5(NAMESPACE_URL, a.id)})"
    files: dict[str, Any] = {"Product": describe_archive(product.name, odata)}
    for key, path in product.asset_paths().items():
        s3 = {"href": f"s3://eodata/{product.folder}/{path}", "file:local_path": f"{product.name}/{path}"}
        if key == "thumbnail":
            files[key] = _describe_thumbnail(a, base, s3)
            continue
        file = s3 | {"alternate": {"https": describe_https(odata, s3["file:local_path"])}}
        if key in assets.IMAGES:
            files[key] = file | assets.describe_image(key, a.tile, statistics, view)
        else:
            files[key] = file | _describe_document(path, metadata.build_document(a, key))
    if a.id == MISTAKEN[0]:
        files[MISTAKEN[1]] = assets.mistake_grid(files[MISTAKEN[1]], a.tile)
    return files


def describe_https(odata: str, path: str) -> dict[str, Any]:
    nodes = "".join(f"/Nodes({part})" for part in path.split("/"))
    return {
        "href": f"{odata}{nodes}/$value",
        "auth:refs": ["oidc"],
        "storage:refs": [],
        "alternate:name": "HTTPS",
    }


def describe_archive(name: str, odata: str) -> dict[str, Any]:
    return {
        "href": f"{odata}/$value",
        "roles": ["data", "metadata", "archive"],
        "auth:refs": ["oidc"],
        "file:local_path": f"{name}.zip",
        "type": "application/zip",
        "title": "Zipped product",
    }


def _describe_thumbnail(a: Acquisition, base: str, s3: dict[str, str]) -> dict[str, Any]:
    alternate = {"href": s3["href"], "auth:refs": ["s3"], "storage:refs": assets.STORAGE, "alternate:name": "S3"}
    return {
        "href": f"{base}thumbnails/{a.id}.jpg",
        "roles": ["thumbnail", "overview"],
        "alternate": {"s3": alternate},
        "file:local_path": s3["file:local_path"],
        "proj:shape": [343, 343],
        "proj:code": None,
        "type": "image/jpeg",
        "title": "Quicklook",
        "data_type": "uint8",
        "alternate:name": "HTTPS",
    }


def _describe_document(path: str, content: bytes) -> dict[str, Any]:
    """A small file, of which size and checksum are known. Those of an image are known when it has been drawn."""
    return {
        "roles": ["metadata"],
        "type": "application/xml",
        "title": path.rsplit("/", 1)[-1],
        "file:size": len(content),
        "file:checksum": f"{_SHA3_256}{sha3_256(content).hexdigest()}",
    } | assets.ACCESS


def build_truth_item(a: Acquisition, base: str) -> dict[str, Any]:
    """What is known of the scene: the same id, in the collection of the truth."""
    product = assets.Product(a)
    files = {}
    for key in assets.TRUTH:
        files[key] = {"href": f"s3://eodata/{product.truth_key(key)}"} | assets.describe_truth(key, a.tile)
    files[assets.FIELDS] = assets.describe_fields(a.place, base)
    return _build_item(a, TRUTH, files, [])
