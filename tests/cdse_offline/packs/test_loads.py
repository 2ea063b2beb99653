"""What a recording looks for: the questions, what is made of the answers, and all that the lessons name."""

import copy
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from shapely.geometry import box

from cdse_access.problems import BadInput, Reason
from cdse_offline.packs.loads import EVERY, LESSONS, Load, WantedItem, enclose, search_items
from cdse_offline.product import assets, items
from cdse_offline.simulation.places import MUNICH, acquisitions
from tests.lessons.notebooks.running import read_cells

ROOT = Path(__file__).parents[3]
AREA = (11.44, 47.81, 11.48, 47.83)
DAYS = sorted(acquisitions(MUNICH), key=lambda a: a.start)
ITEMS = [items.build_sentinel_item(a, "http://127.0.0.1/") for a in DAYS[:2]]


class Catalog:
    """Answers each search with the items whose answer was set for its dates."""

    def __init__(self, answers: dict[str, list[dict[str, Any]]], collections: tuple[str, ...]) -> None:
        self.answers, self.collections = answers, collections
        self.asked: list[dict[str, Any]] = []

    def get_collections(self):
        return [SimpleNamespace(id=name) for name in self.collections]

    def search(self, **question):
        self.asked.append(question)
        return SimpleNamespace(items_as_dicts=lambda: iter(self.answers.get(question.get("datetime", "ids"), [])))


def found(loads: list[Load], collections: tuple[str, ...] = ("sentinel-2-l2a",), **answers) -> list[WantedItem]:
    catalog: Any = Catalog({name.replace("_", "-"): answer for name, answer in answers.items()}, collections)
    return search_items(catalog, loads)


@pytest.fixture(autouse=True)
def connected(monkeypatch):
    monkeypatch.setenv("GDAL_NUM_THREADS", "1")


def test_a_load_asks_for_an_area_or_for_ids():
    assert Load(AREA, "2023", cloud=60).build_question() == {
        "collections": ["sentinel-2-l2a"], "limit": 100, "bbox": AREA, "datetime": "2023",
        "query": {"eo:cloud_cover": {"lt": 60}},
    }  # fmt: skip
    assert "query" not in Load(AREA, "2023").build_question()
    assert Load(AREA, ids=("a", "b"), collection="c").build_question() == {
        "collections": ["c"], "limit": 100, "ids": ["a", "b"],
    }  # fmt: skip


def test_wishes_of_several_loads_come_together():
    wide = (11.40, 47.80, 11.45, 47.82)
    loads = [Load(AREA, "2023-05"), Load(AREA, "2023-06", ("B04_10m", "SCL_20m")), Load(wide, "2023-07", ("SCL_20m",))]
    scenes = found(loads, _2023_05=[], **{"2023_05": ITEMS, "2023_06": ITEMS[1:], "2023_07": ITEMS[1:]})
    assert [scene.document["id"] for scene in scenes] == [item["id"] for item in ITEMS]
    assert scenes[0].bands == {}
    assert scenes[1].bands == {"B04_10m": AREA, "SCL_20m": (11.40, 47.80, 11.48, 47.83)}


def test_boxes_are_joined():
    assert enclose([(1, 2, 3, 4), (0, 3, 2, 5)]) == (0, 2, 3, 5)


def test_every_image_may_be_wanted():
    (scene,) = found([Load(AREA, bands=EVERY, ids=("x",))], ids=ITEMS[:1])
    assert scene.bands == dict.fromkeys(assets.IMAGES, AREA)


def test_of_two_processings_the_newer_is_recorded(capsys):
    old = copy.deepcopy(ITEMS[0])
    old["id"], old["properties"]["processing:version"] = "old", "05.09"
    (scene,) = found([Load(AREA, "2023", ("B04_10m",))], **{"2023": [old, ITEMS[0]]})
    assert scene.document["id"] == ITEMS[0]["id"]
    scenes = found([Load(AREA, "2023"), Load(AREA, "2024", ("B04_10m",))], **{"2023": [old], "2024": [old, ITEMS[0]]})
    assert [scene.document["id"] for scene in scenes] == [ITEMS[0]["id"]]


def test_the_truth_is_wanted_only_where_there_is_one():
    truth = items.build_truth_item(DAYS[0], "/")
    loads = [Load(AREA, "2023", ("B04_10m",)), Load(AREA, ids=("x",), bands=("B04_10m",), collection="offline-truth")]
    answers = {"2023": ITEMS[:1], "ids": [truth]}
    assert [scene.name[0] for scene in found(loads, **answers)] == ["sentinel-2-l2a"]
    both = found(loads, ("sentinel-2-l2a", "offline-truth"), **answers)
    assert [scene.name[0] for scene in both] == ["offline-truth", "sentinel-2-l2a"]
    assert [scene.name[0] for scene in found(loads[1:], **answers)] == ["offline-truth"]  # asked for by name


def test_nothing_found_is_told(capsys):
    with pytest.raises(BadInput, match="Không có item nào để ghi") as caught:
        found([Load(AREA, "2023", ("B04_10m",))])
    assert caught.value.reason == Reason.EMPTY
    assert found([Load(AREA, "2023"), Load(AREA, "2024", ("B04_10m",))], **{"2023": ITEMS})
    assert "Không tìm thấy: sentinel-2-l2a, 2024" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["../a", "a/b", ".a", "a\\b", "", "a:b"])
def test_a_name_that_leads_elsewhere_is_refused(name):
    with pytest.raises(BadInput, match="không dùng làm tên tệp được"):
        found([Load(AREA, "2023")], **{"2023": [ITEMS[0] | {"id": name}]})
    with pytest.raises(BadInput, match="không dùng làm tên tệp được"):
        found([Load(AREA, "2023")], **{"2023": [ITEMS[0] | {"collection": name}]})


# -- the lessons -------------------------------------------------------------


WINDOWS = [(11.43, 47.80, 11.57, 47.90), (105.88, 20.77, 105.98, 20.87), (105.88, 9.50, 106.02, 9.60)]


@pytest.fixture(scope="module")
def code() -> str:
    """All code of the five lessons, that of the solutions as well."""
    names = sorted(path.stem for path in (ROOT / "notebooks" / "md").glob("0*.md"))
    cells = [cell for name in names for cell in read_cells(name)]
    return "\n".join(source for cell in cells for source in ([cell.source] if cell.is_code else cell.solutions))


def test_the_lessons_loads_have_every_area_that_a_lesson_names(code):
    number = r"\s*(-?\d+\.\d+)\s*"
    boxes = {tuple(map(float, found)) for found in re.findall(rf"\[{','.join([number] * 4)}\]", code)}
    windows = [box(*bounds) for bounds in WINDOWS]  # wrong areas are named as well
    touched = [box(*found) for found in boxes if any(box(*found).intersects(window) for window in windows)]
    assert len(touched) >= 3
    assert [area.bounds for area in touched if not any(box(*load.bbox).covers(area) for load in LESSONS)] == []


def test_the_lessons_loads_have_every_band_that_a_lesson_names(code):
    bands = set(re.findall(r'"((?:B\w\w|SCL|TCI|AOT|WVP)_\d0m)"', code))
    assert len(bands) >= 6 and bands <= {band for load in LESSONS for band in load.bands}


def test_the_lessons_loads_have_every_date_that_a_lesson_asks_for(code):
    dates = set(re.findall(r'(?:datetime=|isoformat\(\) == |^period = )"([^"]+)"', code, re.MULTILINE))
    for listed in re.findall(r"^days = \[(.*)\]$", code, re.MULTILINE):
        dates |= set(re.findall(r'"([^"]+)"', listed))
    assert len(dates) >= 3
    assert [one for one in dates if not any(covers(load.dates, one) for load in LESSONS)] == []


def covers(wide: str, dates: str) -> bool:
    """Dates are years, months, days, or two of these: their letters sort as they do."""
    (first, last), (start, end) = (
        text.split("/") * 2 if "/" not in text else text.split("/") for text in (wide, dates)
    )
    return bool(wide) and first <= start and end <= f"{last}~"


@pytest.mark.parametrize(
    ("wide", "dates", "covered"),
    [
        ("2023", "2023-07-01/2023-10-31", True),
        ("2023-05-01/2023-09-30", "2023-05-01/2023-09-30", True),
        ("2023-05-01/2023-09-30", "2023-09-30", True),
        ("2023-05-01/2023-09-30", "2023", False),
        ("2023-05-01/2023-09-30", "2023-10-01", False),
        ("", "2023", False),
    ],
)
def test_dates_within_dates(wide, dates, covered):
    assert covers(wide, dates) is covered


def test_the_lessons_loads_have_every_collection_and_limit_of_cloud(code):
    assert set(re.findall(r'collections=\["([a-z0-9-]+)"\]', code)) <= {load.collection for load in LESSONS}
    limits = re.findall(r'(?:"eo:cloud_cover": \{"lt": |^cloud_cover_max = )(\d+)', code, re.MULTILINE)
    assert limits and max(map(float, limits)) <= max(load.cloud for load in LESSONS)
