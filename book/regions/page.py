"""What stands between the marks of book/vung-ngoai-tuyen.md: whatever depends on the places or on a measure."""

import re
from collections.abc import Iterable
from datetime import date, timedelta
from pathlib import Path

from bench.words import as_number, listed, table
from book.regions.looks import Look, Region, list_passes
from book.regions.maps import Box, name_day, name_share
from book.regions.pairs import PAIRS
from cdse_offline.product.regions import compute_inner_box
from cdse_offline.simulation.classes import LAND_CLASSES, SKY_CLASSES, Class
from cdse_offline.simulation.places import Place, Tile

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "book" / "vung-ngoai-tuyen.md"
IMAGES = ROOT / "book" / "images" / "vung"
CLEAR = 20  # per cent of cloud cover, as the lessons search
CLOUDY = 0.2  # share: a month without a clearer pass is named
MOST_CLASSES = 4
LONG = 100  # days: what is spread so wide has no season
YEAR = 2023
# What a map shows, in words for those who hear the page; the month of the map.
SEEN = {
    "oberland": (9, "hồ, rừng sẫm, đồng cỏ và ruộng xen nhau, làng nhỏ dọc đường"),
    "song-hong": (9, "sông Hồng màu nâu giữa hai con đê, ruộng lúa nhỏ và làng xóm hai bên"),
    "song-cuu-long": (2, "kênh thẳng chia ruộng lúa thành dải dài, ao tôm ở phía đông nam, một con sông uốn khúc"),
    "tay-nguyen": (3, "đất đỏ, cà phê và những lô cao su vuông vức, rừng trên sườn dốc, một mảng rừng mới phá"),
    "ven-bien": (4, "đồi keo ở phía tây, đồng lúa và làng ở giữa, đầm, cồn cát và biển ở phía đông"),
    "ven-do": (11, "ruộng lúa, làng, đường lớn và những mái nhà xưởng sáng của khu công nghiệp"),
}
# Areas that the lessons load: region, lesson, name in it, name on the map.
LESSONS = (
    ("oberland", "02-kham-pha-stac", "bayern_bbox", "Bài 2 và 4"),
    ("song-hong", "02-kham-pha-stac", "bbox", "Bài 2 đến 5"),
)


def choose_look(region: Region) -> Look:
    """The pass of the map."""
    return region.look(SEEN[region.place.name][0])


def find_lesson_boxes(place: Place) -> dict[str, Box]:
    """The areas of the lessons that lie in a place, by their names on the map."""
    return {title: _read_box(lesson, name) for home, lesson, name, title in LESSONS if home == place.name}


def _read_box(lesson: str, name: str) -> Box:
    text = (ROOT / "notebooks" / "md" / f"{lesson}.md").read_text(encoding="utf-8")
    found = re.search(rf"^{name} = \[([\d., ]+)\]$", text, flags=re.MULTILINE)
    if not found:
        raise ValueError(f"{lesson} has no line `{name} = [west, south, east, north]`")
    west, south, east, north = map(float, found[1].split(","))
    return west, south, east, north


# -- the page ------------------------------------------------------------------


def fill(text: str, regions: Iterable[Region]) -> str:
    """The page with new blocks between `% vùng NAME` and `% hết`. ValueError: other marks than blocks."""
    blocks = build_blocks(list(regions))
    marks = re.findall(r"^% vùng (\S+)$", text, flags=re.MULTILINE)
    if sorted(marks) != sorted(blocks):
        raise ValueError(f"{PAGE.name} has the marks {marks}, but these are written: {list(blocks)}")
    for name, block in blocks.items():
        inside = re.compile(rf"(?<=^% vùng {re.escape(name)}$\n).*?(?=^% hết$)", re.DOTALL | re.MULTILINE)
        text = inside.sub(f"\n{block}\n\n".replace("\\", r"\\"), text)
    return text


def build_blocks(regions: list[Region]) -> dict[str, str]:
    blocks = {"tat-ca": list_regions(regions)}
    blocks |= {region.place.name: describe(region) for region in regions}
    known = {region.place.name: region for region in regions}
    blocks |= {f"hinh-{name}": show_pair(name, known[pair.region]) for name, pair in PAIRS.items()}
    blocks["doi-khac"] = list_changes(regions)
    return blocks | {"chu-giai-lop-phu": list_land_classes(regions), "chu-giai-bau-troi": list_sky_classes()}


def list_regions(regions: list[Region]) -> str:
    lines = []
    for region in regions:
        place = region.place
        link = f"[{place.title}](#vung-{place.name})"
        west, south, east, north = compute_inner_box(place)
        where = f"{_name_degrees((south + north) / 2)}° B, {_name_degrees((west + east) / 2)}° Đ"
        lines.append([link, where, _name_months(place)])
    return table("Vùng | Tâm | Năm 2023", lines, "lll")


def _name_degrees(value: float) -> str:
    return as_number(value, 2)


def _name_months(place: Place) -> str:
    first, last = place.first_day, place.last_day
    return "cả năm" if (first.month, last.month) == (1, 12) else f"tháng {first.month} đến tháng {last.month}"


# -- a region ------------------------------------------------------------------


def describe(region: Region) -> str:
    parts = [show_box(region.place), list_facts(region), show_map(region), show_year(region), list_seasons(region)]
    return "\n\n".join([*parts, list_floods(region)] if region.floods else parts)


def show_box(place: Place) -> str:
    """The box as code to copy."""
    first, last = place.first_day, place.last_day
    lines = [f"bbox = {compute_inner_box(place)}  # {place.name}", f'datetime = "{first}/{last}"']
    return "\n".join(["```python", *lines, "```"])


def list_facts(region: Region) -> str:
    place = region.place
    rows, columns = place.shape
    facts = [
        ["Kích thước", f"{as_number(columns / 100)} × {as_number(rows / 100)} km"],
        ["Ô lưới", listed(_name_tile(tile) for tile in place.tiles)],
        ["Quỹ đạo tương đối", listed(f"R{orbit:03}" for orbit in place.orbits)],
        ["Lượt bay", _count_passes(place)],
        ["Lớp phủ chính", _list_main_classes(region)],
    ]
    if region.changes:
        facts.append(["Đổi khác trong năm", _name_changes(place, *region.changes)])
    return table(f"Mã vùng | `{place.name}`", facts, "ll")


def list_changes(regions: list[Region]) -> str:
    """Where land changes within the year."""
    where = [f"{one.place.title} ({_name_changes(one.place, *one.changes)})" for one in regions if one.changes]
    return f"Có chỗ khác 0 ở {listed(where)}; nơi khác toàn 0."


def _name_changes(place: Place, first: int, last: int, area: float) -> str:
    year = place.first_day.year
    days = [date(year, 1, 1) + timedelta(days=day - 1) for day in (first, last)]
    return f"{area:.0f} ha, từ {' đến '.join(f'{day.day}/{day.month}' for day in days)}"


def _name_tile(tile: Tile) -> str:
    return f"{tile.name} (EPSG:{tile.epsg})"


def _count_passes(place: Place) -> str:
    passes = list_passes(place)
    clear = sum(one.cloud_cover < CLEAR for one in passes)
    first, last = passes[0].start, passes[-1].start
    span = f"từ {first.day}/{first.month} đến {last.day}/{last.month}/{last.year}"
    return f"{len(passes)}, {span}; {clear} lượt có độ mây cả ô dưới {CLEAR} %"


def _list_main_classes(region: Region) -> str:
    total = sum(region.areas.values())
    largest = sorted(region.areas.items(), key=lambda pair: -pair[1])[:MOST_CLASSES]
    return "; ".join(f"{LAND_CLASSES[one].title} {area:.0f} ha ({name_share(area / total)})" for one, area in largest)


def show_map(region: Region) -> str:
    place, look = region.place, choose_look(region)
    day = f"{name_day(look)}/{look.acquisition.start.year}"
    boxes = "".join(f", khung vàng là vùng của {title}" for title in find_lesson_boxes(place))
    alt = f"Ảnh màu thật mô phỏng của vùng {place.title} ngày {day}: {SEEN[place.name][1]}."
    words = f"{place.title}, {day} (ảnh mô phỏng). Khung trắng là `bbox` ở trên{boxes}.{_explain_borders(place)}"
    return show_figure(place.name, f"ban-do-{place.name}", alt, words)


def _explain_borders(place: Place) -> str:
    if len({tile.epsg for tile in place.tiles}) > 1:
        return " Nét đứt là ranh giới hai múi UTM."
    return " Nét đứt là mép của hai ô lưới, phần ở giữa có trong cả hai." if len(place.tiles) > 1 else ""


def show_year(region: Region) -> str:
    place = region.place
    said = ", ".join(f"{name_day(look)} {name_share(look.hidden)}" for look in region.looks)
    alt = f"{len(region.looks)} ảnh nhỏ của vùng {place.title}, mỗi tháng một ngày, với phần vùng bị che: {said}."
    words = (
        "Mỗi tháng một lượt bay của năm 2023 (ảnh mô phỏng), lượt quang nhất trong ba lượt có độ mây cả ô thấp nhất. "
        f"Số phần trăm là phần vùng bị mây, sương mù hay bóng mây che.{_name_cloudy_months(region)}"
    )
    return show_figure(f"{place.name}-nam", f"nam-{place.name}", alt, words)


def _name_cloudy_months(region: Region) -> str:
    months = [str(look.acquisition.start.month) for look in region.looks if look.hidden > CLOUDY]
    return f" Không lượt nào trong tháng {listed(months)} thật quang." if months else ""


def list_seasons(region: Region) -> str:
    lines = []
    for season in region.seasons:
        fields = f"{season.fields:,}".replace(",", "\u00a0")
        lines.append([season.crop, season.name, _name_span(season.starts), _name_span(season.harvests), fields])
    return table("Cây | Vụ | Gieo, cấy hoặc thả | Thu hoạch | Thửa", lines, "llllr")


def _name_span(days: tuple[str, ...]) -> str:
    """Two days of 2023, or of the year before; all the year where they are far apart."""
    if not days:
        return "–"
    first, last = map(date.fromisoformat, days)
    if (last - first).days > LONG:
        return "quanh năm"
    names = [f"{day.day}/{day.month}" + (f"/{day.year}" if day.year != YEAR else "") for day in (first, last)]
    return " đến ".join(names)


def list_floods(region: Region) -> str:
    """Every pass while there is water on the land."""
    lines = []
    for flood in region.floods:
        start, orbit = flood.acquisition.start, flood.acquisition.relative_orbit
        lines.append([f"{start.day}/{start.month}", f"R{orbit:03}", name_share(flood.hidden), f"{flood.area:.0f}"])
    return table("Lượt bay trong lũ | Quỹ đạo | Bị che | Ngập (ha)", lines, "llrr")


def show_pair(name: str, region: Region) -> str:
    pair = PAIRS[name]
    days = " và ".join(name_day(region.look(month)) for month in pair.months)
    return show_figure(name, f"hinh-{name}", pair.alt, f"{pair.words} Ngày {days}.")


def show_figure(file: str, label: str, alt: str, words: str) -> str:
    lines = [f":::{{figure}} images/vung/{file}.webp", f":label: {label}", f":alt: {alt}", ":width: 560px"]
    return "\n".join([*lines, "", words, ":::"])


# -- legends -------------------------------------------------------------------


def list_land_classes(regions: list[Region]) -> str:
    lines = []
    for value, one in LAND_CLASSES.items():
        homes = [f"`{region.place.name}`" for region in regions if value in region.areas]
        homes += [f"`{region.place.name}` về sau" for region in regions if value in region.later]
        lines.append([str(value), _show_colour(one), one.title, ", ".join(homes)])
    return table("Giá trị | Màu | Lớp | Có ở", lines, "rlll")


def list_sky_classes() -> str:
    lines = [[str(value), _show_colour(one), one.title] for value, one in SKY_CLASSES.items()]
    return table("Giá trị | Màu | Bầu trời", lines, "rll")


def _show_colour(one: Class) -> str:
    """A square of the colour, and its name."""
    return f"{{mau}}`{one.colour}`"
