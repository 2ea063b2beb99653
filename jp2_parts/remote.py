"""Đọc từng đoạn của một tệp trên S3, có ký tên và thử lại, và nơi cất những gì đã đọc.

Nguồn: AWS Signature V4 (botocore); RFC 9110 (Range, Content-Range, ETag).
"""

import os
import re
import tempfile
import time
from functools import cache
from hashlib import sha256
from pathlib import Path
from threading import get_ident
from urllib.parse import quote

import platformdirs
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import HTTPClientError
from botocore.httpsession import URLLib3Session
from botocore.utils import get_environ_proxies
from urllib3.exceptions import HTTPError

ATTEMPTS, TEMPORARY = 5, (0, 206, 429, 500, 502, 503, 504)  # 0: mất kết nối; 206: nhận thiếu byte


def open_session(connections: int) -> URLLib3Session:
    """Tối đa `connections` kết nối dùng chung, kiểm tra chứng chỉ, qua proxy nếu máy có đặt."""
    if "AWS_S3_ENDPOINT" not in os.environ:
        raise ValueError("Chưa có địa chỉ S3: hãy gọi connect() trước.")
    proxies = get_environ_proxies(f"https://{os.environ['AWS_S3_ENDPOINT']}")
    verify = os.environ.get("GDAL_CURL_CA_BUNDLE", True)
    return URLLib3Session(verify, proxies, timeout=(10, 60), max_pool_connections=connections)


class Remote:
    """Một tệp trên S3, đọc từng đoạn và nhớ những đoạn đã đọc; `data` có sẵn thì không hỏi ai nữa."""

    def __init__(self, href: str, data: bytes | None = None, session: URLLib3Session | None = None) -> None:
        self.href, self.session, self.etag = href, session, ""
        self.chunks, self.size = ([], None) if data is None else ([(0, data)], len(data))

    def read(self, start: int, end: int, ahead: int = 0) -> bytes:
        """Các byte [start, end), cắt ở cuối tệp; chỉ tải chỗ còn thiếu, mỗi lần ít nhất `ahead` byte."""
        found = b""
        while (at := start + len(found)) < min(end, end if self.size is None else self.size):
            held = ((at - first, data) for first, data in self.chunks if first <= at < first + len(data))
            if (have := next(held, None)) is None:
                stop = min([max(end, at + ahead), *(first for first, _ in self.chunks if first > at)])
                self.chunks.append((at, self._get(at, stop)))
            else:
                found += have[1][have[0] : have[0] + end - at]
        return found

    def _get(self, start: int, stop: int) -> bytes:
        """Một yêu cầu, thử lại sau lỗi tạm thời. Lỗi: ConnectionError khi vẫn hỏng, OSError khi bị từ chối."""
        wait = 0.0
        for attempt in range(ATTEMPTS):
            time.sleep(wait)
            try:
                status, headers, body = self._ask(start, stop)
            except (HTTPClientError, HTTPError):
                status, headers, body = 0, {}, b""
            answered = re.fullmatch(rf"bytes {start}-(\d+)/(\d+)", headers.get("Content-Range", ""))
            if status == 206 and answered and 0 < len(body) == int(answered[1]) + 1 - start:
                version = int(answered[2]), headers.get("ETag", "")
                if (self.size or version[0], self.etag or version[1]) != version:
                    raise OSError(f"{self.href} đã đổi trong lúc đang đọc: hãy chạy lại.")
                self.size, self.etag = version
                return body
            if status not in TEMPORARY:
                code = re.search(rb"<Code>(\w+)</Code>", body)
                reason = "máy chủ bỏ qua Range" if status == 200 else code[1].decode() if code else "không rõ lý do"
                raise OSError(f"Không đọc được {self.href}: HTTP {status}, {reason}. Hãy xem lại khóa và địa chỉ.")
            told = headers.get("Retry-After", "")
            wait = min(int(told), 60) if told.isdecimal() else 0.5 * 2**attempt
        raise ConnectionError(f"Không đọc được {self.href} sau {ATTEMPTS} lần (HTTP {status}): hãy chờ rồi chạy lại.")

    def _ask(self, start: int, stop: int) -> tuple[int, dict[str, str], bytes]:
        scheme = "https" if os.environ["AWS_HTTPS"] == "YES" else "http"
        url = f"{scheme}://{os.environ['AWS_S3_ENDPOINT']}/{quote(self.href.removeprefix('s3://'))}"
        request = AWSRequest("GET", url, {"Range": f"bytes={start}-{stop - 1}"}, stream_output=True)
        keys = Credentials(os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_SECRET_ACCESS_KEY"])
        S3SigV4Auth(keys, "s3", "default").add_auth(request)
        answer = self.session.send(request.prepare())
        body = answer.raw.read(max(stop - start, 4096))  # không bao giờ nhận cả tệp 100 MB
        if answer.status_code == 200:
            answer.raw.close()
        return answer.status_code, answer.headers, body


def cache_root() -> Path:
    """Thư mục cất ảnh của người dùng (`CDSE_CACHE` dời nó); ảnh của dịch vụ trên máy này chỉ cất đến khi kernel tắt."""
    if given := os.environ.get("CDSE_CACHE"):
        return Path(given).expanduser()
    if os.environ["AWS_S3_ENDPOINT"].startswith(("127.", "localhost")):
        return Path(_until_exit().name)
    return Path(platformdirs.user_cache_dir("cdse-bai-hoc", appauthor=False))


@cache
def _until_exit() -> tempfile.TemporaryDirectory:
    return tempfile.TemporaryDirectory(prefix="cdse-")


def folder(root: Path, href: str) -> Path:
    """Nơi cất các tệp nhỏ của một ảnh: cùng tên nhưng khác dịch vụ là ảnh khác."""
    return root / sha256(f"{os.environ['AWS_S3_ENDPOINT']} {href}".encode()).hexdigest()[:20]


def keep(path: Path, data: bytes) -> None:
    """Ghi trọn tệp hoặc không ghi gì. Lỗi: OSError khi đĩa đầy hay không ghi được."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}-{get_ident()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(data)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise OSError(f"Không ghi được {path} ({error.strerror}): hãy dọn đĩa rồi chạy lại.") from error
