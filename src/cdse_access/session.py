"""Connecting: a service is chosen, its keys are tried, GDAL is told, and the catalogue is opened."""

import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from secrets import token_hex
from urllib.parse import urlsplit

from cdse_access import env_file, gdal, probe
from cdse_access.addresses import Addresses
from cdse_access.catalog import Catalog, open_catalog
from cdse_access.current import current, find_current, replace_current
from cdse_access.deadline import forgetting, within
from cdse_access.env_file import PAIR
from cdse_access.hosts import is_loopback
from cdse_access.keys import AWS_PAIR, Found, refuse_in_the_open
from cdse_access.messages import say
from cdse_access.problems import BadInput, Unavailable
from cdse_access.regions import VERSION
from cdse_access.secrets import Keys, Secret, seal
from cdse_access.service import OfflineCdse, Service, choose_service, seal_keys, start_offline
from cdse_access.settings import (
    UNSAFE,
    Environment,
    Settings,
    Variables,
    child_environment,
    find_obstacle,
    forget_answers,
    proxy_exceptions,
)
from cdse_access.store import Store
from cdse_access.telling import tell

__all__ = ["Session", "connect", "current", "logout", "open_catalog", "status", "use_store"]
PATIENCE = 55  # seconds for all that a service is asked in connecting: landing page, collections, newest item, keys
_turn = threading.RLock()  # sessions are changed by one thread at a time


@dataclass
class Session:
    """A connection to a service: what is read from where, with which keys, and what was set for it."""

    service: Service
    store: Store
    catalog: Catalog | None  # None where only a store was given
    sample: str | None  # the file that the keys were tried on; None in an empty catalogue
    checked: float  # when they were, by the monotonic clock
    settings: Settings = field(default_factory=Settings)
    offline: OfflineCdse | None = None  # the child process, kept for the next time
    typed: Found | None = None  # keys that were typed and accepted
    shared: ExitStack = field(default_factory=ExitStack)  # what to do where it was shared with a cluster

    def environment(self) -> Environment:
        """Variables for a child process of yours in which plain GDAL and odc-stac read this store: `env=`.

        The keys are among the values, so that it shows names only.
        """
        return child_environment(self.store)

    def begin_trial(self) -> None:
        """From now on the service fails on purpose: nothing that was kept is used, and nothing is kept for others."""
        self.store = replace(self.store, trial=token_hex(4))

    def end_trial(self) -> None:
        """The service works again: what was read meanwhile is not used any more."""
        self.store = replace(self.store, trial="")

    def close(self) -> None:
        """Take back all that was set in this process, and end the offline CDSE."""
        self.shared.close()
        self.settings.undo()
        forget_answers()
        if self.offline is not None:
            self.offline.stop()


@forgetting
def connect(
    service: str | None = None,
    *,
    strategy: str | None = None,
    persist: bool = False,
    keys: Sequence[str] | Keys | None = None,
    stac: str | None = None,
    s3: str | None = None,
) -> Catalog:
    """Chọn CDSE, tìm và thử khóa, đặt cấu hình để GDAL đọc được kho ảnh, và trả về catalog STAC đã mở.

    service: `None` để tự chọn — có `CDSE_STAC_URL` và `CDSE_S3_ENDPOINT` thì dùng dịch vụ ấy, có cặp khóa S3
    thì dùng CDSE thật, còn lại khởi động CDSE ngoại tuyến; `"live"` hoặc `"offline"` để ép một loại.
    Khóa được tìm trong môi trường (`CDSE_S3_…`; `AWS_…` chỉ khi `AWS_S3_ENDPOINT` ghi đúng kho ấy), tệp `.env`,
    keyring; `connect("live")` còn hỏi thẳng nếu có người trả lời. Khóa đứng cạnh một địa chỉ chỉ được gửi tới địa chỉ
    ấy; khóa đứng một mình chỉ dành cho CDSE. strategy: chỉ tìm ở một nơi, "environment", ".env", "keyring" hoặc
    "prompt".
    persist: với `connect("live")`, cất cặp khóa vừa gõ và được nhận vào tệp `.env` cho các lần sau.
    keys: cặp chuỗi (access key, secret key), thay cho việc tìm. stac, s3: địa chỉ catalog và kho ảnh của một dịch vụ,
    thay cho hai biến môi trường, cùng với keys.
    Cấu hình chỉ có tác dụng với tệp `s3://eodata/…`; `logout()` trả mọi thứ về như cũ. Phiên nối nằm ở
    `catalog.session`.
    In một dòng cho biết đang dùng dịch vụ nào. Gọi lại thì chỉ thử lại khóa.
    Lỗi: BadInput (ValueError) khi khóa hay địa chỉ sai dạng; Rejected (PermissionError) khi dịch vụ từ chối khóa;
    Unavailable (ConnectionError) khi dịch vụ không trả lời. Có lỗi thì mọi thứ giữ nguyên như trước.
    Nguồn: tài liệu CDSE, mục S3 và STAC.
    """
    keys = seal_keys(keys)
    if persist and service != "live":
        raise BadInput(say("persist-live"))
    with _take_turn() as seconds:
        before = find_current()
        variables = _own_variables(before)
        typed = before.typed if before else None
        chosen = choose_service(service, strategy, keys=keys, stac=stac, s3=s3, variables=variables, typed=typed)
        if chosen is not None and chosen.warning:
            tell(chosen.warning)
        session = _open_session(chosen, before, seconds)
        replace_current(session)
    lines: list[str] = [say("service-in-use", service=session.service)]
    if obstacle := find_obstacle(session.store):
        lines.append(say(obstacle, name=UNSAFE))
    if not gdal.has_driver():
        lines.append(say("no-jp2-driver"))
    if persist and session.service.found.is_typed:
        lines.append(env_file.keep_keys(session.store.keys))
    tell(*lines)
    assert session.catalog is not None
    return session.catalog


@forgetting
def use_store(store: Store) -> Session:
    """Make a store the current session, for those who have items and need no catalogue; nothing is asked or told."""
    refuse_in_the_open(store.endpoint, store.keys, https=store.https)
    addresses = Addresses("", store.endpoint, store.https)
    service = Service("given", addresses, Found(store.keys, say("source-arguments")))
    session = Session(service, store, None, None, time.monotonic())
    with _take_turn():
        replace_current(_replace_session(find_current(), session))
    return session


def status() -> "Status":
    """Đang nối với dịch vụ nào, khóa lấy từ đâu, được nhận khi nào; không bao giờ có khóa trong đó."""
    return Status(find_current())


@forgetting
def logout() -> None:
    """Quên khóa và địa chỉ trong kernel này, và tắt CDSE ngoại tuyến; `.env` và keyring không bị đụng đến."""
    with _take_turn():
        session = find_current()
        replace_current(None)
        if session is not None:
            session.close()
    for name in _key_variables(session):
        os.environ.pop(name, None)
    tell(say("logged-out"))


# -- how -------------------------------------------------------------------------


@contextmanager
def _take_turn() -> Iterator[float]:
    """Nobody else connects or logs out during this block; the seconds that are left of PATIENCE after the wait.

    Each takes back what the one before has set: two at a time would leave keys in GDAL, and a service that nobody ends.
    """
    began = time.monotonic()
    if not _turn.acquire(timeout=PATIENCE):
        raise Unavailable(say("connecting-already"))
    try:
        yield began + PATIENCE - time.monotonic()
    finally:
        _turn.release()


def _own_variables(session: Session | None) -> dict[str, Secret]:
    """The environment as the user has it, without what a session has set."""
    return session.settings.variables.as_before() if session else seal(os.environ)


def _open_session(chosen: Service | None, before: Session | None, seconds: float) -> Session:
    """The session, once the service has accepted its keys; until then nothing has changed."""
    with within(seconds), ExitStack() as on_failure:
        offline = before.offline if before else None
        if chosen is None:
            if offline is None or not offline.is_alive():
                offline = start_offline()
                on_failure.callback(offline.stop)
            chosen = offline.service
        catalog, sample, store = _try_service(chosen, before)
        session = Session(chosen, store, catalog, sample, time.monotonic(), offline=offline)
        _replace_session(before, session)
        on_failure.pop_all()
    catalog.session = session
    return session


def _replace_session(before: Session | None, session: Session) -> Session:
    """Take back what the session before has set, set what the new one needs, and keep what lives on."""
    _exchange_settings(before, session)
    if before is not None:
        before.shared.close()
        if before.offline is not session.offline and session.offline is not None and before.offline is not None:
            before.offline.stop()
        session.offline = session.offline or before.offline
        before.offline = None  # whoever closes the old session does not end the service under the new one
        session.typed = before.typed
    if session.service.found.is_typed:
        session.typed = session.service.found
    return session


def _exchange_settings(before: Session | None, session: Session) -> None:
    """Whole or not at all, also where it is interrupted."""
    with ExitStack() as on_failure:
        if before is not None:
            on_failure.callback(before.settings.apply, before.store)
            before.settings.undo()
        on_failure.callback(session.settings.undo)
        session.settings.apply(session.store)
        on_failure.pop_all()


def _try_service(service: Service, before: Session | None) -> tuple[Catalog, str | None, Store]:
    """Its catalogue, the file that its keys were tried on, and its store. The same service as before keeps the two."""
    addresses = service.addresses
    with Variables() as variables:
        variables.set(proxy_exceptions(addresses.stac, addresses.s3))
        if before is not None and before.catalog is not None and before.service == service:
            catalog, sample = before.catalog, before.sample
        else:
            catalog = open_catalog(addresses.stac)
            sample = probe.find_sample(catalog)
        identity = name_images(service, catalog)
        trial = before.store.trial if before and before.store.endpoint == addresses.s3 else ""
        store = Store(addresses.s3, addresses.https, service.found.keys, identity, trial)
        if sample is not None:
            probe.try_keys(store, sample, service.found.source)
    return catalog, sample, store


def name_images(service: Service, catalog: Catalog) -> str:
    """What the service's images are called in the cache.

    An offline CDSE is known by its version, wherever it runs; a store on this machine that tells none could be
    another tomorrow, and gets no name.
    """
    version = service.version or catalog.extra_fields.get(VERSION)
    if version:
        return f"cdse_offline-{version}"
    return "" if is_loopback(service.addresses.s3) else service.addresses.s3


def _key_variables(session: Session | None) -> tuple[str, ...]:
    """The variables that hold keys of CDSE: `AWS_…` only if the session took its keys from them."""
    source = say("source-variable", name=AWS_PAIR[0])
    if session is not None and session.service.found.source == source:
        return (*PAIR, *AWS_PAIR)
    return PAIR


# -- what is shown ---------------------------------------------------------------


class Status:
    """Which service, keys from where, tried when; it shows as a table in which no key is."""

    def __init__(self, session: Session | None) -> None:
        self.connected = session is not None
        if session is None:
            return
        addresses = session.service.addresses
        hosts = [urlsplit(addresses.stac).hostname, addresses.s3.rsplit(":", 1)[0]]
        here = is_loopback(addresses.s3)
        self.service = session.service.name.split(":")[0]
        self.strategy = session.service.found.source
        self.hosts = [say("this-machine")] if here else list(dict.fromkeys(hosts))
        self.seconds = time.monotonic() - session.checked if session.sample else None

    def __repr__(self) -> str:
        if not self.connected:
            return say("not-connected")
        tried = say("not-tried") if self.seconds is None else say("tried", ago=_ago(self.seconds))
        rows = {
            say("status-service"): self.service,
            say("status-hosts"): ", ".join(map(str, self.hosts)),
            say("status-keys"): self.strategy,
            say("status-tried"): tried,
        }
        return "\n".join(f"{name:<10}{value}" for name, value in rows.items())


def _ago(seconds: float) -> str:
    if seconds < 60:
        return say("ago-now")
    if seconds < 3600:
        return say("ago-minutes", minutes=round(seconds // 60))
    return say("ago-hours", hours=round(seconds // 3600))
