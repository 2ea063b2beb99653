"""cdse_access.catalog: a bad catalogue, a bad network or a bad question gives an error that names itself, in time."""

import inspect
import json
import pickle
import ssl
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import cycle
from threading import Thread
from types import SimpleNamespace

import pytest
import requests
from pystac_client.exceptions import APIError
from shapely.geometry import Point

from cdse_access import catalog as module
from cdse_access.catalog import Catalog, Patient, RefusedError
from cdse_access.problems import BadData, BadInput, Problem, Reason, Rejected, Unavailable

BBOX = (11.44, 47.81, 11.48, 47.83)
CLASSES = [
    "https://api.stacspec.org/v1.0.0/core",
    "https://api.stacspec.org/v1.0.0/collections",
    "https://api.stacspec.org/v1.0.0/item-search",
    "https://api.stacspec.org/v1.0.0/item-search#query",
    "https://api.stacspec.org/v1.0.0/item-search#filter",
]
Answer = Callable[[BaseHTTPRequestHandler], None]


def send(status: int = 200, body: bytes | dict | list = b"", **headers: str) -> Answer:
    """An answer, whole and well framed."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in ({"Content-Length": str(len(data))} | headers).items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(data)

    return answer


def drop(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True


def hang(handler: BaseHTTPRequestHandler) -> None:
    time.sleep(1)


def trickle(handler: BaseHTTPRequestHandler) -> None:
    """A byte now and then, each within the time that a single read may take."""
    handler.send_response(200)
    handler.send_header("Content-Length", "1000")
    handler.end_headers()
    for _ in range(30):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.1)


def features(*names: str, **more) -> dict:
    listed = [{"type": "Feature", "id": name, "collection": "images", "properties": {}} for name in names]
    return {"type": "FeatureCollection", "features": listed, "links": []} | more


@pytest.fixture
def server() -> Iterator[SimpleNamespace]:
    """A catalogue on loopback. `script` answers searches, one after the other; `asked` is what was asked."""
    state = SimpleNamespace(asked=[], script=iter([]))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            path = self.path.split("?")[0]
            state.asked.append((self.command, path, json.loads(body) if body else None))
            fixed = {"/": send(body=state.landing), "/collections": send(body=state.collections)}
            answer = fixed[path] if path in fixed and not state.all else next(state.script)
            try:
                answer(self)
            except (BrokenPipeError, ConnectionResetError):
                self.close_connection = True

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        http.daemon_threads = True
        state.url = f"http://127.0.0.1:{http.server_port}/"
        links = [
            {"rel": "root", "href": state.url, "type": "application/json"},
            {"rel": "data", "href": f"{state.url}collections", "type": "application/json"},
            *(
                {"rel": "search", "href": f"{state.url}search", "type": "application/geo+json", "method": method}
                for method in ("GET", "POST")
            ),
        ]
        state.landing = {"type": "Catalog", "id": "x", "stac_version": "1.0.0", "description": "x", "links": links}
        state.landing["conformsTo"] = CLASSES
        names = ("sentinel-2-l1c", "sentinel-2-l2a", "sentinel-1-grd", "images")
        state.collections = {"collections": [{"id": name, "type": "Collection"} for name in names], "links": []}
        state.all = False
        Thread(target=http.serve_forever, args=(0.01,), daemon=True).start()
        yield state
        http.shutdown()


@pytest.fixture
def client(server) -> Catalog:
    return Catalog.open(server.url, stac_io=Patient(), timeout=30)


@pytest.fixture
def slept(monkeypatch) -> list[float]:
    """The waits between attempts, which take no time here."""
    waits: list[float] = []
    monkeypatch.setattr(module.time, "sleep", waits.append)
    return waits


def found(client: Catalog, server: SimpleNamespace, *script: Answer, **question) -> list[str]:
    server.script = iter(script)
    return [item["id"] for item in client.search(**question).items_as_dicts()]


def failed(client: Catalog, server: SimpleNamespace, *script: Answer, **question) -> Problem:
    with pytest.raises(Problem) as caught:
        found(client, server, *script, **question)
    return caught.value


# -- answers -----------------------------------------------------------------


def test_a_search_that_goes_well(client, server, slept):
    assert found(client, server, send(body=features("a", "b")), collections=["images"]) == ["a", "b"]
    assert server.asked[-1] == ("POST", "/search", {"collections": ["images"]})
    assert slept == [] and client._stac_io.timeout == 30


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
def test_a_passing_refusal_is_asked_again_also_with_post(client, server, slept, status):
    assert found(client, server, send(status), send(status), send(body=features("a"))) == ["a"]
    assert slept == [0.5, 1] and [method for method, *_ in server.asked[-3:]] == ["POST"] * 3


@pytest.mark.parametrize(
    "bad", [drop, send(body=b"", Content_Length="50"), send(body=b'{"features": [{"id'), send(body=b"")]
)
def test_a_passing_loss_is_asked_again(client, server, slept, bad):
    assert found(client, server, bad, send(body=features("a"))) == ["a"]
    assert slept == [0.5]


def test_a_lasting_refusal_ends(client, server, slept):
    problem = failed(client, server, *[send(503)] * 9)
    assert isinstance(problem, Unavailable) and problem.reason == Reason.BUSY
    assert "search đang quá tải hoặc bảo trì (HTTP 503): hãy chờ" in str(problem) and 'connect("offline")' in str(
        problem
    )
    assert slept == [0.5, 1, 2, 4]


def test_retry_after_is_kept_to(client, server, slept):
    assert found(client, server, send(429, Retry_After="7"), send(body=features("a"))) == ["a"]
    in_a_while = format_datetime(datetime.fromtimestamp(time.time() + 20, UTC), usegmt=True)
    assert found(client, server, send(503, Retry_After=in_a_while), send(body=features("a"))) == ["a"]
    assert slept[0] == 7 and 15 < slept[1] <= 20
    assert found(client, server, send(503, Retry_After="soon"), send(body=features("a"))) == ["a"]
    assert slept[2] == 0.5


def test_a_long_retry_after_is_not_waited_for(client, server, slept):
    problem = failed(client, server, send(429, Retry_After="3600"))
    assert problem.reason == Reason.BUSY and "HTTP 429, dịch vụ bảo chờ 3600 giây" in str(problem)
    assert slept == []


def test_waits_and_reads_have_one_limit(client, server, slept, monkeypatch):
    now = iter(range(0, 1000, 10))  # every look at the clock is ten seconds later
    monkeypatch.setattr(module.time, "monotonic", lambda: float(next(now)))
    assert failed(client, server, *[send(503, Retry_After="10")] * 9).reason == Reason.BUSY
    assert len(slept) < 3


@pytest.mark.parametrize("bad", [hang, trickle])
def test_silence_and_trickle_end_in_time(client, server, monkeypatch, bad):
    monkeypatch.setattr(module, "PATIENCE", 0.6)
    client._stac_io.timeout = 0.3
    start = time.monotonic()
    problem = failed(client, server, *[bad] * 5)
    assert isinstance(problem, Unavailable) and problem.reason == Reason.NETWORK
    assert "quá lâu không trả lời" in str(problem)
    assert time.monotonic() - start < 1


def test_a_silent_server_is_asked_again(client, server):
    client._stac_io.timeout = 0.2
    start = time.monotonic()
    assert found(client, server, hang, send(body=features("a"))) == ["a"]
    assert time.monotonic() - start < 1


@pytest.mark.parametrize("timeout", [None, 30])
def test_a_timeout_forgotten_or_long_is_limited_all_the_same(server, monkeypatch, timeout):
    client = Catalog.open(server.url, stac_io=Patient(), timeout=timeout)
    monkeypatch.setattr(module, "PATIENCE", 0.3)
    start = time.monotonic()
    assert "quá lâu không trả lời" in str(failed(client, server, hang))
    assert time.monotonic() - start < 1


def test_nobody_there(slept):
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:9/ \(không kết nối được\).*connect\(\"offline\"\)") as caught:
        Catalog.open("http://127.0.0.1:9/", stac_io=Patient())
    assert caught.value.reason == Reason.NETWORK and slept == [0.5, 1]


def test_an_unknown_name_is_told(slept):
    with pytest.raises(Unavailable, match=r"\(không tìm thấy tên máy\)") as caught:
        Catalog.open("http://khong-co-may-nay.invalid/", stac_io=Patient())
    assert caught.value.reason == Reason.NETWORK and len(slept) == 2


def test_a_proxy_that_refuses_is_told(server, slept, monkeypatch):
    monkeypatch.setenv("HTTPS_PROXY", server.url)
    monkeypatch.setenv("NO_PROXY", "")
    server.all, server.script = True, cycle([send(403)])
    with pytest.raises(Unavailable, match=r"\(không đi qua được proxy, hãy xem HTTPS_PROXY và NO_PROXY\)") as caught:
        Catalog.open("https://stac.dataspace.copernicus.eu/v1/", stac_io=Patient())
    assert caught.value.reason == Reason.NETWORK and len(slept) == 2


@pytest.mark.parametrize("url", ["", "host/stac", "/etc/passwd", "ftp://host/", "http:///x", "s3://eodata/"])
def test_addresses_that_are_none(url, tmp_path):
    with pytest.raises(BadInput, match="cần địa chỉ đầy đủ"):
        Catalog.open(url, stac_io=Patient())


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"<html>login</html>", "bắt đầu bằng b'<html>login</html>'"),
        (b" \n", "câu trả lời rỗng"),
        (b'"a"', "JSON này không mô tả gì"),
        (b"\xff\xfe", "bắt đầu bằng"),
    ],
)
def test_answers_that_are_not_stac(client, server, slept, body, message):
    problem = failed(client, server, *[send(body=body)] * 9)
    assert isinstance(problem, Unavailable) and problem.reason == Reason.NOT_SERVICE
    assert message in str(problem) and "trang đăng nhập" in str(problem)


def test_truncated_json_for_ever_is_a_matter_of_the_network(client, server, slept):
    problem = failed(client, server, *[send(body=b'{"features": [')] * 9)
    assert problem.reason == Reason.NETWORK and "nhận thiếu dữ liệu" in str(problem)


@pytest.mark.parametrize(
    "page",
    [{"type": "FeatureCollection"}, {"features": None}, {"features": {}}, {"features": ["a"]}, {"features": [{}]}],
)
def test_json_without_features(client, server, page):
    problem = failed(client, server, send(body=page))
    assert problem.reason == Reason.NOT_SERVICE and "không có danh sách kết quả" in str(problem)


@pytest.mark.parametrize("body", [{}, {"type": "Feature"}, {"type": "Catalog"}, {"a": 1}, [], {"links": 5}, 7])
def test_json_that_is_no_catalogue(server, slept, body):
    server.all, server.script = True, cycle([send(body=body)])
    with pytest.raises(Unavailable, match="không phải catalog STAC") as caught:
        Catalog.open(server.url, stac_io=Patient())
    assert caught.value.reason == Reason.NOT_SERVICE


def test_nothing_found_is_an_answer(client, server):
    assert found(client, server, send(body=features())) == []


@pytest.mark.parametrize(
    ("status", "kind"), [(401, Rejected), (403, Rejected), (400, RefusedError), (405, RefusedError)]
)
def test_refusals_are_passed_on_at_once(client, server, slept, status, kind):
    body = {"code": "InvalidQueryParameter", "description": "Limit 1000 is too large"}
    problem = failed(client, server, send(status, body))
    assert isinstance(problem, kind) and slept == []
    if kind is RefusedError:
        assert "Limit 1000 is too large" in str(problem) and problem.reason == Reason.INPUT


@pytest.mark.parametrize("body", [b"", b"<html>", {"detail": "x"}, [], {}])
def test_a_refusal_in_any_words(client, server, body):
    assert "HTTP 400" in str(failed(client, server, send(400, body)))


def test_a_refusal_is_what_pystac_client_expects(client, server):
    server.script = iter([send(404, {"detail": "no"})])
    assert client.get_collection("images") is None
    problem = pickle.loads(pickle.dumps(failed(client, server, send(404))))
    assert isinstance(problem, APIError) and (problem.status_code, problem.reason) == (404, Reason.MISSING)


def test_a_false_certificate_is_not_asked_again(server, slept, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise requests.exceptions.SSLError(ssl.SSLCertVerificationError("self-signed certificate"))

    monkeypatch.setattr(requests.Session, "send", refuse)
    with pytest.raises(Unavailable, match="Chứng chỉ của https://host/ không hợp lệ") as caught:
        Catalog.open("https://host/", stac_io=Patient())
    assert caught.value.reason == Reason.CERTIFICATE and slept == []


@pytest.mark.parametrize(
    ("told", "reason", "times"),
    [
        ("[SSL: WRONG_VERSION_NUMBER] wrong version number", Reason.NOT_SERVICE, 1),
        ("[SSL: UNEXPECTED_EOF_WHILE_READING] EOF occurred in violation of protocol", Reason.NETWORK, 5),
    ],
)
def test_not_every_failure_of_tls_is_a_certificate(slept, monkeypatch, told, reason, times):
    sent = []

    def refuse(*_: object, **__: object) -> None:
        sent.append(1)
        raise requests.exceptions.SSLError(ssl.SSLError(1, told))

    monkeypatch.setattr(requests.Session, "send", refuse)
    with pytest.raises(Unavailable) as caught:
        Catalog.open("https://host/", stac_io=Patient())
    assert (caught.value.reason, len(sent)) == (reason, times)


# -- pages -------------------------------------------------------------------


def leading_on(href: str, *names: str, **more) -> Answer:
    """A page with a link to the next."""
    link = {"rel": "next", "href": href, "method": "POST", "merge": True, "body": {"token": href}} | more
    return send(body=features(*names, links=[link]))


def test_pages_are_joined_and_items_unique(client, server):
    pages = [
        leading_on(f"{server.url}search", "a", "b"),
        leading_on("/search", "b", "c"),
        send(body=features("c", "d")),
    ]
    assert found(client, server, *pages, collections=["images"], limit=2) == ["a", "b", "c", "d"]
    assert server.asked[-1][2] == {"collections": ["images"], "limit": 2, "token": "/search"}


def test_one_name_in_two_collections_is_two_items(client, server):
    page = features("a", "a")
    page["features"][1]["collection"] = "truth"
    assert found(client, server, send(body=page)) == ["a", "a"]


def test_pages_that_lead_to_themselves(client, server):
    problem = failed(client, server, *[leading_on(f"{server.url}search", "a")] * 9)
    assert isinstance(problem, BadData) and problem.reason == Reason.BROKEN and "trang cũ" in str(problem)
    assert len(server.asked) == 3  # the landing page and two searches


def test_pages_without_end(client, server, monkeypatch):
    monkeypatch.setattr(module, "MAX_PAGES", 4)
    pages = (leading_on(f"{server.url}search", str(number)) for number in range(99))
    problem = failed(client, server, *pages)
    assert isinstance(problem, BadInput) and "hơn 4 trang: hãy thu hẹp" in str(problem)
    assert len(server.asked) == 5
    pages = (leading_on(f"{server.url}search", str(number)) for number in range(99))
    assert len(found(client, server, *pages, max_items=3)) == 3


def test_as_many_pages_as_allowed(client, server, monkeypatch):
    monkeypatch.setattr(module, "MAX_PAGES", 2)
    assert found(client, server, leading_on("/search", "a"), send(body=features("b"))) == ["a", "b"]


@pytest.mark.parametrize("href", ["http://catalog.example/search", "http://127.0.0.1.example/search"])
def test_a_page_elsewhere_is_not_followed(client, server, href):
    problem = failed(client, server, leading_on(href, "a"))
    assert problem.reason == Reason.NOT_SERVICE and "chỉ sang máy khác" in str(problem) and href in str(problem)


@pytest.mark.parametrize("href", ["file:///etc/passwd", "ftp://127.0.0.1/"])
def test_a_page_that_is_no_web_address(client, server, href):
    assert "cần địa chỉ đầy đủ" in str(failed(client, server, leading_on(href, "a")))


def test_a_safe_service_does_not_lead_to_an_open_one():
    patient = Patient()
    patient._check_origin("https://host/stac")
    patient._check_origin("https://host/search")
    with pytest.raises(Unavailable, match="chỉ sang máy khác"):
        patient._check_origin("http://host/search")


def test_being_sent_elsewhere_is_named(client, server):
    there = server.url.replace("127.0.0.1", "localhost")
    problem = failed(client, server, send(302, Location=f"{there}collections"))
    assert problem.reason == Reason.NOT_SERVICE and f"bị chuyển sang {there}collections" in str(problem)


# -- questions ---------------------------------------------------------------


def wrong(client: Catalog, **question) -> str:
    with pytest.raises(BadInput) as caught:
        client.search(**question)
    assert caught.value.reason == Reason.INPUT
    return str(caught.value)


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ({"bbox": [20.8, 105.9, 20.9, 106.0]}, "đảo chỗ"),
        ({"bbox": [682540, 5298490, 685230, 5300540]}, "ra ngoài miền"),
        ({"bbox": [11.5, 47.8, 11.4, 47.9]}, "sai thứ tự"),
        ({"bbox": [11.4, 47.9, 11.5, 47.8]}, "sai thứ tự"),
        ({"bbox": [11.43, 11.47, 47.81, 47.83]}, "rộng hơn 10°"),
        ({"bbox": [11.4, 47.8, 11.5]}, "bốn số"),
        ({"bbox": [11.4, 47.8, 11.5, float("nan")]}, "ra ngoài miền"),
        ({"bbox": "tây,nam,đông,bắc"}, "bốn số"),
        ({"bbox": [20.8, 105.9, 0, 20.9, 106.0, 9]}, "đảo chỗ"),
        ({"intersects": Point(20.8, 105.9)}, "kinh độ đứng trước vĩ độ"),
        ({"intersects": Point(181, 47)}, "ra ngoài miền"),
        ({"intersects": {"type": "Circle"}}, "cần một hình GeoJSON"),
        ({"intersects": 5}, "cần một hình GeoJSON"),
        ({"max_items": 0}, "max_items là 0"),
        ({"limit": 0}, "Câu hỏi tìm kiếm không hợp lệ: Invalid limit of 0"),
        ({"query": 5}, "Câu hỏi tìm kiếm không hợp lệ"),
        ({"filter": "a b c"}, "Câu hỏi tìm kiếm không hợp lệ"),
        ({"colections": ["images"]}, "unexpected keyword argument 'colections'"),
        ({"collections": 5}, 'cần tên, ví dụ ["sentinel-2-l2a"]'),
    ],
)
def test_questions_that_cannot_be_meant_are_not_sent(client, server, question, message):
    before = len(server.asked)
    assert message in wrong(client, **question)
    assert len(server.asked) == before


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("June 2023", "'June 2023', không hiểu được: hãy viết"),
        ("2023/06/01", "'2023/06/01', không hiểu được: hãy viết"),
        ("28/9/2023", 'hãy viết "2023-06-15", "2023-06", "2023", hoặc khoảng "2023-05-01/2023-09-30"'),
        ("20230601/20230630", "không hiểu được"),
        ("2023-06-31", "'2023-06-31', không có ngày ấy: hãy viết"),
        ("2023-13", "không có ngày ấy"),
        ("2023-06-31T10:00:00Z", "không có ngày ấy"),
        (date(2023, 6, 1), "không hiểu được"),
        (20230601, "không hiểu được"),
        ("2023-09-30/2023-05-01", "kết thúc trước khi bắt đầu"),
        ("2023-09/2023-05", "kết thúc trước khi bắt đầu"),
        ([datetime(2023, 9, 1, tzinfo=UTC), datetime(2023, 5, 1, tzinfo=UTC)], "kết thúc trước khi bắt đầu"),
        ("2023-06-01T10:00:00", "đúng một thời điểm"),
        (datetime(2023, 6, 1), "đúng một thời điểm"),
        ([datetime(2023, 6, 1)], "đúng một thời điểm"),
        (["2023-06-01T10:00:00"], "nếu đúng ý thì thêm múi giờ, Z cho UTC"),
    ],
)
def test_times_that_cannot_be_meant(client, written, message):
    assert message in wrong(client, datetime=written)


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("2023", "2023-01-01T00:00:00Z/2023-12-31T23:59:59Z"),
        ("2023-06-01", "2023-06-01T00:00:00Z/2023-06-01T23:59:59Z"),
        ("2023-06-01/2023-06-01", "2023-06-01T00:00:00Z/2023-06-01T23:59:59Z"),
        ("2023-06-01/..", "2023-06-01T00:00:00Z/.."),
        (["..", "2023-06-01"], "../2023-06-01T23:59:59Z"),
        ([None, datetime(2023, 6, 1)], "../2023-06-01T00:00:00Z"),
        ("2023-06-01T10:00:00.024Z", "2023-06-01T10:00:00.024Z"),
        ("2023-06-01T10:00:00Z/2023-06-01T10:00:00Z", "2023-06-01T10:00:00Z/2023-06-01T10:00:00Z"),
        ("2023-06-01T10:00:00z", "2023-06-01T10:00:00z"),
        ("2023-06-01T10:00:00.5+07:00", "2023-06-01T10:00:00.5+07:00"),
        (datetime(2023, 6, 1, 10, tzinfo=UTC), "2023-06-01T10:00:00Z"),
        (iter(["2023-06-01", "2023-06-02"]), "2023-06-01T00:00:00Z/2023-06-02T23:59:59Z"),
    ],
)
def test_times_are_sent_as_pystac_client_sends_them(client, written, sent):
    assert client.search(datetime=written).get_parameters()["datetime"] == sent


def test_other_arguments_are_sent_as_pystac_client_sends_them(client):
    question = {
        "bbox": "11.44,47.81,11.48,47.83",
        "query": {"eo:cloud_cover": {"lt": 20}},
        "filter": "a = 1",
        "ids": "x",
        "collections": (name for name in ["images"]),
        "limit": 7,
        "max_items": 5,
    }
    assert client.search(**question).get_parameters() == {
        "limit": 5,
        "bbox": BBOX,
        "ids": ("x",),
        "collections": ("images",),
        "query": {"eo:cloud_cover": {"lt": 20}},
        "filter": {"op": "=", "args": [{"property": "a"}, 1]},
        "filter-lang": "cql2-json",
    }
    assert client.search(method="GET", bbox=BBOX).get_parameters() == {"bbox": "11.44,47.81,11.48,47.83"}
    assert client.search(intersects=Point(11, 47)).get_parameters()["intersects"]["type"] == "Point"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("SENTINEL-2", "'SENTINEL-2': có phải sentinel-2-l2a hay sentinel-2-l1c"),
        ("sentinel2-l2a", "có phải sentinel-2-l2a "),
        ("S2MSI2A_không-có", "có phải sentinel-2-l1c hay sentinel-2-l2a hay sentinel-1-grd hay images không?"),
    ],
)
def test_a_collection_that_is_not_there(client, server, name, message):
    assert message in wrong(client, collections=["images", name])
    assert server.asked[-1][:2] == ("GET", "/collections")


def test_collections_are_asked_for_once(client, server):
    for _ in range(3):
        client.search(collections="images")
    assert [path for _, path, _ in server.asked] == ["/", "/collections"]
    client.search(ids=["a"])
    assert len(server.asked) == 2


def test_help_shows_the_arguments_of_pystac_client():
    assert "sortby" in inspect.signature(Catalog.search).parameters
