"""Từ một trả lời của kho S3 (hay của thứ đứng giữa) đến lý do và cách chữa.

Xét theo `<Code>` của S3 rồi đến mã HTTP, không theo câu chữ. Thông báo không bao giờ chứa khóa hay lời của máy chủ.
Nguồn: Amazon S3 API, mục Error Responses; RFC 9110.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from botocore.exceptions import ProxyConnectionError, SSLError

from cdse_access.problems import BadData, Problem, Reason, Rejected, Unavailable

_CODES = {
    Reason.KEY_UNKNOWN: "InvalidAccessKeyId AuthorizationHeaderMalformed InvalidToken ExpiredToken NotSignedUp",
    Reason.SECRET_WRONG: "SignatureDoesNotMatch",
    Reason.CLOCK: "RequestTimeTooSkewed RequestExpired",
    Reason.FORBIDDEN: "AccessDenied AllAccessDisabled AccountProblem InvalidObjectState",
    Reason.MISSING: "NoSuchKey NoSuchBucket",
    Reason.BROKEN: "InvalidRange",
    Reason.BUSY: "SlowDown ServiceUnavailable InternalError TooManyRequests RequestLimitExceeded RequestTimeout Busy",
}
_REASONS = {code: reason for reason, codes in _CODES.items() for code in codes.split()}
_STATUSES = {
    400: Reason.FORBIDDEN,
    401: Reason.FORBIDDEN,
    403: Reason.FORBIDDEN,
    404: Reason.MISSING,
    410: Reason.MISSING,
}
_STATUSES |= {408: Reason.BUSY, 416: Reason.BROKEN, 429: Reason.BUSY, 0: Reason.NETWORK, 206: Reason.NETWORK}
_TEXTS: dict[Reason, tuple[type[Problem], str]] = {
    Reason.KEY_UNKNOWN: (
        Rejected,
        "Dịch vụ không biết khóa S3 đang dùng (gõ sai, đã xóa hoặc hết hạn): "
        "hãy tạo cặp khóa mới, đặt vào môi trường rồi gọi lại connect().",
    ),
    Reason.SECRET_WRONG: (
        Rejected,
        "Secret không thuộc về khóa S3 đang dùng: hãy dán lại cả cặp khóa rồi gọi lại connect().",
    ),
    Reason.CLOCK: (
        Rejected,
        "Đồng hồ của máy này lệch{skew} so với dịch vụ: hãy bật tự động đặt giờ rồi chạy lại.",
    ),
    Reason.FORBIDDEN: (
        Rejected,
        "Dịch vụ không cho đọc {href}: hãy xem tài khoản còn quyền đọc kho eodata không, rồi gọi lại connect().",
    ),
    Reason.MISSING: (
        BadData,
        "Kho ảnh không có {href} (đã chuyển chỗ hoặc được xử lý lại): hãy tìm lại item, hoặc bỏ ngày này.",
    ),
    Reason.BROKEN: (
        BadData,
        "{href} ngắn hơn phải có (bị cắt cụt, hoặc rỗng): hãy thử lại sau, hoặc bỏ ngày này.",
    ),
    Reason.BUSY: (
        Unavailable,
        'Dịch vụ quá tải hoặc đang hỏng: hãy chờ{wait} rồi chạy lại, hoặc dùng connect("offline").',
    ),
    Reason.NETWORK: (
        Unavailable,
        'Mất kết nối với dịch vụ khi đọc {href}: hãy kiểm tra mạng rồi chạy lại, hoặc dùng connect("offline").',
    ),
    Reason.NOT_SERVICE: (
        BadData,
        "Thứ trả lời không phải kho S3 mà là một trang web (trang đăng nhập mạng, proxy): "
        "hãy mở trình duyệt để đăng nhập mạng, xem lại địa chỉ S3, rồi chạy lại.",
    ),
    Reason.CERTIFICATE: (
        BadData,
        "Chứng chỉ TLS của máy trả lời không hợp lệ, nên không gửi gì cho nó: hãy xem lại địa chỉ S3 và đồng hồ máy; "
        "sau proxy của cơ quan, đặt GDAL_CURL_CA_BUNDLE là tệp chứng chỉ của cơ quan.",
    ),
}
_IN_THE_OPEN = (
    "Máy trả lời không mã hóa (TLS): hãy xem lại địa chỉ S3 (dịch vụ của lớp bắt đầu bằng http://), "
    "xem mạng có đòi đăng nhập không, rồi chạy lại."
)
_IGNORED = (
    "Trả lời cho {href} không phải đoạn đã hỏi (bỏ qua Range, hoặc rỗng), thường do một proxy đứng giữa: "
    'hãy thử mạng khác, hoặc dùng connect("offline").'
)


def name(href: str) -> str:
    """Tên tệp: với Sentinel-2, nó cho biết ô, ngày giờ và band, còn cả địa chỉ thì che mất phần sau của thông báo."""
    return href.rpartition("/")[2]


def problem(status: int, headers: Mapping[str, str], body: bytes, href: str) -> Problem:
    """Lỗi ứng với một trả lời không dùng được; `status` 0 là không có trả lời, 200 và 206 là trả lời sai dạng."""
    found = re.search(rb"<Code>(\w{1,64})</Code>", body[:4096])
    code = found[1].decode() if found else ""
    reason = _REASONS.get(code) or _by_status(status, headers, body)
    kind, text = _TEXTS[reason]
    if reason is Reason.NOT_SERVICE and status == 200 and not _is_text(headers, body):
        kind, text = Unavailable, _IGNORED
    told = ", ".join([f"HTTP {status}", *([code] if code in _REASONS else [])])
    text = text.format(href=name(href), skew=_skew(headers), wait=_wait(headers))
    return kind(text + (f" ({told})" if status else ""), reason)


def lost(error: Exception, href: str) -> Problem:
    """Lỗi ứng với một yêu cầu không tới nơi, hay đứt giữa chừng."""
    if isinstance(error, SSLError) and (reason := tls_reason(error)) is not Reason.NETWORK:
        kind, text = _TEXTS[Reason.CERTIFICATE]
        return kind(text if reason is Reason.CERTIFICATE else _IN_THE_OPEN, reason)
    if isinstance(error, ProxyConnectionError):
        return Unavailable("Không đi qua được proxy: hãy xem HTTPS_PROXY và NO_PROXY rồi chạy lại.", Reason.NETWORK)
    return problem(0, {}, b"", href)


def tls_reason(error: Exception) -> Reason:
    """Vì sao không nối được bằng TLS: chứng chỉ, máy kia không mã hóa, hay chỉ là đứt giữa chừng (lời của OpenSSL)."""
    if re.search(r"EOF occurred|UNEXPECTED_EOF", str(error)):
        return Reason.NETWORK
    plain = re.search(r"wrong.version.number|record.layer.failure|http.request", str(error), re.IGNORECASE)
    return Reason.NOT_SERVICE if plain else Reason.CERTIFICATE


def _by_status(status: int, headers: Mapping[str, str], body: bytes) -> Reason:
    if status >= 500:
        return Reason.BUSY
    if _is_text(headers, body) and status not in (0, 206, 408, 429):
        return Reason.NOT_SERVICE  # S3 không bao giờ trả lời bằng trang web
    return _STATUSES.get(status, Reason.NOT_SERVICE)


def _is_text(headers: Mapping[str, str], body: bytes) -> bool:
    return "html" in headers.get("Content-Type", "").lower() or is_page(body)


def is_page(body: bytes) -> bool:
    """Có vẻ là một trang web (hay JSON) chứ không phải ảnh hay XML của S3?"""
    return re.match(rb"\s*(<!doctype html|<html|<head|<body|\{)", body[:512], re.IGNORECASE) is not None


def _skew(headers: Mapping[str, str]) -> str:
    try:
        theirs = parsedate_to_datetime(headers.get("Date", ""))
        return f" {abs(datetime.now(UTC) - theirs).total_seconds() / 60:.0f} phút"
    except (TypeError, ValueError):  # không có Date, hay Date không ra ngày giờ
        return ""


def _wait(headers: Mapping[str, str]) -> str:
    told = headers.get("Retry-After", "")
    return f" {told} giây" if re.fullmatch(r"\d{1,6}", told) else " vài phút"
