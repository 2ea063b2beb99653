"""Covers of the Mekong delta and of the coast of the centre: rice, shrimp, palms, acacia, dunes, the sea.

Days of sowing and harvest are typical of Sóc Trăng and Quảng Nam, rounded; no field is a real one.
"""

from dataclasses import replace

from cdse_offline.simulation.calendars import Cover, Season, build_still_cover, keep_shares, read_calendar

# What a field that was sown by hand or machine shows so many days after: green, dry, water, flower.
_SOWN_RICE = read_calendar("""
       day  green    dry  water flower
       -13   0.05   0.22   0.35      0
        -4      0   0.03   0.94      0
         0      0      0    0.6      0
         9   0.07      0   0.66      0
        18   0.27      0   0.64      0
        30    0.6      0   0.36      0
        44    0.9      0   0.08      0
        58   0.96      0   0.03      0
        70   0.93   0.04      0      0
        80   0.66   0.31      0      0
        91    0.2   0.76      0      0
        94    0.1   0.86      0      0
        95   0.04    0.6      0      0
       102   0.05   0.42   0.06      0
""")


def _grow_rice(*sowings: float, days: int = 95) -> list[tuple[float, ...]]:
    """A year of rice that is sown on these days of the year and harvested so many days later."""
    pace = days / 95
    rows = []
    for sowing in sowings:
        for after, *shares in _SOWN_RICE:
            day = sowing + pace * after
            rows.append(((day - 1) % 365 + 1, *shares))
    return sorted(rows)


_DRY_SEASON = read_calendar("""
       day  green    dry  water flower
        80   0.05   0.36      0      0
        98   0.06   0.24      0      0
""")
_THREE_RICE = sorted([*_grow_rice(116, 226, 335), *_DRY_SEASON])
# Brackish water with shrimp from February on; the rains wash the salt out and rice is planted in September.
_RICE_SHRIMP = read_calendar("""
       day  green    dry  water flower
        12   0.05   0.42   0.15      0
        30   0.05   0.36   0.25      0
        45   0.02    0.1    0.8      0
        60      0   0.02   0.95      0
       205      0      0   0.95      0
       225   0.04      0   0.45      0
       250   0.03      0    0.8      0
       265   0.12      0   0.82      0
       285    0.5      0   0.45      0
       305   0.88      0    0.1      0
       335   0.94   0.02   0.02      0
       350    0.6   0.36      0      0
       363   0.14   0.82      0      0
       365   0.04   0.52   0.08      0
""")
# A crop of shrimp in a pond: filled, its water turns green with algae, drained, and the bed dries for some weeks.
_SHRIMP_CROP = read_calendar("""
       day  green    dry  water flower
         0      0      0      0      0
         9      0      0   0.05      0
        12      0      0   0.96      0
        55   0.25      0   0.73      0
        85    0.6      0   0.38      0
       118   0.75      0   0.23      0
       124    0.1      0   0.35      0
       129      0      0    0.3      0
       136      0      0    0.1      0
""")
# The fields of the coast lie idle while the floods come, under weeds and water.
_IDLE_FIELDS = read_calendar("""
       day  green    dry  water flower
       130    0.1    0.3      0      0
       275    0.2    0.2   0.12      0
       300   0.14   0.08    0.4      0
       335   0.08   0.04   0.62      0
""")
_COAST_RICE = sorted([*_grow_rice(3, days=108), *_grow_rice(148), *_IDLE_FIELDS])
_PEANUTS = read_calendar("""
       day  green    dry  water flower
         1      0   0.02      0      0
        14   0.05      0      0      0
        45   0.62      0      0      0
        70   0.88      0      0      0
       100    0.6    0.2      0      0
       109    0.3    0.3      0      0
       110   0.02   0.12      0      0
       150   0.06    0.1      0      0
       200    0.4    0.1      0      0
       240    0.3    0.3      0      0
       280    0.4   0.05   0.04      0
       340    0.2   0.05    0.1      0
       360   0.02   0.02      0      0
""")
_SCRUB = read_calendar("""
       day  green    dry  water flower
         1    0.8   0.06      0      0
       200   0.68   0.16      0      0
       290   0.84   0.04      0      0
""")
_CUT = read_calendar("""
       day  green    dry  water flower
         1   0.08   0.25      0      0
       120   0.12    0.2      0      0
       280    0.3    0.1      0      0
       340    0.3   0.12      0      0
""")
_SILTED = read_calendar("""
       day  green    dry  water flower
         1   0.35      0      0      0
        45   0.06      0      0      0
       240   0.04      0      0      0
       270    0.3      0      0      0
       287   0.95      0      0      0
       300    0.7      0      0      0
       318   0.95      0      0      0
       335    0.6      0      0      0
       366   0.35      0      0      0
""")
_GARDEN = read_calendar("""
       day  green    dry  water flower
         1    0.9   0.03      0      0
        75   0.86   0.05      0      0
       200   0.94   0.01      0      0
       320   0.93   0.01      0      0
""")

_THREE_CROPS = (Season("vụ đông xuân", 335 - 365, 65), Season("vụ hè thu", 116, 211), Season("vụ thu đông", 226, 321))
_RICE_AFTER_SHRIMP = (Season("vụ lúa", 262, 364),)  # the shrimp are caught bit by bit, on no day
_SHRIMP = (Season("vụ tôm", 12, 124),)

_BROWN_RIVER = read_calendar("""
       day  green    dry  water flower
         1   0.35      0      0      0
       150    0.4      0      0      0
       230   0.85      0      0      0
       310    0.8      0      0      0
""")
_NEW_ACACIA = read_calendar("""
       day  green    dry  water flower
         1   0.36   0.16      0      0
       280   0.52   0.08      0      0
""")

COVERS_SOUTH = {
    "three rice": Cover(
        21, _THREE_RICE, green="rice", soil="grey clay", gap=0.08, crop="lúa ba vụ", seasons=_THREE_CROPS
    ),
    "rice-shrimp": Cover(
        22,
        _RICE_SHRIMP,
        green="rice",
        soil="grey clay",
        water="brackish",
        gap=0.14,
        crop="lúa – tôm",
        seasons=_RICE_AFTER_SHRIMP,
    ),
    "shrimp": Cover(
        23,
        _SHRIMP_CROP,
        green="algae",
        soil="pond bed",
        water="brackish",
        gap=0.1,
        cycle=140,
        crop="tôm",
        seasons=_SHRIMP,
    ),
    "brown shrimp": Cover(
        23,
        _SHRIMP_CROP,
        green="canal",
        soil="pond bed",
        water="brackish",
        gap=0.1,
        cycle=155,
        crop="tôm",
        seasons=_SHRIMP,
    ),
    "still pond": replace(build_still_cover(23, "brackish", "algae"), crop="tôm"),
    "palms": Cover(20, _GARDEN, green="palm", dry="hay", soil="mud", gap=0.16, crop="dừa, cây ăn trái"),
    "nipa": Cover(25, keep_shares(0.92, 0.02), green="mangrove", dry="hay", soil="mud", gap=0.1),
    "canal": build_still_cover(9, "stream", "canal"),
    "brown river": Cover(9, _BROWN_RIVER, green="silt", soil="canal", gap=0.2),
    "coast rice": Cover(
        14,
        _COAST_RICE,
        green="rice",
        soil="mud",
        gap=0.1,
        crop="lúa hai vụ",
        seasons=(Season("vụ đông xuân", 3, 112), Season("vụ hè thu", 148, 243)),
    ),
    "peanuts": Cover(16, _PEANUTS, soil="sand", gap=0.15, crop="lạc", seasons=(Season("vụ đông xuân", 5, 110),)),
    "acacia": Cover(26, keep_shares(0.94, 0.02), green="acacia", dry="hay", gap=0.08, crop="keo", height=11),
    "young acacia": Cover(26, keep_shares(0.84, 0.04), green="acacia", dry="hay", soil="mud", gap=0.18, crop="keo"),
    "new acacia": Cover(26, _NEW_ACACIA, green="acacia", dry="hay", gap=0.3, crop="keo"),
    "cut acacia": Cover(26, _CUT, green="grass", dry="hay", gap=0.3, crop="keo"),
    "scrub": Cover(2, _SCRUB, green="broadleaf", dry="hay", gap=0.25),
    "bank": Cover(15, _SCRUB, green="broadleaf", dry="hay", soil="sand", gap=0.3),
    "coast river": Cover(9, _SILTED, green="silt", soil="estuary", gap=0.2),
    "lagoon": Cover(9, _SILTED, green="silt", soil="shore water", gap=0.25),
    "casuarina": Cover(
        27, keep_shares(0.86, 0.04), green="casuarina", dry="hay", soil="dune sand", gap=0.3, crop="phi lao"
    ),
    "dune": build_still_cover(28, "sand", "dune sand"),
    "surf": build_still_cover(29, "shore water", "foam"),
    "sea": build_still_cover(29, "sea", "shore water"),
    "plume": Cover(29, _SILTED, green="flood water", soil="shore water", gap=1),
    "flood": build_still_cover(24, "canal", "flood water"),
}
