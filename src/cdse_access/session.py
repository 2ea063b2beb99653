"""Kết nối CDSE: chọn dịch vụ, mở catalog, đặt môi trường GDAL."""

import os
import warnings

import dask
import odc.stac
from pystac_client import Client

from cdse_access.catalog import open_catalog
from cdse_access.keys import Keys, keep, placing
from cdse_access.problems import BadInput
from cdse_access.service import Status, attach, choose, detach

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
# Biến còn sót của dịch vụ khác: làm hỏng chữ ký, dẫn sang kho khác, hoặc tắt kiểm tra chứng chỉ.
LEFTOVERS = (
    *("AWS_SESSION_TOKEN", "AWS_NO_SIGN_REQUEST", "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "AWS_REQUEST_PAYER"),
    *("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "GDAL_HTTP_UNSAFESSL"),
)
CONNECTIONS = 4  # CDSE cho mỗi người dùng 4 kết nối cùng lúc


def connect(service: str | None = None, *, strategy: str | None = None, persist: bool = False) -> Client:
    """Chọn CDSE, tìm và thử khóa, đặt môi trường để đọc ảnh, và trả về catalog STAC đã mở.

    service: `None` để tự chọn — có `CDSE_STAC_URL` và `CDSE_S3_ENDPOINT` thì dùng dịch vụ ấy, có cặp khóa S3
    thì dùng CDSE thật, còn lại khởi động CDSE ngoại tuyến; `"live"` hoặc `"offline"` để ép một loại.
    Khóa được tìm trong môi trường (`CDSE_S3_…`, rồi `AWS_…`), tệp `.env`, keyring; `connect("live")` còn hỏi thẳng
    nếu có người trả lời. strategy: chỉ tìm ở một nơi, "environment", ".env", "keyring" hoặc "prompt".
    persist: với `connect("live")`, cất cặp khóa vừa gõ và được nhận vào tệp `.env` cho các lần sau.
    In một dòng cho biết đang dùng dịch vụ nào. Gọi lại thì chỉ thử lại khóa.
    Lỗi: BadInput (ValueError) khi khóa hay địa chỉ sai dạng; Rejected (PermissionError) khi dịch vụ từ chối khóa;
    Unavailable (ConnectionError) khi dịch vụ không trả lời. Có lỗi thì môi trường giữ nguyên như trước.
    Nguồn: tài liệu CDSE, mục S3 và STAC.
    """
    if persist and service != "live":
        raise BadInput('persist=True chỉ dùng cùng connect("live"), nơi bạn gõ khóa của mình.')
    chosen = choose(service, strategy)
    with placing(chosen.found):
        dropped = set_environment(chosen.addresses.s3, chosen.found.keys, https=chosen.addresses.https)
        catalog = attach(chosen, open_catalog)
    kept = keep(chosen.found) if persist else ""
    print("\n".join(filter(None, [f"Đang dùng {chosen}", dropped and f"Đã bỏ {', '.join(dropped)}.", kept])))
    return catalog


def status() -> Status:
    """Đang nối với dịch vụ nào, khóa lấy từ đâu, được nhận khi nào; không bao giờ có khóa trong đó."""
    return Status()


def logout() -> None:
    """Quên khóa và địa chỉ trong kernel này, và tắt CDSE ngoại tuyến; `.env` và keyring không bị đụng đến."""
    detach()
    print("Đã đăng xuất: kernel này không còn giữ khóa nào.")


def set_environment(s3: str, keys: tuple[str, str] | Keys, *, https: bool = True) -> list[str]:
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
