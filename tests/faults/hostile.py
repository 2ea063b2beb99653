"""What a learner's environment may hold, and what a learner may write for an argument: as data."""

from datetime import datetime
from typing import Any

import numpy as np

from tests.faults.world import AREA, BANDS

Arguments = dict[str, Any]
NAN, INFINITE = float("nan"), float("inf")

# -- the environment ---------------------------------------------------------

_PATHS = ("", " ", "{folder}/nowhere", "{folder}", "{file}", "/dev/null")
_PROXIES = ("", " ", "http://127.0.0.1:9", "127.0.0.1:9", "abc", "http://", "socks5://127.0.0.1:9", "http://[::1")
_TEXTS = ("", " ", "abc", "-1", "0", "1e400", "khóa", "a" * 5000)
_SWITCHES = ("", "YES", "NO", "abc")
VARIABLES: dict[str, tuple[str | None, ...]] = {
    **dict.fromkeys(("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"), _PATHS),
    **dict.fromkeys(("GDAL_CURL_CA_BUNDLE", "AWS_CA_BUNDLE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"), _PATHS),
    **dict.fromkeys(("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"), _PROXIES),
    **dict.fromkeys(("no_proxy", "NO_PROXY"), (None, "", "*", "example.org", "127.0.0.1", "abc,,;")),
    "CDSE_CACHE": (*_PATHS[:4], "{file}", "{file}/below", "/dev/null", "/proc/nothing", "{folder}/" + "a" * 300),
    "CDSE_CACHE_MAX": ("", " ", "nan", "inf", "-1", "1e400", "20GB", "0", "1e-9", "20 "),
    "CDSE_ENV_FILE": _PATHS,
    "HOME": (None, "", "/nonexistent", "{file}", "{folder}/nhà của tôi"),
    **dict.fromkeys(("XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "TMPDIR"), _PATHS),
    **dict.fromkeys(("AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"), _TEXTS),
    **dict.fromkeys(("AWS_MAX_ATTEMPTS", "AWS_RETRY_MODE", "AWS_ENDPOINT_URL", "AWS_DEFAULTS_MODE"), _TEXTS),
    **dict.fromkeys(("AWS_REQUEST_CHECKSUM_CALCULATION", "AWS_STS_REGIONAL_ENDPOINTS", "AWS_REQUEST_PAYER"), _TEXTS),
    **dict.fromkeys(("AWS_HTTPS", "AWS_VIRTUAL_HOSTING", "AWS_NO_SIGN_REQUEST", "GDAL_HTTP_UNSAFESSL"), _SWITCHES),
    **dict.fromkeys(("GDAL_NUM_THREADS", "OPJ_NUM_THREADS", "GDAL_CACHEMAX", "GDAL_HTTP_MAX_RETRY"), _TEXTS),
    **dict.fromkeys(("GDAL_HTTP_TIMEOUT", "GDAL_HTTP_PROXY", "GDAL_HTTP_HEADERS", "GDAL_HTTP_USERPWD"), _TEXTS),
    **dict.fromkeys(("CPL_VSIL_CURL_ALLOWED_EXTENSIONS", "GDAL_DISABLE_READDIR_ON_OPEN", "CPL_TMPDIR"), _TEXTS),
    **dict.fromkeys(("VSI_CACHE", "CPL_VSIL_CURL_USE_HEAD", "GDAL_PAM_ENABLED", "GDAL_TIFF_INTERNAL_MASK"), _SWITCHES),
    **dict.fromkeys(("JP2OPENJPEG_STRICT", "STRICT", "USE_TILE_AS_BLOCK", "GDAL_GEOREF_SOURCES"), _SWITCHES),
    **dict.fromkeys(("GDAL_SKIP", "GDAL_DRIVER_PATH", "GDAL_DATA", "PROJ_DATA", "PROJ_LIB"), _PATHS),
    **dict.fromkeys(("COLUMNS", "TERM", "TQDM_MININTERVAL", "TQDM_DISABLE", "NO_COLOR", "LC_ALL", "LANG"), _TEXTS),
    "ENDPOINT": ("", " ", "abc", "http://", "ftp://{s3}", "khóa:{secret}@{s3}", "127.0.0.1:99999", "[::1]:9", "{s3}\n",
                 "localhost.evil.invalid:1", "{s3}/eodata", "{s3}:1", "?{s3}", "127.1:9", "\u0661:9"),
    "STAC": ("", " ", "abc", "http://", "ftp://{s3}/stac/v1/", "http://{s3}", "http://{s3}/", "http://[::1", "{stac}\n",
             "http://{s3}/stac/v1/search", "http://127.0.0.1:99999/", "file:///etc/passwd", "{stac}?a=b", "{stac}#a"),
    "KEY": (*_TEXTS, "{access}\x7f", "{access}\u200b", "\ufeff{access}", "{access}{access}"),
    "SECRET": (*_TEXTS, "{secret}\x7f", "{secret}\u00a0", "{secret}="),
}  # fmt: skip
STREAMS = ("cp1258", "ascii", "utf-16", "closed", "none", "full")

# -- arguments ---------------------------------------------------------------

_RING = [[AREA[0], AREA[1]], [AREA[2], AREA[1]], [AREA[2], AREA[3]], [AREA[0], AREA[3]], [AREA[0], AREA[1]]]
FIELD = {"type": "Polygon", "coordinates": [_RING]}
_POINT = {"type": "Point", "coordinates": [11.5, 47.8]}
_SHAPES = ("POLYGON EMPTY", _POINT, {"type": "Polygon"}, {"type": "Polygon", "coordinates": []})
_ODD: tuple[Any, ...] = (NAN, INFINITE, 1e308, None, "a", [], 10**400, 1j)
_SPOILT = [(*AREA[:3], value) for value in _ODD]
_ELSEWHERE = [AREA[::-1], (0, 0, 0, 0), (-180, -90, 180, 90), (200, 47, 201, 48)]
_BOXES = ([], [11.5], AREA[:3], (*AREA, 1), "", "a", 5, True, {"a": 1}, {*AREA}, object(), *_SPOILT, *_ELSEWHERE)
_HIGH = (*AREA[:2], 0, *AREA[2:], 900)
_ANYTHING: tuple[Any, ...] = (5, "a", [], {})
# Values that must be refused, and those with which the truth may come, by argument of load and of search.
NOT_LOADED: dict[str, tuple[Any, ...]] = {
    "groupby": ("day", "", 5, ["time"], "eo:nothing", {"a": 1}, NAN),
    "resampling": ("no", "", 3, "bilinear", ["nearest"], {"SCL_20m": "cubic"}, {"B04_20m": 3}),
    "bbox": _BOXES,
    "bands": ([], [None], [4], [["B04_20m"]], 5, "", ["B04_20m", ""], [b"B04_20m"], {}),
    "crs": ("EPSG:0", "abc", "", 5, -1, [], {}, 1.5, "EPSG:999999", True),
    "resolution": (0, NAN, INFINITE, 1e-9, 1e9, "a", "", [], {}, 1j, True, (20,), (1, 2, 3)),
    "chunks": (5, "a", [1], {"x": 0}, {"x": -7}, {"x": "a"}, {"x": 1.5}, {"x": []}),
    "dtype": ("abc", "", 5, [], "uint8", "object", "datetime64[s]"),
    "nodata": ("a", [], {}, 1j, 10**400),
    **dict.fromkeys(("like", "geobox", "geopolygon", "lon", "lat", "x", "y"), (*_ANYTHING, *_SHAPES)),
    "anchor": ("abc", 5j, [], {"a": 1}),
    "fail_on_error": (False, "no"),
    **dict.fromkeys(("box", "Bands", "bbox_", "cloud", "on_error", "nodatas"), (1,)),
    "items": ("text", "number", "nothing", "paths", "holes", "foreign"),
}
LOADED: dict[str, tuple[Any, ...]] = {
    "groupby": ("time", "id", "solar_day"),
    "resampling": ("nearest", {"*": "cubic", "SCL_20m": "nearest"}),
    "bbox": (list(AREA), np.array(AREA), _HIGH, [*map(str, AREA)]),
    "bands": (tuple(BANDS), dict.fromkeys(BANDS), np.array(BANDS), [*BANDS, *BANDS]),
    "crs": (32632, "epsg:32632"),
    "resolution": (20.0, np.float32(20)),
    "chunks": ({}, {"x": 7, "y": 20}, {"time": 1}, {"x": -1}),
    "items": ("collection", "tuple", "generator", "documents"),
}
NOT_FOUND: dict[str, tuple[Any, ...]] = {
    "collections": ([], [None], [5], "", 5, {"a": 1}, [["sentinel-2-l2a"]], ["a" * 10_000]),
    "datetime": (5, "", " ", [], [None], "a", "/", "0/0", {}, [1, 2, 3], NAN),
    "limit": (0, -5, "a", [], NAN, 1.5, {}),
    "max_items": (-1, "a", [], NAN, {}),
    "bbox": _BOXES,
    "intersects": (*_ANYTHING, *_SHAPES),
    **dict.fromkeys(("query", "filter"), (5, "nothing = ", [5], {"a": {"b": 1}})),
    **dict.fromkeys(("sortby", "fields"), (5, [5])),
    "ids": (5, [5], [None], {"a": 1}),
    **dict.fromkeys(("cloud_cover", "box", "collection", "Datetime"), (1,)),
}
_WHOLE_DAYS = (datetime(2023, 9, 1), datetime(2023, 9, 30, 23, 59))  # without a zone, as a learner writes them
FOUND: dict[str, tuple[Any, ...]] = {
    "collections": ("sentinel-2-l2a", ("sentinel-2-l2a",)),
    "datetime": (["2023-09-01", "2023-09-30"], ("2023-09-01", "2023-09-30"), _WHOLE_DAYS),
    "limit": (1, 100),
    "bbox": (list(AREA), np.array(AREA), _HIGH),
    "intersects": (FIELD,),
}
