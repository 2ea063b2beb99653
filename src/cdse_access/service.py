"""Dịch vụ nào: CDSE thật, máy của lớp học, hay CDSE ngoại tuyến; và nhớ kernel này đang nối với đâu."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlsplit

from pystac_client import Client

from cdse_access import keys, probe
from cdse_access.keys import ADDRESSES, AWS_PAIR, LIVE_S3, PAIR, Found, Keys, Secret
from cdse_access.problems import BadData, BadInput, Reason, Rejected, Unavailable


class Addresses(NamedTuple):
    """Catalog STAC, kho S3 (`máy:cổng`), kho có mã hóa không, và những gì đã sửa trong hai địa chỉ."""

    stac: str
    s3: str
    https: bool
    mended: tuple[str, ...] = ()


LIVE = Addresses("https://stac.dataspace.copernicus.eu/v1/", LIVE_S3, https=True)
_OF_CDSE = re.compile(r"(^|\.)dataspace\.copernicus\.eu\.?(:\d+)?$")  # tới các máy này luôn phải mã hóa
SERVICES = {"live": "CDSE thật", "offline": "CDSE ngoại tuyến: ảnh mô phỏng, không cần tài khoản hay mạng"}


@dataclass(frozen=True)
class Service:
    """Nơi sắp nối tới, với cặp khóa của nó."""

    name: str
    addresses: Addresses
    found: Found

    def __str__(self) -> str:
        """Những dòng nói với người dùng sau khi nối xong."""
        own = self.name == SERVICES["offline"]
        lines = [f"{self.name}." if own else f"{self.name}, khóa lấy từ {self.found.source}."]
        if mended := self.addresses.mended + self.found.mended:
            lines.append(f"Đã sửa giúp: {'; '.join(mended)}.")
        if not self.addresses.https and not is_loopback(self.addresses.s3):
            host = self.addresses.s3.rsplit(":", 1)[0]
            lines.append(f"Chú ý: đường tới {host} không mã hóa, chỉ dùng khóa của lớp, đừng dùng khóa CDSE thật.")
        return "\n".join([*lines, *(f"Chú ý: {note}" for note in self.found.notes)])


class Connection(NamedTuple):
    """Lần nối gần nhất đã thành công."""

    service: Service
    catalog: Client
    sample: str | None  # tệp dùng để thử khóa
    checked: float  # giây, theo đồng hồ đơn điệu


_current: Connection | None = None
_child: tuple[subprocess.Popen, Service] | None = None  # CDSE ngoại tuyến đang chạy


# -- chọn --------------------------------------------------------------------


def choose(service: str | None = None, strategy: str | None = None) -> Service:
    """Dịch vụ mà `connect(service, strategy=...)` sẽ dùng. Lỗi: BadInput khi tên, địa chỉ hay khóa không dùng được."""
    if service not in (None, *SERVICES):
        raise BadInput(f'Không có dịch vụ {service!r}: hãy gọi connect(), connect("live") hoặc connect("offline").')
    if service == "offline" and strategy:
        raise BadInput(f"CDSE ngoại tuyến tự cấp khóa: hãy bỏ strategy={strategy!r}.")
    if service == "offline":
        return _offline()
    addresses = None if service else _given(os.environ)
    found = keys.find(strategy, ask=service == "live", endpoint=addresses.s3 if addresses else LIVE.s3)
    if found and not service:
        addresses = addresses or _given(found.addresses)
    if found is None and (addresses or service or strategy):
        raise keys.missing()
    if found is None:
        return _offline()
    return Service("dịch vụ được chỉ định" if addresses else SERVICES["live"], addresses or LIVE, found)


def _given(settings: Mapping[str, str]) -> Addresses | None:
    """Địa chỉ mà người dùng tự ghi; `None` nếu không ghi."""
    stac, s3 = (settings.get(name, "").strip() for name in ADDRESSES)
    if not (stac or s3):
        return None
    if not (stac and s3):
        raise BadInput(f"Hãy đặt cả {ADDRESSES[0]} và {ADDRESSES[1]}, hoặc bỏ cả hai.")
    if not re.fullmatch(r"https?://[^\s@]+", stac):
        raise BadInput(f"{ADDRESSES[0]} là {stac!r}: cần địa chỉ đầy đủ, ví dụ {LIVE.stac}")
    host = keys.bare_host(s3)
    if not re.fullmatch(r"([\w.-]+|\[[\da-f:.]+\])(:\d+)?", host):
        raise BadInput(f"{ADDRESSES[1]} là {s3!r}: cần tên máy và cổng, ví dụ {LIVE_S3}")
    scheme = urlsplit(s3).scheme if "://" in s3 else urlsplit(stac).scheme
    mended = () if s3 == host else (f"{ADDRESSES[1]}={host}",)
    return Addresses(stac, host, scheme == "https" or _OF_CDSE.search(host) is not None, mended)


def is_loopback(host: str) -> bool:
    """Máy này, nhìn theo tên hay số: lời nói với nó không ra ngoài."""
    return re.match(r"(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$", host) is not None


# -- CDSE ngoại tuyến --------------------------------------------------------


def _offline() -> Service:
    """CDSE ngoại tuyến, chạy làm tiến trình con, mỗi kernel một lần; kernel tắt thì nó tắt theo."""
    global _child
    if _child is None or _child[0].poll() is not None:
        os.environ["NO_PROXY"] = ",".join(filter(None, [os.environ.get("NO_PROXY"), "127.0.0.1,localhost"]))
        command = [sys.executable, "-m", "cdse_offline", "--port", "0", "--until-stdin-closes"]
        own = {name: value for name, value in os.environ.items() if name not in (*PAIR, *AWS_PAIR)}  # nó không cần khóa
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        # Phiên riêng: Ctrl+C hay nút ngắt kernel là chuyện của người gọi, không dừng dịch vụ.
        child = subprocess.Popen(command, env=own, start_new_session=True, **pipes)
        if not (line := Secret(child.stdout.readline())):
            raise Unavailable(
                f"CDSE ngoại tuyến không khởi động được (mã {child.wait()}): hãy chạy `make lab`.", Reason.NETWORK
            )
        _child = child, _announced(line)
    return _child[1]


def _announced(line: Secret) -> Service:
    """Dòng JSON mà CDSE ngoại tuyến in ra khi đã sẵn sàng: địa chỉ, và cặp khóa tự cấp cho lần chạy này."""
    offer = json.loads(line.reveal())
    pair = Keys(Secret(offer["access_key"]), Secret(offer["secret_key"]))
    return Service(SERVICES["offline"], Addresses(offer["stac"], offer["s3"], https=False), Found(pair, "tự cấp"))


def _stop_offline() -> None:
    global _child
    if _child is not None:
        child, _child = _child[0], None
        child.stdin.close()  # nó tự kết thúc khi thấy thế
        child.stdout.close()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


# -- nối, xem lại, quên ------------------------------------------------------


def attach(service: Service, open_catalog: Callable[[str], Client]) -> Client:
    """Catalog của dịch vụ, sau khi đã thử khóa; môi trường phải đặt xong. Nối lại chỗ cũ chỉ tốn một lần thử khóa."""
    global _current
    probe.forget_answers()
    if _current and _current.service == service:
        catalog, sample = _current.catalog, _current.sample
    else:
        catalog = open_catalog(service.addresses.stac)
        sample = probe.sample(catalog)
    if sample:
        _try_keys(sample, service.found.source)
    _current = Connection(service, catalog, sample, time.monotonic())
    return catalog


def _try_keys(href: str, source: str) -> None:
    try:
        probe.probe(href)
    except Rejected as problem:
        if problem.reason not in (Reason.KEY_UNKNOWN, Reason.SECRET_WRONG):
            raise
        raise Rejected(f"{problem} Khóa ấy lấy từ {source}.", problem.reason) from None
    except BadData as problem:
        if problem.reason not in (Reason.MISSING, Reason.BROKEN):  # tệp thiếu hay hỏng, nhưng khóa đã được nhận
            raise


def detach() -> None:
    """Quên khóa, địa chỉ và những gì GDAL nhớ; tắt CDSE ngoại tuyến nếu kernel này đã mở nó."""
    global _current
    _current = None
    keys.forget()
    probe.forget_answers()
    _stop_offline()


class Status:
    """Đang nối với đâu, bằng khóa lấy từ đâu, thử lần cuối khi nào; hiện ra thành bảng, không có khóa."""

    def __init__(self) -> None:
        self.connected = _current is not None
        if _current:
            service, _, sample, checked = _current
            hosts = [urlsplit(service.addresses.stac).hostname, service.addresses.s3.rsplit(":", 1)[0]]
            self.service, self.strategy = service.name.split(":")[0], service.found.source
            self.hosts = ["máy này"] if is_loopback(service.addresses.s3) else list(dict.fromkeys(hosts))
            self.seconds = time.monotonic() - checked if sample else None

    def __repr__(self) -> str:
        if not self.connected:
            return "Chưa kết nối: hãy gọi connect()."
        tried = "chưa được, catalog trống" if self.seconds is None else f"{_ago(self.seconds)}, được nhận"
        rows = {"dịch vụ": self.service, "máy chủ": ", ".join(self.hosts), "khóa": self.strategy, "thử khóa": tried}
        return "\n".join(f"{name:<10}{value}" for name, value in rows.items())


def _ago(seconds: float) -> str:
    if seconds < 60:
        return "vừa xong"
    return f"{seconds // 60:.0f} phút trước" if seconds < 3600 else f"{seconds // 3600:.0f} giờ trước"
