"""Đọc từng đoạn của một tệp trên S3, có ký tên và thử lại, và nơi cất những gì đã đọc.

Nguồn: AWS Signature V4 (botocore); RFC 9110 (Range, Content-Range, ETag).
"""

import os
import re
import tempfile
import time
from collections.abc import Iterator, Mapping
from functools import cache
from hashlib import sha256
from pathlib import Path
from threading import Event, get_ident
from urllib.parse import quote, urlsplit

import platformdirs
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSPreparedRequest, AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError
from botocore.httpsession import URLLib3Session
from botocore.utils import get_environ_proxies
from urllib3 import HTTPResponse
from urllib3.exceptions import HTTPError

from cdse_access.jp2.answers import lost, name, problem
from cdse_access.problems import BadData, BadInput, Problem, Reason, Unavailable

__all__ = ["Remote", "Session", "cache_root", "folder", "keep", "open_session", "problem", "short", "store", "stored"]
CONNECT, SILENT = 10, 15  # giây: chờ nối được, chờ byte tiếp theo
SLOWEST = 30  # giây cho một lần trả lời; nhận được đủ nhiều thì giữ lại và hỏi tiếp phần sau
ENOUGH = 1 << 17
BUDGET = 25  # giây: sau chừng ấy không thử lại nữa, nên lỗi nào cũng đến trong một phút
FIRST_WAIT, LONGEST_WAIT = 0.5, 8


class Session(URLLib3Session):
    """Các kết nối dùng chung. Bật `stop` thì không ai chờ và thử lại nữa."""

    def __init__(self, *arguments, **settings) -> None:
        super().__init__(*arguments, **settings)
        self.stop = Event()


def open_session(connections: int) -> Session:
    """Tối đa `connections` kết nối, kiểm tra chứng chỉ, qua proxy nếu máy có đặt."""
    proxies = get_environ_proxies(f"https://{_setting('AWS_S3_ENDPOINT')}")
    verify = os.environ.get("GDAL_CURL_CA_BUNDLE", True)
    return Session(verify, proxies, timeout=(CONNECT, SILENT), max_pool_connections=connections)


def _setting(name: str) -> str:
    if not (value := os.environ.get(name)):
        raise BadInput(f"Chưa có {name} trong môi trường: hãy gọi connect() trước.", Reason.KEYS)
    return value


def _endpoint() -> str:
    endpoint = _setting("AWS_S3_ENDPOINT")
    try:
        urlsplit(f"//{endpoint}").port  # noqa: B018 - đọc cổng là kiểm tra nó
    except ValueError as error:
        raise BadInput(f"AWS_S3_ENDPOINT không phải tên máy và cổng: {endpoint!r}. Hãy gọi lại connect().") from error
    return endpoint


class Remote:
    """Một tệp trên S3, đọc từng đoạn và nhớ những đoạn đã đọc; `data` có sẵn thì không hỏi ai nữa."""

    def __init__(self, href: str, data: bytes | None = None, session: Session | None = None) -> None:
        self.href, self.name, self.session, self.etag = href, name(href), session, ""
        self.chunks, self.size = ([], None) if data is None else ([(0, data)], len(data))

    def read(self, start: int, end: int, ahead: int = 0) -> bytes:
        """Các byte [start, end), cắt ở cuối tệp; chỉ tải chỗ còn thiếu, mỗi lần ít nhất `ahead` byte."""
        found = b""
        while (at := start + len(found)) < min(end, end if self.size is None else self.size):
            held = ((at - first, data) for first, data in self.chunks if first <= at < first + len(data))
            if (have := next(held, None)) is None:
                stop = min([max(end, at + ahead), *(first for first, _ in self.chunks if first > at)])
                try:
                    self.chunks.append((at, self._get(at, stop)))
                except Problem as problem:
                    raise problem.with_traceback(None) from None  # các khung bên dưới cầm yêu cầu đã ký
            else:
                found += have[1][have[0] : have[0] + end - at]
        return found

    def _get(self, start: int, stop: int) -> bytes:
        """Đoạn [start, stop) hay phần đầu của nó; lỗi tạm thời thì chờ rồi thử lại, trong `BUDGET` giây."""
        began, wait = time.monotonic(), FIRST_WAIT
        while True:
            headers: Mapping[str, str] = {}
            try:
                status, headers, body = self.ask(start, stop)
                return self._checked(start, stop, status, headers, body)
            except Unavailable:
                told = headers.get("Retry-After", "")
                pause = max(wait, int(told) if told.isdecimal() else 0)
                if time.monotonic() - began + pause > BUDGET or self.session.stop.wait(pause):
                    raise
            wait = min(2 * wait, LONGEST_WAIT)

    def _checked(self, start: int, stop: int, status: int, headers: Mapping[str, str], body: bytes) -> bytes:
        told = re.fullmatch(rf"bytes {start}-\d+/(\d+)", headers.get("Content-Range", ""))
        expected = min(stop, int(told[1])) - start if told else 0
        if status != 206 or not body or not min(expected, ENOUGH) <= len(body) <= expected:
            raise problem(status, headers, body, self.href)
        version = int(told[1]), headers.get("ETag", "")
        if (self.size or version[0], self.etag or version[1]) != version:
            raise BadData(f"{self.name} đã đổi trong lúc đang đọc: hãy tìm lại item rồi chạy lại.", Reason.CHANGED)
        self.size, self.etag = version
        return body

    def ask(self, start: int, stop: int) -> tuple[int, Mapping[str, str], bytes]:
        """Một yêu cầu, không thử lại: mã HTTP, header, nội dung (nhiều nhất bằng đoạn đã hỏi, hay 4 KiB báo lỗi)."""
        try:
            answer = self.session.send(self._signed(start, stop))
        except (BotoCoreError, HTTPError) as error:
            raise lost(error, self.href) from error
        return answer.status_code, answer.headers, _body(answer.raw, max(stop - start, 4096))

    def _signed(self, start: int, stop: int) -> AWSPreparedRequest:
        scheme = "https" if _setting("AWS_HTTPS") == "YES" else "http"
        url = f"{scheme}://{_endpoint()}/{quote(self.href.removeprefix('s3://'))}"
        request = AWSRequest("GET", url, {"Range": f"bytes={start}-{stop - 1}"}, stream_output=True)
        keys = Credentials(_setting("AWS_ACCESS_KEY_ID"), _setting("AWS_SECRET_ACCESS_KEY"))
        S3SigV4Auth(keys, "s3", "default").add_auth(request)
        return request.prepare()


def _body(raw: HTTPResponse, most: int) -> bytes:
    """Nhiều nhất `most` byte (máy chủ bỏ qua Range có cả tệp 100 MB để gửi); đứt giữa chừng thì phần đã tới."""
    found, until = b"", time.monotonic() + SLOWEST
    try:
        while len(found) < most and time.monotonic() < until and (more := raw.read1(min(most - len(found), 1 << 16))):
            found += more
    except HTTPError:
        pass  # người gọi thấy thiếu và hỏi lại
    finally:
        raw.close()  # không có tác dụng với kết nối đã đọc hết và trả về
    return found


def cache_root() -> Path:
    """Thư mục cất ảnh của người dùng (`CDSE_CACHE` dời nó); ảnh của dịch vụ trên máy này chỉ cất đến khi kernel tắt."""
    if given := os.environ.get("CDSE_CACHE"):
        return Path(given).expanduser()
    if _setting("AWS_S3_ENDPOINT").startswith(("127.", "localhost")):
        return Path(_until_exit().name)
    return Path(platformdirs.user_cache_dir("cdse-bai-hoc", appauthor=False))


@cache
def _until_exit() -> tempfile.TemporaryDirectory:
    return tempfile.TemporaryDirectory(prefix="cdse-")


def folder(root: Path, href: str) -> Path:
    """Nơi cất các tệp nhỏ của một ảnh: cùng tên nhưng khác dịch vụ là ảnh khác."""
    return root / sha256(f"{_setting('AWS_S3_ENDPOINT')} {href}".encode()).hexdigest()[:20]


def keep(path: Path, data: bytes) -> None:
    """Ghi trọn tệp hoặc không ghi gì. Lỗi: OSError khi đĩa đầy hay không ghi được."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}-{get_ident()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise BadData(f"Không ghi được {path} ({error.strerror}): hãy dọn đĩa rồi chạy lại.", Reason.DISK) from error


def short(data: bytes) -> str:
    """Tên ngắn của một nội dung, để nhận ra nó."""
    return sha256(data).hexdigest()[:12]


def store(place: Path, version: str, data: bytes) -> Path:
    """Cất một tệp nhỏ dưới tên mang phiên bản của ảnh gốc và nội dung của chính nó."""
    path = place / f"{version}-{short(data)}.jp2"
    keep(path, data)
    return path


def stored(place: Path) -> Iterator[tuple[Path, bytes]]:
    """Những tệp nhỏ đã cất ở `place`, mới trước; tệp không còn nguyên như lúc cất thì bị xóa."""
    try:
        for path in sorted(place.glob("*.jp2"), key=lambda path: path.stat().st_mtime, reverse=True):
            data = path.read_bytes()
            if path.stem.endswith(short(data)):
                yield path, data
            else:
                path.unlink()
    except OSError as error:
        raise BadData(f"Không đọc được {place} ({error.strerror}): hãy xóa nó rồi chạy lại.", Reason.DISK) from error
