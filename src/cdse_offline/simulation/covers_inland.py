"""Covers of the Central Highlands and of the fringe of a town: plantations, red soil, clearings, an industrial park."""

from cdse_offline.simulation.calendars import Cover, Season, build_still_cover, keep_shares, read_calendar

_COFFEE = read_calendar("""
       day  green    dry  water flower
         1   0.92   0.02      0      0
        45   0.86   0.05      0      0
        90   0.88   0.04      0      0
       160   0.94   0.02      0      0
       280   0.97   0.00      0      0
       345   0.94   0.02      0      0
""")
_YOUNG_COFFEE = read_calendar("""
       day  green    dry  water flower
         1   0.26   0.08      0      0
        80   0.22   0.10      0      0
       180   0.45   0.04      0      0
       300   0.48   0.05      0      0
""")
_RUBBER = read_calendar("""
       day  green    dry  water flower
         1   0.82   0.08      0      0
        14   0.55   0.32      0      0
        28   0.20   0.46      0      0
        40   0.07   0.20      0      0
        55   0.08   0.10      0      0
        68   0.45   0.04      0      0
        80   0.86   0.01      0      0
       120   0.95   0.00      0      0
       300   0.95   0.00      0      0
       345   0.89   0.04      0      0
""")
_YOUNG_RUBBER = [(day, 0.55 * green + 0.1, dry, 0, 0) for day, green, dry, *_ in _RUBBER]
_PEPPER = read_calendar("""
       day  green    dry  water flower
         1   0.52   0.05      0      0
        70   0.44   0.08      0      0
       180   0.62   0.02      0      0
       300   0.64   0.02      0      0
""")
# Planted with the first rains, pulled up in January and February.
_CASSAVA = read_calendar("""
       day  green    dry  water flower
         1   0.52   0.22      0      0
        22   0.40   0.28      0      0
        23   0.03   0.22      0      0
        60   0.04   0.12      0      0
       110   0.02   0.04      0      0
       150   0.10   0.00      0      0
       185   0.45   0.00      0      0
       220   0.82   0.00      0      0
       290   0.88   0.02      0      0
       335   0.70   0.12      0      0
""")
# Two crops in the rainy season, the fields lie fallow in the dry one.
_HIGHLAND_MAIZE = read_calendar("""
       day  green    dry  water flower
         1   0.06   0.28      0      0
        90   0.03   0.14      0      0
       118   0.01   0.03      0      0
       135   0.12   0.00      0      0
       165   0.78   0.00      0      0
       195   0.82   0.06      0      0
       218   0.28   0.60      0      0
       219   0.03   0.30      0      0
       232   0.05   0.05      0      0
       250   0.25   0.00      0      0
       278   0.86   0.00      0      0
       308   0.70   0.18      0      0
       330   0.20   0.66      0      0
       331   0.04   0.42      0      0
""")
_VALLEY_RICE = read_calendar("""
       day  green    dry  water flower
         1   0.02   0.00   0.92      0
        20   0.18   0.00   0.76      0
        42   0.72   0.00   0.24      0
        68   0.94   0.01   0.03      0
        92   0.60   0.36   0.00      0
       108   0.14   0.82   0.00      0
       109   0.04   0.50   0.05      0
       140   0.12   0.26   0.05      0
       158   0.01   0.05   0.85      0
       172   0.02   0.00   0.94      0
       198   0.48   0.00   0.46      0
       222   0.92   0.00   0.06      0
       258   0.90   0.06   0.00      0
       280   0.40   0.56   0.00      0
       296   0.10   0.84   0.00      0
       297   0.04   0.52   0.06      0
       330   0.14   0.30   0.05      0
       350   0.02   0.10   0.70      0
""")
_TWO_MAIZE = (Season("vụ hè thu", 120, 219), Season("vụ thu đông", 234, 331))
_TWO_RICE = (Season("vụ đông xuân", 6, 109), Season("vụ mùa", 172, 297))
# Low woods of dipterocarps: leafless from January to March, fires of grass, green with the rains.
_DRY_FOREST = read_calendar("""
       day  green    dry  water flower
         1   0.50   0.34      0      0
        30   0.30   0.50      0      0
        60   0.18   0.52      0      0
        90   0.26   0.40      0      0
       120   0.62   0.16      0      0
       160   0.88   0.02      0      0
       290   0.90   0.02      0      0
       335   0.70   0.18      0      0
""")
_FOREST = read_calendar("""
       day  green    dry  water flower
         1   0.88   0.04      0      0
        75   0.84   0.07      0      0
       170   0.96   0.00      0      0
       320   0.95   0.00      0      0
""")
_SCRUB = read_calendar("""
       day  green    dry  water flower
         1   0.50   0.30      0      0
        75   0.36   0.42      0      0
       160   0.85   0.03      0      0
       300   0.84   0.06      0      0
""")
_YARD = read_calendar("""
       day  green    dry  water flower
         1   0.42   0.14      0      0
        75   0.36   0.18      0      0
       180   0.54   0.06      0      0
       310   0.52   0.08      0      0
""")
_BANKS = read_calendar("""
       day  green    dry  water flower
         1   0.68   0.18      0      0
        75   0.60   0.24      0      0
       170   0.86   0.04      0      0
       310   0.84   0.06      0      0
""")
_WEEDS = read_calendar("""
       day  green    dry  water flower
         1   0.26   0.30   0.02      0
        80   0.55   0.20      0      0
       160   0.78   0.08      0      0
       300   0.60   0.25      0      0
""")
_NEW_SOIL = read_calendar("""
       day  green    dry  water flower
         1   0.00   0.02      0      0
       100   0.02   0.02      0      0
       160   0.12   0.02      0      0
       300   0.22   0.05      0      0
""")
# The border of a reservoir: green is water here, and dry is grass.
_DRAWDOWN = read_calendar("""
       day  green    dry  water flower
         1   0.90   0.00      0      0
        40   0.50   0.10      0      0
        70   0.10   0.20      0      0
       150   0.05   0.40      0      0
       200   0.60   0.15      0      0
       230   1.00   0.00      0      0
       330   1.00   0.00      0      0
""")


def _build_hall(roof: str) -> Cover:
    """A lot with a hall: dense where its roof is, a paved yard around."""
    return Cover(18, keep_shares(1), green=roof, soil="asphalt", gap=1.0, height=11)


_LAWN = read_calendar("""
       day  green    dry  water flower
         1    0.6    0.2      0      0
       130   0.75    0.1      0      0
""")

COVERS_INLAND = {
    "coffee": Cover(30, _COFFEE, green="coffee leaf", dry="litter", soil="red soil", gap=0.16, crop="cà phê"),
    "young coffee": Cover(
        30, _YOUNG_COFFEE, green="coffee leaf", dry="hay", soil="red soil", gap=0.2, crop="cà phê kiến thiết cơ bản"
    ),
    "rubber": Cover(31, _RUBBER, green="rubber leaf", dry="red leaf", soil="litter", gap=0.05, crop="cao su"),
    "young rubber": Cover(
        31,
        _YOUNG_RUBBER,
        green="young rubber leaf",
        dry="red leaf",
        soil="red soil",
        gap=0.25,
        crop="cao su kiến thiết cơ bản",
    ),
    "pepper": Cover(32, _PEPPER, green="coffee leaf", dry="hay", soil="red soil", gap=0.25, crop="hồ tiêu, vườn cây"),
    "cassava": Cover(
        33, _CASSAVA, dry="litter", soil="red soil", gap=0.2, crop="sắn", seasons=(Season("vụ sắn", 120, 388),)
    ),
    "highland maize": Cover(6, _HIGHLAND_MAIZE, soil="red soil", gap=0.2, crop="ngô", seasons=_TWO_MAIZE),
    "valley rice": Cover(14, _VALLEY_RICE, green="rice", soil="mud", gap=0.1, crop="lúa hai vụ", seasons=_TWO_RICE),
    "evergreen forest": Cover(2, _FOREST, green="broadleaf", dry="litter", soil="coffee leaf", gap=0.6, height=16),
    "dry forest": Cover(34, _DRY_FOREST, green="dry forest leaf", dry="litter", soil="red soil", gap=0.3, height=9),
    "riverside": Cover(2, _BANKS, green="broadleaf", dry="hay", soil="mud", gap=0.3, height=8),
    "scrub": Cover(3, _SCRUB, green="grass", dry="hay", soil="red soil", gap=0.3),
    "village yard": Cover(11, _YARD, green="broadleaf", dry="hay", soil="red soil", gap=0.3),
    "reservoir": build_still_cover(8, "green water", "silt"),
    "drawdown": Cover(8, _DRAWDOWN, green="green water", dry="grass", soil="red soil", gap=0.1),
    "felled": Cover(35, keep_shares(0.06, 0.6), green="broadleaf", dry="litter", soil="red soil", gap=0.3),
    "burnt": build_still_cover(35, "red soil", "burnt"),
    "cleared soil": Cover(35, _NEW_SOIL, green="grass", dry="litter", soil="red soil", gap=0.1),
    "dirt road": build_still_cover(12, "red soil", "red soil"),
    "fallow": Cover(36, _WEEDS, green="grass", dry="hay", soil="mud", gap=0, crop="bỏ hoang"),
    "fill": Cover(35, keep_shares(0), soil="fill"),
    "park road": build_still_cover(12, "asphalt", "asphalt"),
    "park lawn": Cover(18, _LAWN, green="grass", dry="hay", soil="fill", gap=0.4),
    "white hall": _build_hall("white roof"),
    "grey hall": _build_hall("light roof"),
    "blue hall": _build_hall("blue tin"),
}
