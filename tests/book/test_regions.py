"""The page of the regions: what it says of the places and of their land is so; the code on it runs."""

import io
import re
from datetime import date, timedelta
from itertools import groupby
from typing import Any

import numpy as np
import pytest
import xarray as xr

import cdse_access
from book.regions import looks, maps, page, truth
from book.regions.pairs import PAIRS
from cdse_offline.product.regions import list_regions
from cdse_offline.simulation.classes import LAND_CLASSES, SKY_CLASSES, Class
from cdse_offline.simulation.covers import CODE
from cdse_offline.simulation.landscapes import build_land
from cdse_offline.simulation.places import PLACES, Place
from cdse_offline.simulation.scenes import Scene

TEXT = page.PAGE.read_text(encoding="utf-8")
BY_NAME = {place.name: place for place in PLACES}


@pytest.fixture(scope="module")
def regions() -> list[looks.Region]:
    return [looks.read(place) for place in PLACES]


# -- the page --------------------------------------------------------------------


def test_the_page_is_what_the_tool_writes(regions):
    assert page.fill(TEXT, regions) == TEXT, "run `python -m book.regions --page`"


def test_other_marks_than_blocks_are_told(regions):
    with pytest.raises(ValueError, match="tay-nguyen"):
        page.fill(TEXT.replace("% vùng tay-nguyen\n", ""), regions)


def test_the_boxes_are_those_of_the_collections():
    shown = re.findall(r"^bbox = (\[.+\])  # (\S+)$", TEXT, flags=re.MULTILINE)
    boxes = {name: [float(number) for number in box.strip("[]").split(",")] for box, name in shown}
    listed = {region["id"]: region["bbox"] for region in list_regions()}
    assert {name: boxes[name] for name in listed} == listed


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_a_region_has_a_place_of_its_own(place):
    own = TEXT.split(f"(vung-{place.name})=\n")[1].split("\n(")[0]
    assert own.startswith(f"## {place.title}\n")
    assert all(f"R{orbit:03}" in own for orbit in place.orbits)
    assert all(f"{tile.name} (EPSG:{tile.epsg})" in own for tile in place.tiles)
    assert f'"{place.first_day}/{place.last_day}"' in own


def test_every_class_has_a_legend():
    rows = re.findall(r"^\| (\d+) \| \{mau\}`(\w+)` \| ([^|]+?) \|", TEXT, flags=re.MULTILINE)
    legends = [*LAND_CLASSES.items(), *SKY_CLASSES.items()]
    assert [(int(value), Class(title, colour)) for value, colour, title in rows] == legends


def test_the_pictures_are_those_that_the_page_shows():
    shown = set(re.findall(r"images/vung/([\w-]+\.webp)", TEXT))
    assert shown == {path.name for path in page.IMAGES.iterdir()}
    assert len(shown) == 2 * len(PLACES) + len(PAIRS)
    assert sum((page.IMAGES / name).stat().st_size for name in shown) < 1.5e6


def test_its_terms_are_in_the_glossary():
    glossary = (page.ROOT / "book" / "thuat-ngu.md").read_text(encoding="utf-8")
    marked = re.findall(r"\*([^*\n]+)\* \(\*([^*\n]+)\*\)", TEXT)
    assert len(marked) == 3
    assert [term for term in marked if "**{}** *{}*".format(*term) not in glossary] == []


def test_memory_and_disk_are_those_of_the_readme():
    readme = (page.ROOT / "README.md").read_text(encoding="utf-8")
    for told in (r"(?:thêm|giữ) đến (\d,\d GB)", r"không quá (\d GB) \("):
        assert re.search(told, readme)[1] == re.search(told, TEXT)[1]


# -- what was measured -------------------------------------------------------------


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_each_month_shows_one_of_its_least_cloudy_passes(place):
    months = {n: list(passes) for n, passes in groupby(looks.list_passes(place), lambda one: one.start.month)}
    region = looks.read(place)
    assert [look.acquisition.start.month for look in region.looks] == list(months)
    for look in region.looks:
        passes = sorted(months[look.acquisition.start.month], key=lambda one: one.cloud_cover)
        assert look.acquisition in passes[: looks.CANDIDATES]


@pytest.mark.parametrize("place", PLACES, ids=lambda place: place.name)
def test_the_land_is_that_of_the_page(place):
    """A changed drawing wants new pictures."""
    region = looks.read(place)
    wish = f"run `python -m book.regions --only {place.name}`"
    assert looks.measure_areas(place) == region.areas, wish
    assert looks.measure_changes(place) == region.changes, wish
    assert looks.measure_later(place, region.floods) == region.later, wish


def test_the_sky_is_that_of_the_page():
    look = max(looks.read(BY_NAME["tay-nguyen"]).looks, key=lambda one: one.hidden)  # of the cloudiest month
    assert 0.5 < look.hidden < 0.9
    assert looks.measure_hidden(look.acquisition) == look.hidden, "run `python -m book.regions`"


def test_the_flood_is_that_of_the_page():
    floods = looks.read(BY_NAME["ven-bien"]).floods
    clear = min(floods, key=lambda one: one.hidden)
    drowned = Scene(looks.widen(clear.acquisition)).truth("CLASS_10m") == looks.FLOODED
    assert clear.area == round(drowned.sum() * looks.HECTARES, 2) > 1000
    assert {flood.acquisition.relative_orbit for flood in floods} == {75, 118}


def list_days(place: Place, *covers: str) -> list[date]:
    """When land becomes one of these, earliest first."""
    codes = [CODE[cover] for cover in covers]
    days = [int(day) for _, day, code in build_land(place).changes if code in codes]
    return [date(2023, 1, 1) + timedelta(days=day - 1) for day in days]


def test_the_clearing_and_the_park_grow_as_the_page_tells():
    felled, planted = (list_days(BY_NAME["tay-nguyen"], cover) for cover in ("felled", "cassava"))
    assert date(2023, 1, 10) <= felled[0] and felled[-1] <= date(2023, 4, 20)
    assert date(2023, 5, 20) <= planted[0] and planted[-1] <= date(2023, 6, 5)
    park = BY_NAME["ven-do"]
    filled, roads = list_days(park, "fill"), list_days(park, "park road")
    others = set(CODE) - {"fill", "park road"}
    halls = list_days(park, *others)
    assert date(2023, 3, 1) <= filled[0] and filled[-1] <= date(2023, 6, 30)
    assert date(2023, 7, 1) <= roads[0] and roads[-1] <= date(2023, 8, 10)
    assert date(2023, 9, 1) <= halls[0] and halls[-1] <= date(2023, 12, 31)


# -- how it is measured and drawn ----------------------------------------------------


def test_seasons_are_parted_by_weeks_without_a_harvest():
    pairs = [("2023-01-02", None, 1), ("2023-01-20", None, 2), ("2023-06-01", None, 1)]
    assert [len(turn) for turn in looks._split_turns(pairs)] == [2, 1]


def test_all_but_one_in_twenty_are_within_the_days():
    days = [f"2023-03-{day:02}" for day in range(1, 21)]
    assert looks._find_ends(days) == ("2023-03-02", "2023-03-19")
    assert looks._find_ends([]) == ()


def test_shares_are_told_in_whole_per_cent():
    assert [maps.name_share(share) for share in (0, 0.004, 0.126, 0.997, 1)] == [
        "0 %",
        "< 1 %",
        "13 %",
        "99 %",
        "100 %",
    ]


def test_classes_are_painted_in_the_colours_of_their_legend():
    painted = truth.paint(np.array([[0, 2]]), {0: Class("quang", "9ECBF0"), 2: Class("bóng", "3B3F4A")})
    assert painted.tolist() == [[[0x9E, 0xCB, 0xF0], [0x3B, 0x3F, 0x4A]]]


def test_a_lesson_without_its_box_is_told():
    with pytest.raises(ValueError, match="khong_co = "):
        page._read_box("05-rgb", "khong_co")


# -- the code on it --------------------------------------------------------------------


def load_little(items: list[Any], bands: list[str], **area: Any) -> xr.Dataset:
    """The terrain is read; of others it would take many seconds to make, which their own tests do."""
    assert items and all(band in item.assets for item in items for band in bands)
    if items[0].collection_id == "cop-dem-glo-30-dged-cog":
        return cdse_access.loading.load(items, bands, **area)
    return xr.Dataset({band: xr.DataArray(np.ones((2, 2))) for band in bands})


def open_fields(address: str) -> io.BytesIO:
    assert re.fullmatch(r"http://.+/fields/[\w-]+\.geojson", address)
    return io.BytesIO(b'{"features": [{"properties": {"id": 1}}]}')


def test_the_code_on_the_page_runs(offline_service, monkeypatch):
    monkeypatch.setenv("CDSE_STAC_URL", offline_service["stac"])
    monkeypatch.setenv("CDSE_S3_ENDPOINT", offline_service["s3"].removeprefix("http://"))
    monkeypatch.setenv("CDSE_S3_ACCESS_KEY", offline_service["access_key"])
    monkeypatch.setenv("CDSE_S3_SECRET_KEY", offline_service["secret_key"])
    monkeypatch.setattr(cdse_access, "load", load_little, raising=False)
    monkeypatch.setattr("urllib.request.urlopen", open_fields)
    blocks = re.findall(r"^```python\n(.*?)^```$", TEXT, flags=re.MULTILINE | re.DOTALL)
    names: dict[str, Any] = {}
    for block in blocks:
        exec(block, names)
    assert len(names["catalog"].regions) == len(PLACES)
    heights = names["height"]["data"]
    assert 0 < float(heights.min()) < float(heights.max()) < 60
