"""Catalog STAC chịu được mạng xấu: chờ có hạn, thử lại, kiểm tra câu hỏi trước khi gửi và câu trả lời sau khi nhận."""

import json
import re
import time
from collections.abc import Iterator
from datetime import datetime
from difflib import get_close_matches
from functools import cached_property, wraps
from itertools import count
from threading import Timer
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from pystac.link import Link
from pystac_client import Client, ItemSearch
from pystac_client.exceptions import APIError
from pystac_client.stac_api_io import StacApiIO
from shapely.errors import ShapelyError
from shapely.geometry import shape
from urllib3.exceptions import NameResolutionError, NewConnectionError

from cdse_access.checks import check_bbox
from cdse_access.jp2.answers import tls_reason
from cdse_access.problems import BadData, BadInput, Problem, Reason, Rejected, Unavailable

TEMPORARY = (408, 429, 500, 502, 503, 504)
WAITS = (0.5, 1, 2, 4)  # giây, giữa các lần thử
PATIENCE = 55.0  # giây cho một câu hỏi, kể cả thử lại
MAX_PAGES = 200
LARGEST = 100_000_000  # byte; trang 200 item nặng chừng 15 MB
CURE = 'Hãy kiểm tra mạng và địa chỉ, hoặc gọi connect("offline").'
FORMS = {
    "bbox": "cần bốn số (tây, nam, đông, bắc) tính bằng độ",
    "datetime": 'hãy viết "2023-06-15", "2023-06", "2023", hoặc khoảng "2023-05-01/2023-09-30"',
    "intersects": "cần một hình GeoJSON, Polygon hay Point",
    "collections": 'cần tên, ví dụ ["sentinel-2-l2a"]',
}


class RefusedError(BadInput, APIError):
    """Catalog hiểu yêu cầu nhưng không làm (4xx); vẫn là APIError, vì pystac-client đọc `status_code` của nó."""

    def __init__(self, message: str, reason: Reason, status_code: int | None = None) -> None:
        super().__init__(message, reason)
        self.status_code = status_code

    def __reduce__(self) -> tuple:
        return type(self), (str(self), self.reason, self.status_code)


class _TemporaryError(Exception):
    """Lần hỏi này hỏng, lần sau có thể được; `problem` là điều sẽ báo nếu không lần nào được."""

    def __init__(self, problem: Problem, wait: float = 0, tries: int = len(WAITS)) -> None:
        super().__init__(problem)
        self.problem, self.wait, self.tries = problem, wait, tries


class Patient(StacApiIO):
    """Hỏi một máy chủ STAC: mỗi câu hỏi xong trong một phút hoặc báo lỗi, mọi lỗi đều có lý do.

    Thử lại, kể cả POST, khi quá tải (408, 429, 5xx), mất kết nối, nhận thiếu; Retry-After dài hơn hạn thì dừng ngay.
    Chỉ hỏi máy đã mở đầu tiên; trang lặp lại thì dừng, item lặp lại thì chỉ lấy một lần.
    """

    def __init__(self) -> None:
        super().__init__(max_retries=None)
        self.origin: tuple[str, str | None] | None = None

    def read_text(self, source: str | Link, *arguments: Any, **settings: Any) -> str:
        """Như `StacApiIO.read_text`, nhưng không bao giờ đọc tệp trên máy này."""
        read = super().read_text if isinstance(source, Link) else self.request
        return read(source, *arguments, **settings)

    def request(
        self,
        href: str,
        method: str | None = None,
        headers: dict[str, str] | None = None,
        parameters: dict[str, Any] | None = None,
    ) -> str:
        """Câu trả lời JSON, nguyên văn. Lỗi: Unavailable, Rejected, RefusedError."""
        self._check_origin(href)
        method, end = (method or "GET").upper(), time.monotonic() + PATIENCE
        content = "params" if method == "GET" else "json"
        question = requests.Request(method, href, headers, **{content: parameters or {}})
        failures = 0
        while True:
            try:
                return self._ask(question, end)
            except _TemporaryError as failure:
                wait = max(failure.wait, WAITS[min(failures, len(WAITS) - 1)])
                failures += 1
                if failures > failure.tries or time.monotonic() + wait > end:
                    raise failure.problem from failure.__cause__
                time.sleep(wait)

    def _check_origin(self, href: str) -> None:
        address = urlsplit(href)
        if address.scheme not in ("http", "https") or not address.hostname:
            raise BadInput(f"Địa chỉ catalog là {href!r}: cần địa chỉ đầy đủ, bắt đầu bằng https://.")
        self.origin = self.origin or (address.scheme, address.hostname)
        if address.hostname != self.origin[1] or (address.scheme, self.origin[0]) == ("http", "https"):
            raise Unavailable(
                f"Catalog ở {self.origin[1]} chỉ sang máy khác, {href}: không đi theo. {CURE}", Reason.NOT_SERVICE
            )

    def _ask(self, question: requests.Request, end: float) -> str:
        modified = self._req_modifier(question) if self._req_modifier else None
        prepared = self.session.prepare_request(modified or question)
        settings = self.session.merge_environment_settings(prepared.url, {}, True, None, None)
        left = max(end - time.monotonic(), 0.1)
        try:
            with self.session.send(prepared, timeout=min(self.timeout or PATIENCE, left), **settings) as answer:
                body = _read(answer, end)
        except (requests.RequestException, urllib3.exceptions.HTTPError) as error:
            _check_encryption(error, prepared.url)
            why, tries = _why(error, late=time.monotonic() >= end)
            problem = Unavailable(f"Không hỏi được catalog {question.url} ({why}). {CURE}", Reason.NETWORK)
            raise _TemporaryError(problem, tries=tries) from error
        if urlsplit(answer.url).hostname != urlsplit(question.url).hostname:
            raise _not_service(question.url, f"bị chuyển sang {answer.url}")
        _check_status(answer, body, question.url)
        return _json_text(body, question.url)

    def get_pages(
        self, url: str, method: str | None = None, parameters: dict[str, Any] | None = None
    ) -> Iterator[dict[str, Any]]:
        """Các trang kết quả, mỗi item (hay collection) một lần. Lỗi: BadData khi trang lặp, BadInput khi quá nhiều."""
        seen: set[tuple] = set()
        page, link = self.read_json(url, method=method, parameters=parameters), None
        for number in count(2):
            page, repeated = _fresh(page, seen, url)
            if repeated:
                raise BadData(f"Catalog {url} trả lại mãi những trang cũ: hãy thử lại sau.", Reason.BROKEN)
            if not (page.get("features") or page.get("collections")):
                return
            yield page
            link = next((link for link in page.get("links", []) if link["rel"] == "next"), None)
            if link is None:
                return
            if number > MAX_PAGES:
                raise BadInput(f"Tìm được hơn {MAX_PAGES} trang: hãy thu hẹp thời gian hay vùng, hoặc đặt max_items.")
            link = Link.from_dict(link | {"href": urljoin(url, link["href"])})
            page = self.read_json(link, parameters=parameters)


def _check_encryption(error: Exception, href: str) -> None:
    reason = tls_reason(error) if isinstance(error, requests.exceptions.SSLError) else Reason.NETWORK
    if reason is Reason.CERTIFICATE:
        told = f"Chứng chỉ của {href} không hợp lệ: có máy khác đứng giữa, hoặc đồng hồ máy sai."
    elif reason is Reason.NOT_SERVICE:
        told = f"{href} trả lời mà không mã hóa: dịch vụ của lớp bắt đầu bằng http://, hoặc mạng đòi đăng nhập."
    else:
        return
    raise Unavailable(f"{told} {CURE}", reason) from error


def _why(error: Exception, *, late: bool) -> tuple[str, int]:
    """Nguyên nhân bằng lời, và số lần nên thử lại: không kết nối được thì thử lại nhiều cũng vô ích."""
    if isinstance(error, requests.exceptions.ProxyError):
        return "không đi qua được proxy, hãy xem HTTPS_PROXY và NO_PROXY", 2
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    if isinstance(reason, NewConnectionError):
        return "không tìm thấy tên máy" if isinstance(reason, NameResolutionError) else "không kết nối được", 2
    if late or isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError):
        return "quá lâu không trả lời", len(WAITS)
    return "mất kết nối giữa chừng", len(WAITS)


def _read(answer: requests.Response, end: float) -> bytes:
    """Cả câu trả lời; đến hạn thì cắt, kể cả khi máy chủ vẫn gửi nhỏ giọt."""
    stop = Timer(max(end - time.monotonic(), 0), answer.raw.shutdown)
    stop.daemon = True
    stop.start()
    try:
        body = answer.raw.read(LARGEST, decode_content=True)
    finally:
        stop.cancel()
    return body


def _check_status(answer: requests.Response, body: bytes, href: str) -> None:
    status = answer.status_code
    if status in TEMPORARY:
        wait = _told_to_wait(answer)
        told = f", dịch vụ bảo chờ {wait:.0f} giây" if wait else ""
        busy = f"Catalog {href} đang quá tải hoặc bảo trì (HTTP {status}{told}): hãy chờ rồi chạy lại, "
        raise _TemporaryError(Unavailable(busy + 'hoặc gọi connect("offline").', Reason.BUSY), wait)
    if status in (401, 403, 407):
        raise Rejected(f"Catalog {href} không cho hỏi (HTTP {status}). {CURE}", Reason.FORBIDDEN)
    if not 200 <= status < 300:
        reason = Reason.MISSING if status == 404 else Reason.INPUT
        raise RefusedError(f"Catalog không nhận câu hỏi (HTTP {status}): {_description(body)}", reason, status)


def _told_to_wait(answer: requests.Response) -> float:
    try:
        return urllib3.Retry().get_retry_after(answer.raw) or 0
    except urllib3.exceptions.InvalidHeader:
        return 0


def _description(body: bytes) -> str:
    """Lời giải thích trong câu trả lời lỗi: `description` hay `detail` nếu là JSON, không thì đoạn đầu."""
    try:
        answer = json.loads(body)
        return str(answer.get("description") or answer.get("detail"))[:300]
    except (ValueError, AttributeError):
        return repr(body[:60])


def _json_text(body: bytes, href: str) -> str:
    try:
        whole = isinstance(json.loads(body), dict)
    except ValueError as error:  # cả UnicodeDecodeError
        if body.lstrip()[:1] in (b"{", b"["):
            problem = Unavailable(f"Không hỏi được catalog {href} (nhận thiếu dữ liệu). {CURE}", Reason.NETWORK)
        else:
            problem = _not_service(href, f"nó bắt đầu bằng {body[:40]!r}" if body.strip() else "câu trả lời rỗng")
        raise _TemporaryError(problem) from error
    if not whole:
        raise _not_service(href, "JSON này không mô tả gì")
    return body.decode()


def _not_service(href: str, why: str) -> Unavailable:
    return Unavailable(
        f"{href} có trả lời nhưng không phải catalog STAC ({why}): có lẽ là trang đăng nhập của mạng hay proxy. "
        'Hãy mở địa chỉ ấy bằng trình duyệt, hoặc gọi connect("offline").',
        Reason.NOT_SERVICE,
    )


def _fresh(page: dict[str, Any], seen: set[tuple], url: str) -> tuple[dict[str, Any], bool]:
    """Trang chỉ còn những phần tử chưa gặp; True nếu nó không rỗng mà không có gì mới."""
    kind = "features" if "features" in page else "collections"
    entries = page.get(kind)
    if not isinstance(entries, list) or not all(isinstance(entry, dict) and "id" in entry for entry in entries):
        raise _not_service(url, "không có danh sách kết quả")
    fresh = []
    for entry in entries:
        if (key := (entry.get("collection"), entry["id"])) not in seen:
            seen.add(key)
            fresh.append(entry)
    return page | {kind: fresh}, bool(entries) and not fresh


class Catalog(Client):
    """`pystac_client.Client` biết nói khi câu hỏi không thể đúng, thay vì lặng lẽ trả về danh sách rỗng."""

    @classmethod
    def open(cls, url: str, **settings: Any) -> Self:
        """Như `Client.open`. Lỗi: Unavailable khi không tới được, hay nơi ấy không phải catalog STAC."""
        try:
            return super().open(url, **settings)
        except Problem:
            raise
        except Exception as error:  # JSON lạ thì pystac báo đủ kiểu lỗi
            raise _not_service(url, "JSON này không mô tả một catalog") from error

    @cached_property
    def collection_ids(self) -> list[str]:
        """Mọi collection của catalog, hỏi một lần."""
        pages = self._stac_io.get_pages(self._collections_href())
        return [collection["id"] for page in pages for collection in page["collections"]]

    @wraps(Client.search)
    def search(self, **question: Any) -> ItemSearch:
        question = {name: list(value) if isinstance(value, Iterator) else value for name, value in question.items()}
        if question.get("max_items") is not None and question["max_items"] < 1:
            raise BadInput(f"max_items là {question['max_items']}: cần số từ 1 trở lên, hoặc bỏ nó ra.")
        for name, check in _CHECKS.items():
            if question.get(name) is not None:
                check(question[name], _formatted(name, question[name]))
        if question.get("collections") is not None:
            self._check_collections(_formatted("collections", question["collections"]))
        try:
            return super().search(**question)
        except Exception as error:  # pystac-client báo tham số sai bằng Exception trần
            raise BadInput(f"Câu hỏi tìm kiếm không hợp lệ: {error}") from error

    def _check_collections(self, wanted: tuple[str, ...]) -> None:
        for name in wanted:
            if name not in self.collection_ids:
                like = get_close_matches(name.lower(), self.collection_ids, 3, 0.5) or self.collection_ids[:10]
                raise BadInput(f"Catalog không có collection {name!r}: có phải {' hay '.join(like)} không?")


def _formatted(name: str, value: Any) -> Any:
    """Giá trị đúng như sẽ được gửi đi. Lỗi: BadInput khi pystac-client không hiểu nó."""
    try:
        return ItemSearch("", stac_io=StacApiIO(), **{name: value}).get_parameters().get(name)
    except Exception as error:  # ValueError khi ngày không có thật, còn lại là Exception trần
        why = "không có ngày ấy" if name == "datetime" and isinstance(error, ValueError) else "không hiểu được"
        raise BadInput(f"{name} là {value!r}, {why}: {FORMS[name]}.") from error


def _check_bbox(_: Any, bbox: tuple[float, ...]) -> None:
    check_bbox(bbox[:2] + bbox[3:5] if len(bbox) == 6 else bbox)


def _check_time(value: Any, written: str) -> None:
    """Ngày có thật, không kết thúc trước khi bắt đầu, thời điểm lẻ có múi giờ."""
    start, _, end = written.partition("/")
    try:
        first, last = (datetime.fromisoformat(text.upper()) if text[:1].isdecimal() else None for text in (start, end))
    except ValueError as error:
        raise BadInput(f"datetime là {value!r}, không có ngày ấy: {FORMS['datetime']}.") from error
    if not end and not _zoned(value):
        raise BadInput(
            f"datetime {value!r} là đúng một thời điểm, gần như không ảnh nào chụp lúc ấy: {FORMS['datetime']}; "
            "nếu đúng ý thì thêm múi giờ, Z cho UTC."
        )
    if first and last and first > last:
        raise BadInput(f"datetime {value!r} kết thúc trước khi bắt đầu: hãy đổi chỗ hai ngày.")


def _zoned(value: Any) -> bool:
    instant = value if isinstance(value, str | datetime) else value[0]
    if isinstance(instant, datetime):
        return instant.tzinfo is not None
    return bool(re.search(r"([Zz]|[+-]\d\d:\d\d)$", instant))


def _check_shape(_: Any, area: dict[str, Any]) -> None:
    try:
        west, south, east, north = shape(area).bounds
    except (ShapelyError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise BadInput(f"intersects là {area!r}, không hiểu được: {FORMS['intersects']}.") from error
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise BadInput(
            f"intersects phủ {(west, south, east, north)}, ra ngoài miền: kinh độ đứng trước vĩ độ, tính bằng độ."
        )


_CHECKS = {"bbox": _check_bbox, "datetime": _check_time, "intersects": _check_shape}
