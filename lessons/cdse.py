"""Kết nối CDSE: chọn dịch vụ, mở catalog, đặt môi trường GDAL, kiểm tra đầu vào trước khi tải."""

import json
import math
import os
import subprocess
import sys
import warnings
from collections.abc import Iterable, Sequence
from urllib.parse import urlsplit

import dask
import odc.stac
from pystac import Item
from pystac_client import Client
from pystac_client.stac_api_io import StacApiIO
from shapely.geometry import box, shape
from urllib3.util import Retry

LIVE_STAC = "https://stac.dataspace.copernicus.eu/v1/"
LIVE_S3 = "eodata.dataspace.copernicus.eu"
KEY_MANAGER = "https://eodata-s3keysmanager.dataspace.copernicus.eu/"

# Hồ sơ an toàn: một luồng giải nén (nhiều luồng thì lỗi mạng biến thành số 0 mà không báo),
# không liệt kê thư mục, thử lại có chừng mực, không chờ vô hạn.
GDAL = {
    "GDAL_NUM_THREADS": "1",
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_HTTP_MAX_RETRY": "4",
    "GDAL_HTTP_RETRY_DELAY": "1",
    "GDAL_HTTP_CONNECTTIMEOUT": "10",
    "GDAL_HTTP_TIMEOUT": "60",
    "GDAL_HTTP_LOW_SPEED_TIME": "15",
    "GDAL_HTTP_LOW_SPEED_LIMIT": "1000",
}
# Biến còn sót của dịch vụ khác, làm hỏng chữ ký hoặc tắt kiểm tra chứng chỉ.
LEFTOVERS = ("AWS_SESSION_TOKEN", "AWS_NO_SIGN_REQUEST", "AWS_PROFILE", "AWS_REQUEST_PAYER", "GDAL_HTTP_UNSAFESSL")
CONNECTIONS = 4  # CDSE cho mỗi người dùng 4 kết nối cùng lúc

_offline: tuple[subprocess.Popen, dict] | None = None  # tiến trình con và dòng JSON nó trả lời


def connect(service: str | None = None) -> Client:
    """Chọn CDSE, đặt môi trường để đọc ảnh, và trả về catalog STAC đã mở.

    service: `None` để tự chọn — có `CDSE_STAC_URL` và `CDSE_S3_ENDPOINT` thì dùng dịch vụ ấy, có cặp khóa S3
    thì dùng CDSE thật, còn lại khởi động CDSE ngoại tuyến; `"live"` hoặc `"offline"` để ép một loại.
    In một dòng cho biết đang dùng dịch vụ nào. Mở catalog có thử lại và có giới hạn thời gian.
    Lỗi: ValueError khi khóa hay địa chỉ sai dạng; ConnectionError khi dịch vụ không trả lời.
    Nguồn: tài liệu CDSE, mục S3 và STAC.
    """
    if service not in (None, "live", "offline"):
        raise ValueError(f'Không có dịch vụ {service!r}: hãy gọi connect(), connect("live") hoặc connect("offline").')
    given = service is None and {"CDSE_STAC_URL", "CDSE_S3_ENDPOINT"} & os.environ.keys()
    keys = None if service == "offline" else s3_keys()
    if given:
        name, stac, s3 = "dịch vụ được chỉ định", *_given_addresses()
    elif keys or service == "live":
        name, stac, s3 = "CDSE thật", LIVE_STAC, LIVE_S3
    else:
        offer = _start_offline()
        name, stac, s3 = "CDSE ngoại tuyến: ảnh mô phỏng, không cần tài khoản hay mạng", offer["stac"], offer["s3"]
        keys = offer["access_key"], offer["secret_key"]
    if keys is None:
        raise ValueError(
            f"Thiếu khóa S3: hãy tạo tại {KEY_MANAGER} rồi đặt CDSE_S3_ACCESS_KEY và CDSE_S3_SECRET_KEY, "
            'hoặc gọi connect("offline").'
        )
    dropped = set_environment(s3, keys, https=stac.startswith("https"))
    catalog = open_catalog(stac)
    print(f"Đang dùng {name}." + (f" Đã bỏ {', '.join(dropped)}." if dropped else ""))
    return catalog


def s3_keys() -> tuple[str, str] | None:
    """Cặp khóa S3 (access, secret) trong môi trường, `None` nếu không có; không bao giờ đọc AWS profile.

    Lỗi: ValueError khi chỉ có nửa cặp, hoặc khóa chứa khoảng trắng hay xuống dòng.
    """
    for names in (("CDSE_S3_ACCESS_KEY", "CDSE_S3_SECRET_KEY"), ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")):
        values = [os.environ.get(name, "") for name in names]
        if not any(values) or (_offline and values[0] == _offline[1]["access_key"]):
            continue  # khóa của CDSE ngoại tuyến là do connect() đặt, không phải của người dùng
        for name, value in zip(names, values, strict=True):
            if not value:
                raise ValueError(f"Thiếu {name}: hãy đặt cả {names[0]} và {names[1]}, hoặc bỏ cả hai.")
            if value.split() != [value]:
                raise ValueError(f"{name} chứa khoảng trắng hoặc xuống dòng: hãy dán lại đúng chuỗi khóa.")
        return values[0], values[1]
    return None


def _given_addresses() -> tuple[str, str]:
    stac, s3 = os.environ.get("CDSE_STAC_URL", ""), os.environ.get("CDSE_S3_ENDPOINT", "")
    if not (stac and s3):
        raise ValueError("Hãy đặt cả CDSE_STAC_URL và CDSE_S3_ENDPOINT, hoặc bỏ cả hai.")
    if not stac.startswith(("http://", "https://")):
        raise ValueError(f"CDSE_STAC_URL là {stac!r}: cần địa chỉ đầy đủ, ví dụ {LIVE_STAC}")
    if "/" in s3 or s3 != s3.strip():
        host = urlsplit(s3.strip()).netloc or s3.strip().split("/")[0]
        raise ValueError(f"CDSE_S3_ENDPOINT là {s3!r}: chỉ ghi tên máy và cổng, hãy đặt CDSE_S3_ENDPOINT={host}")
    return stac, s3


def set_environment(s3: str, keys: tuple[str, str], *, https: bool = True) -> list[str]:
    """Đặt toàn bộ môi trường GDAL (hồ sơ an toàn, địa chỉ, khóa) trước lần đọc đầu tiên.

    s3: tên máy, không có `https://`. Trả về tên các biến còn sót đã bỏ khỏi tiến trình này.
    """
    dropped = [name for name in LEFTOVERS if os.environ.pop(name, None) is not None]
    os.environ |= GDAL | {"AWS_ACCESS_KEY_ID": keys[0], "AWS_SECRET_ACCESS_KEY": keys[1]}
    os.environ |= {"AWS_S3_ENDPOINT": s3, "AWS_HTTPS": "YES" if https else "NO", "AWS_VIRTUAL_HOSTING": "FALSE"}
    odc.stac.configure_rio(**GDAL)  # nếu không, odc-stac tự thử lại 10 lần, có khi hơn 25 phút
    dask.config.set(num_workers=CONNECTIONS)
    # rasterio báo nhầm điều này khi nhiều luồng cùng đọc
    warnings.filterwarnings("ignore", "Dataset has no geotransform", module="rasterio.warp")
    return dropped


def open_catalog(url: str) -> Client:
    """Mở catalog STAC tại `url`; lỗi tạm thời (429, 5xx, mất kết nối) được thử lại, kể cả với POST."""
    busy = [429, 502, 503, 504]
    retry = Retry(5, connect=2, backoff_factor=0.5, status_forcelist=busy, allowed_methods=None, retry_after_max=60)
    try:
        return Client.open(url, stac_io=StacApiIO(max_retries=retry), timeout=30)
    except Exception as error:
        raise ConnectionError(
            f'Không mở được catalog {url} ({error}). Hãy kiểm tra mạng và địa chỉ, hoặc gọi connect("offline").'
        ) from error


def _start_offline() -> dict:
    """Khởi động CDSE ngoại tuyến làm tiến trình con, mỗi kernel một lần; kernel tắt thì nó tắt theo."""
    global _offline
    if _offline is None or _offline[0].poll() is not None:
        os.environ["NO_PROXY"] = ",".join(filter(None, [os.environ.get("NO_PROXY"), "127.0.0.1,localhost"]))
        command = [sys.executable, "-m", "cdse_offline", "--port", "0", "--until-stdin-closes"]
        child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        line = child.stdout.readline()
        if not line:
            raise ConnectionError(f"CDSE ngoại tuyến không khởi động được (mã {child.wait()}): hãy chạy `make lab`.")
        _offline = child, json.loads(line)
    return _offline[1]


def check_bbox(bbox: Sequence[float]) -> tuple[float, float, float, float]:
    """Kiểm tra khung (tây, nam, đông, bắc) tính bằng độ và trả lại nó.

    Lỗi: ValueError khi thiếu số, ngoài miền, sai thứ tự, hoặc có vẻ đảo kinh độ với vĩ độ.
    """
    if len(bbox) != 4 or not all(math.isfinite(value) for value in bbox):
        raise ValueError(f"bbox là {bbox}: cần bốn số (tây, nam, đông, bắc) tính bằng độ.")
    west, south, east, north = bbox
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= 90 and -90 <= north <= 90):
        raise ValueError(f"bbox {bbox} ra ngoài miền: kinh độ từ -180 đến 180, vĩ độ từ -90 đến 90. Có đảo chỗ không?")
    if west >= east or south >= north:
        raise ValueError(f"bbox {bbox} sai thứ tự: cần (tây, nam, đông, bắc), tây < đông và nam < bắc.")
    if east - west > 10 or north - south > 10:
        raise ValueError(f"bbox {bbox} rộng hơn 10°: hãy kiểm tra thứ tự (tây, nam, đông, bắc) hoặc chia nhỏ vùng.")
    return west, south, east, north


def check_items(items: Iterable[Item], *, bands: Sequence[str], bbox: Sequence[float]) -> None:
    """Kiểm tra trước khi tải: có item, item nào cũng có đủ band và chạm vùng quan tâm.

    odc-stac không kiểm tra giúp: thiếu band hay sai vùng, nó trả về toàn số 0 mà không báo.
    Lỗi: ValueError nêu tên item, band và cách sửa.
    """
    area = box(*check_bbox(bbox))
    items = list(items)
    if not items:
        raise ValueError(
            "Không có item nào: hãy nới thời gian hay ngưỡng mây, xem lại bbox (kinh độ trước) và collection."
        )
    for item in items:
        for band in bands:
            if band not in item.assets:
                like = [name for name in item.assets if name.split("_")[0] == band.split("_")[0]] or list(item.assets)
                raise ValueError(f"{item.id} không có band {band!r}: hãy chọn trong {', '.join(like)}.")
        window = item.properties.get("cdse_offline:window")  # cảnh mô phỏng chỉ có pixel trong khung này
        if not shape(item.geometry).intersects(area) or (window and not box(*window).intersects(area)):
            raise ValueError(
                f"bbox {tuple(bbox)} nằm ngoài {item.id}, vốn phủ {window or item.bbox}: hãy xem lại bbox."
            )
