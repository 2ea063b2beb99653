"""cdse_access.catalog: a question that cannot be meant is told, and not sent."""

import inspect
from datetime import UTC, date, datetime

import pytest
from shapely.geometry import Point

from cdse_access.catalog import Catalog, open_catalog
from cdse_access.problems import BadInput, Reason

BBOX = (11.44, 47.81, 11.48, 47.83)


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
        ({"limit": 0}, "limit là 0: cần số nguyên"),
        ({"query": 5}, "Câu hỏi tìm kiếm không hợp lệ"),
        ({"filter": "a b c"}, "Câu hỏi tìm kiếm không hợp lệ"),
        ({"query": {"eo:cloud_cover": {"lt": float("nan")}}}, "Câu hỏi tìm kiếm không hợp lệ"),
        ({"query": {"created": {"gt": datetime(2023, 9, 1)}}}, "Object of type datetime is not JSON serializable"),
        ({"ids": [b"a"]}, "Câu hỏi tìm kiếm không hợp lệ"),
        ({"method": "PUT"}, "Unsupported method PUT"),
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
        ([], "không hiểu được"),
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
    assert client.search(method="GET", bbox=BBOX).get_parameters() == {
        "bbox": "11.44,47.81,11.48,47.83",
        "limit": 100,
    }
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


def test_a_working_directory_that_was_removed_is_no_fault_of_the_catalogue(tmp_path, monkeypatch):
    """pystac asks for it, and its error would be told as "no STAC catalogue"."""
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    with pytest.raises(BadInput, match="Thư mục làm việc của kernel này đã bị xóa") as caught:
        open_catalog("http://127.0.0.1:9/stac/v1/")
    assert caught.value.reason is Reason.DISK


@pytest.mark.parametrize("name", ["limit", "max_items"])
@pytest.mark.parametrize("value", [0, -1, "5", 2.5, float("nan"), True, [5], 10**400 * -1])
def test_how_many_is_a_whole_number_from_one_on(client, server, name, value):
    with pytest.raises(BadInput, match=f"{name} là .*số nguyên"):
        client.search(**{name: value})
    assert len(server.asked) == 1  # the landing page
