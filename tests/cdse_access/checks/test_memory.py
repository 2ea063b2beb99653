"""cdse_access.checks.memory: what a load takes is counted, and compared with what there is."""

from datetime import timedelta
from types import SimpleNamespace

import odc.stac
import pytest
from odc.geo.geobox import GeoBox

from cdse_access.checks import memory
from cdse_access.checks.arguments import check_load
from cdse_access.checks.memory import OVERHEAD, READING, count_pixel_bytes, find_available_bytes
from tests.cdse_access.checks.example import BBOX, FIRST, make_item, refuse

GEOBOX = GeoBox.from_bbox((600000, 5300000, 700000, 5400000), "EPSG:32632", resolution=1)  # 100 000 × 100 000 pixels
WIDE = {"geobox": GEOBOX}
SIZE = 100_000**2 * 3  # bytes of one layer of B04 and SCL


@pytest.fixture
def have(monkeypatch):
    """A machine with so many bytes left."""
    return lambda available: monkeypatch.setattr(memory, "find_available_bytes", lambda: available)


def parse(*items):
    return [odc.stac.parse_item(item) for item in items]


DAYS = [make_item(), make_item("next", when=FIRST + timedelta(days=1))]


def test_what_is_taken_decides(have):
    needed = OVERHEAD * 2 * SIZE + READING
    have(needed + 1)
    assert check_load(DAYS, ["B04_10m", "SCL_20m"], **WIDE) == DAYS
    have(needed - 1)
    assert "cần khoảng 72." in refuse(DAYS, ["B04_10m", "SCL_20m"], **WIDE)


def test_the_message_tells_how_much_and_what_to_shrink(have):
    have(4.6e9)
    assert refuse(DAYS, ["B04_10m"], **WIDE) == (
        "Tải 2 ngày × 1 band × 100000 × 100000 pixel cần khoảng 48.1 GB bộ nhớ, máy chỉ còn 4.6 GB: hãy thu nhỏ "
        "vùng, bớt ngày, bớt band, tăng resolution, hoặc thêm chunks={} để đọc từng phần."
    )


def test_what_is_not_loaded_at_once_may_be_large(have):
    have(0)
    assert check_load(DAYS, ["B04_10m"], chunks={}, **WIDE) == DAYS


def test_nothing_is_too_small_for_a_machine_that_has_nothing(have):
    have(READING - 1)
    assert "hãy thu nhỏ vùng" in refuse(DAYS, bbox=BBOX, resolution=100)


@pytest.mark.parametrize(
    ("dtype", "count"),
    [(None, 3), ("float32", 8), ({"SCL_20m": "uint16"}, 4), ({"*": "float64", "SCL_20m": "uint8"}, 9)],
)
def test_bytes_are_those_of_the_type(dtype, count):
    (item,) = parse(DAYS[0])
    assert count_pixel_bytes(item, ["B04_10m", "SCL_20m"], dtype) == count


# -- what there is -----------------------------------------------------------


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine of which 1000 bytes are left; files of its container are written below the folder."""
    monkeypatch.setattr(memory.psutil, "virtual_memory", lambda: SimpleNamespace(available=1000))
    monkeypatch.setattr(memory, "CGROUPS", tmp_path)
    return tmp_path


def test_without_a_container_the_machine_counts(machine):
    assert find_available_bytes() == 1000


@pytest.mark.parametrize(("limit", "left"), [("max", 1000), ("500", 250), ("5000", 1000)])
def test_a_container_may_have_less(machine, limit, left):
    (machine / "memory.max").write_text(f"{limit}\n")
    (machine / "memory.current").write_text("300\n")
    (machine / "memory.stat").write_text("anon 250\ninactive_file 50\n")
    assert find_available_bytes() == left


def test_containers_of_the_first_version_count_too(machine):
    (machine / "memory").mkdir()
    (machine / "memory/memory.limit_in_bytes").write_text("500")
    (machine / "memory/memory.usage_in_bytes").write_text("300")
    assert find_available_bytes() == 200


def test_this_machine_has_some():
    assert find_available_bytes() > 1e6
