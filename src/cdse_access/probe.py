"""Thử khóa bằng một lần đọc 12 byte, và tìm lý do thật đằng sau một lần đọc hỏng.

GDAL chỉ nói "Read failed" cho mọi chuyện, và nhớ lời từ chối cũ; 12 byte này hỏi thẳng kho ảnh: khóa, chữ ký, đồng hồ,
địa chỉ, quá tải, và kho có trả lời bằng ảnh thật hay bằng một trang đăng nhập.
"""

import ctypes
import time
from collections.abc import Sequence

import odc.loader._rio
import rasterio._env
from pystac_client import Client

from cdse_access.jp2.answers import name
from cdse_access.jp2.answers import problem as refusal
from cdse_access.jp2.ranges import Remote, open_session
from cdse_access.keys import scrubbed
from cdse_access.problems import BadData, BadInput, Problem, Reason, Unavailable

WAITS = (0, 1, 3)  # giây trước mỗi lần hỏi
COLLECTION = "sentinel-2-l2a"
# Byte đầu của mỗi loại tệp: hộp chữ ký JPEG 2000 (ISO/IEC 15444-1, mục I.5.1), khai báo XML.
BEGINNINGS = {".jp2": bytes.fromhex("0000000C6A5020200D0A870A"), ".xml": b"<?xml"}


def sample(catalog: Client) -> str | None:
    """Địa chỉ của một tệp để thử khóa: band đỏ của item mới nhất; `None` nếu catalog không có item nào.

    CDSE ngoại tuyến phải làm ra ảnh ở lần đọc đầu, mất vài giây: ở đó ta đọc tệp XML của item, vốn có ngay.
    """
    try:
        newest = next(catalog.search(collections=[COLLECTION], limit=1, max_items=1).items(), None)
    except BadInput:  # catalog của lớp không có bộ dữ liệu này
        return None
    if newest is None:
        return None
    wanted = ["B04", "product_metadata"]  # item của gói dữ liệu có khi không có ảnh
    if newest.properties.get("cdse_offline:simulated"):
        wanted.reverse()
    hrefs = [newest.assets[name].href for start in wanted for name in sorted(newest.assets) if name.startswith(start)]
    return next((href for href in hrefs if href.startswith("s3://")), None)


def probe(href: str) -> None:
    """Đọc 12 byte đầu của `href` với khóa và địa chỉ trong môi trường, không qua GDAL.

    Lỗi: Rejected khi khóa, chữ ký hay đồng hồ sai; Unavailable khi dịch vụ bận hay không tới được;
    BadData khi không có tệp, hoặc nội dung không phải loại tệp ấy.
    """
    found = _beginning(href, WAITS)
    expected = BEGINNINGS.get(href[-4:].lower(), b"")
    if found[: len(expected)] != expected:
        if found.lstrip()[:1] in (b"<", b"{"):
            raise refusal(200, {"Content-Type": "text/html"}, found, href)
        raise BadData(f"{name(href)} không phải tệp {href[-4:]}: hãy bỏ ngày này, hoặc tìm lại item.", Reason.BROKEN)


def _beginning(href: str, waits: Sequence[float]) -> bytes:
    time.sleep(waits[0])
    session = open_session(1)
    session.stop.set()  # Remote tự thử lại thì lâu hơn ở đây cần
    try:
        return Remote(href, session=session).read(0, 12)
    except Unavailable:
        if len(waits) == 1:
            raise
    finally:
        session.close()
    return _beginning(href, waits[1:])


def explain(error: Exception, href: str) -> Problem:
    """Lý do và cách chữa của một lần đọc `href` hỏng, để `raise explain(error, href) from error`.

    Những gì GDAL nhớ về lần hỏng ấy được xóa, nên chạy lại là đọc lại thật.
    """
    if isinstance(error, Problem):
        return error
    if isinstance(error, ValueError | TypeError):
        return BadInput(scrubbed(str(error)))
    forget_answers()
    try:
        if href.startswith("s3://"):
            probe(href)
    except Problem as found:
        return found
    return Unavailable(
        f"Đọc hỏng giữa chừng ({scrubbed(str(error))[:120]}), nhưng lúc này kho ảnh lại nhận khóa và gửi đúng tệp: "
        f"hãy chạy lại. Vẫn lỗi thì tệp hỏng, hãy bỏ ngày này: {name(href)}",
        Reason.NETWORK,
    )


def forget_answers() -> None:
    """Xóa những câu trả lời mà GDAL nhớ, và các phiên mà odc-stac giữ cho từng luồng với bản chép của khóa cũ.

    Không làm thế thì khóa sai một lần, sửa rồi vẫn báo "HTTP response code: 403" đến khi khởi động lại kernel.
    """
    clear = getattr(ctypes.CDLL(rasterio._env.__file__), "VSICurlClearCache", None)  # Windows không tìm được
    if clear is not None:
        clear.restype, clear.argtypes = None, []
        clear()
    if sessions := getattr(odc.loader._rio, "_local", None):
        odc.loader._rio._local = type(sessions)()
