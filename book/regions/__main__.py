"""`python -m book.regions`: draw the pictures of the regions, then write their part of book/vung-ngoai-tuyen.md."""

import argparse
import time

from book.regions import looks, maps, page
from book.regions.pairs import PAIRS
from cdse_offline.simulation.places import PLACES, Place


def main() -> None:
    parser = argparse.ArgumentParser("python -m book.regions", description="Vẽ lại trang Các vùng ngoại tuyến.")
    names = [place.name for place in PLACES]
    parser.add_argument("--only", choices=names, help="chỉ vẽ một vùng")
    parser.add_argument("--kept", action="store_true", help="vẽ những ngày đã chọn, không đo lại")
    parser.add_argument("--page", action="store_true", help="không vẽ gì, chỉ viết lại trang")
    arguments = parser.parse_args()
    if not arguments.page:
        for place in PLACES:
            if arguments.only in (None, place.name):
                draw(place, kept=arguments.kept)
    write()


def draw(place: Place, *, kept: bool) -> None:
    begin = time.monotonic()
    page.IMAGES.mkdir(exist_ok=True)
    if not kept:
        looks.keep(looks.measure(place))
    region = looks.read(place)
    boxes = page.find_lesson_boxes(place)
    maps.draw_map(region, page.choose_look(region), boxes, page.IMAGES / f"{place.name}.webp")
    maps.draw_year(region, page.IMAGES / f"{place.name}-nam.webp")
    for name, pair in PAIRS.items():
        if pair.region == place.name:
            pair.draw(region, pair.months, page.IMAGES / f"{name}.webp")
    print(f"{place.title}: {time.monotonic() - begin:.0f} giây", flush=True)


def write() -> None:
    regions = [looks.read(place) for place in PLACES]
    text = page.PAGE.read_text(encoding="utf-8")
    page.PAGE.write_text(page.fill(text, regions), encoding="utf-8")
    print(f"Đã viết {page.PAGE.relative_to(page.ROOT)}")


if __name__ == "__main__":
    main()
