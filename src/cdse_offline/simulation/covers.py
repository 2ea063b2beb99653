"""What covers the land: its spectra and its calendar.

Every pixel of a scene is a mixture of a few surfaces. A crop's calendar says how much of it is green, dry, under water
or in flower on a day of the year; what is left is soil.
"""

from dataclasses import replace

import numpy as np

from cdse_offline.simulation.calendars import Cover, Season, build_still_cover, keep_shares, read_calendar
from cdse_offline.simulation.covers_inland import COVERS_INLAND
from cdse_offline.simulation.covers_south import COVERS_SOUTH

BANDS = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12")

# Surface reflectance in 1/1000: typical values as published spectral libraries (USGS, ECOSTRESS, LUCAS soils) and
# Sentinel-2 L2A time series over such surfaces show them, rounded. Red soil: ferralsols on basalt (iron oxides: dark in
# blue and green, bright from red on). Rubber: leaves, those that redden before they fall, the litter under bare crowns.
_SPECTRA = """
           B01 B02 B03 B04 B05 B06 B07 B08 B8A B09 B11 B12
crop        18  25  56  27  95 320 430 460 480 490 215 105
rice        18  24  54  27  90 280 370 400 415 420 170  75
grass       23  31  68  40 115 305 380 410 430 440 240 125
spruce      12  15  27  17  42 128 163 178 190 195  85  38
broadleaf   15  20  44  23  78 245 325 350 370 375 180  80
flower      30  40 156 150 212 340 410 440 455 460 215 110
straw       58  76 110 133 178 228 250 268 288 300 345 240
hay         42  58 102 112 170 255 290 315 330 340 320 215
soil        60  73  97 116 136 153 164 174 183 188 262 228
mud         42  51  67  82 104 114 124 134 140 140 158 118
peat        28  36  52  66  90 140 165 180 195 205 205 135
water       30  27  27  14  12  10  10   8   8   8   5   4
shallow     52  62  78  44  37  31  31  29  28  24   8   6
silt        52  66  96 120 121  94  95  83  78  46  10   6
stream      44  54  70  54  48  40  40  37  35  28  10   7
flooded     40  47  56  47  46  44  44  42  41  36  22  15
sand        88 102 126 143 153 162 170 176 182 180 230 205
gravel     120 140 166 184 194 202 210 216 222 218 262 235
asphalt     78  88  98 108 113 118 123 128 132 135 150 135
concrete   135 158 185 205 215 222 230 238 245 245 275 255
red roof    58  67  82 114 134 152 162 172 180 186 225 215
grey roof   82  92 102 112 118 124 130 136 142 146 168 160
metal      205 225 240 244 246 248 250 252 254 250 240 215
blue tin   135 178 172 132 134 146 160 178 188 195 245 225
red soil    40  47  74 138 170 188 202 218 232 240 318 262
burnt       36  40  46  56  68  78  86  96 106 112 158 150
coffee leaf 16  20  40  26  76 225 285 312 332 338 165  74
rubber leaf 15  19  42  24  82 262 342 372 390 396 178  76
young rubber leaf  18  25  62  34 104 300 385 415 430 436 205  92
red leaf    34  40  58  92 142 196 220 240 256 264 285 178
litter      38  46  66  86 114 146 160 174 190 200 268 182
dry forest leaf  17  24  52  36  92 225 285 310 328 334 205 105
green water  34  44  62  50  42  26  24  20  18  16   8   5
fill        80  98 126 160 178 188 196 206 214 214 280 240
white roof 285 318 342 352 356 360 362 366 366 352 322 288
light roof 140 154 168 177 182 187 192 197 201 200 212 196
rusty       52  60  74  98 118 136 148 160 170 176 225 205
palm        16  20  40  24  76 222 290 315 335 340 165  78
mangrove    14  18  34  20  60 180 228 248 262 266 112  46
grey clay   58  70  90 106 120 134 142 150 158 162 205 170
canal       46  58  82  86  82  62  60  54  50  38  10   6
brackish    40  46  58  44  34  26  25  23  21  17   6   4
algae       34  42  74  50  60  40  38  32  30  24   8   5
sea         40  34  26  13  11   9   9   8   8   6   5   4
shore water 56  68  82  50  38  24  23  20  18  14   7   5
estuary     50  61  76  52  43  32  31  28  26  21   9   6
flood water 52  68  92 110 109  88  85  75  69  42  10   6
foam       175 185 188 180 172 160 155 150 145 120  70  50
dune sand  128 162 202 234 246 254 260 266 270 266 330 298
acacia      14  19  37  21  70 230 302 330 350 355 165  72
casuarina   14  19  33  21  58 158 195 215 228 232 115  55
pond bed    86 104 128 144 154 162 170 176 182 186 215 180
"""


def _read_spectra(table: str) -> dict[str, list[int]]:
    """Of each surface, the reflectance in the order of BANDS."""
    _, *lines = table.strip("\n").splitlines()
    spectra = {}
    for line in lines:
        name, *values = line.rsplit(maxsplit=len(BANDS))
        spectra[name] = [int(value) for value in values]
    return spectra


SPECTRA = _read_spectra(_SPECTRA)
SPECTRUM = {name: index for index, name in enumerate(SPECTRA)}


_CEREAL_IN_SPRING = read_calendar("""
       day  green    dry  water flower
         1   0.35      0      0      0
        90   0.55      0      0      0
       118   0.88      0      0      0
""")
# Days after it is ripe.
_RIPE_CEREAL = read_calendar("""
       day  green    dry  water flower
       -55   0.96      0      0      0
       -34   0.93   0.03      0      0
       -20    0.7   0.25      0      0
        -9   0.25   0.68      0      0
         0   0.03   0.92      0      0
         1      0   0.62      0      0
        23   0.02   0.42      0      0
        24      0    0.1      0      0
        46   0.06   0.06      0      0
        70   0.06   0.06      0      0
        75      0   0.02      0      0
        90   0.02      0      0      0
       115    0.2      0      0      0
""")


def _build_cereal(ripe: int) -> list[tuple[float, ...]]:
    """Winter cereals: green in spring, straw yellow at `ripe`, stubble for three weeks, tilled, sown in autumn."""
    ripening = [(ripe + day, *shares) for day, *shares in _RIPE_CEREAL]
    return [*_CEREAL_IN_SPRING, *ripening]


def _build_cereal_seasons(ripe: int) -> tuple[Season, ...]:
    """Sown the autumn before: barley from the middle of September, wheat three weeks later."""
    return (Season("vụ đông", ripe + 76 - 365, ripe + 1),)


_RAPE = read_calendar("""
       day  green    dry  water flower
         1    0.5      0      0      0
        95   0.78      0      0      0
       114    0.9      0      0   0.04
       124    0.3      0      0   0.66
       136   0.36      0      0    0.6
       146   0.88      0      0   0.08
       172    0.9   0.05      0      0
       190    0.4    0.5      0      0
       203   0.06   0.84      0      0
       204      0    0.5      0      0
       222   0.14   0.36      0      0
       240    0.3    0.2      0      0
       241      0   0.05      0      0
       290    0.5      0      0      0
""")
_MAIZE = read_calendar("""
       day  green    dry  water flower
         1   0.05    0.1      0      0
       105    0.1   0.06      0      0
       112      0   0.02      0      0
       146   0.04      0      0      0
       163   0.26      0      0      0
       178   0.62      0      0      0
       193    0.9      0      0      0
       238   0.93   0.02      0      0
       254    0.8   0.14      0      0
       264   0.62    0.3      0      0
       265   0.02    0.3      0      0
       290   0.08    0.2      0      0
""")
_POTATO = read_calendar("""
       day  green    dry  water flower
         1   0.02    0.1      0      0
       110      0      0      0      0
       148   0.06      0      0      0
       163   0.42      0      0      0
       178   0.84      0      0      0
       212   0.85   0.03      0      0
       232    0.5    0.3      0      0
       247   0.12    0.3      0      0
       256   0.02   0.04      0      0
       280    0.2      0      0      0
""")
_LEAVES = read_calendar("""
       day  green    dry  water flower
         1    0.3      0      0      0
       112    0.5      0      0      0
       122   0.75      0      0      0
       136   0.97      0      0      0
       255   0.94      0      0      0
       275   0.75    0.2      0      0
       300    0.3    0.5      0      0
""")
_TWO_CROPS = (Season("vụ đông xuân", 50, 157), Season("vụ mùa", 178, 281))
# Two crops of rice: transplanted about 19 February and 27 June, harvested about 6 June and 8 October.
_RICE = read_calendar("""
       day  green    dry  water flower
         8   0.05   0.25   0.15      0
        18   0.03   0.05    0.6      0
        28      0      0   0.95      0
        50   0.02      0   0.96      0
        62   0.12      0   0.84      0
        78   0.42      0   0.54      0
        94    0.8      0   0.18      0
       108   0.95      0   0.03      0
       126   0.94   0.03      0      0
       137   0.74   0.22      0      0
       148   0.36    0.6      0      0
       156   0.12   0.84      0      0
       157   0.04   0.55   0.08      0
       164   0.06   0.36    0.3      0
       169      0   0.04    0.9      0
       178   0.02      0   0.95      0
       190   0.18      0   0.76      0
       205   0.58      0   0.38      0
       220    0.9      0   0.08      0
       240   0.96   0.01   0.02      0
       256   0.86    0.1      0      0
       267    0.5   0.46      0      0
       280   0.12   0.84      0      0
       281   0.04   0.58   0.06      0
       296   0.14    0.4   0.05      0
""")
_FALLOW = read_calendar("""
       day  green    dry  water flower
       330   0.16    0.3   0.05      0
       366   0.06   0.26   0.12      0
""")
_RICE_FALLOW = [*_RICE, *_FALLOW]
_WINTER_CROP = read_calendar("""
       day  green    dry  water flower
       300   0.02   0.02      0      0
       316   0.34      0      0      0
       336    0.8      0      0      0
       352   0.84      0      0      0
       364    0.3    0.1      0      0
""")
_RICE_WINTER = [*_RICE, *_WINTER_CROP]
_VEGETABLES = read_calendar("""
       day  green    dry  water flower
         0      0      0      0      0
        12   0.08      0      0      0
        34   0.66      0      0      0
        62   0.88      0      0      0
        76   0.55    0.3      0      0
        82   0.05    0.2      0      0
        95    0.1    0.1      0      0
""")
_EVERGREEN = read_calendar("""
       day  green    dry  water flower
         1   0.84   0.04      0      0
        60   0.84   0.04      0      0
       200   0.95      0      0      0
       330   0.88   0.03      0      0
""")
_CLEARING = read_calendar("""
       day  green    dry  water flower
         1   0.75    0.1      0      0
       150   0.85   0.05      0      0
""")
_MOOR = read_calendar("""
       day  green    dry  water flower
         1    0.2    0.1      0      0
       130    0.3    0.1      0      0
       180   0.55   0.05      0      0
       280    0.3    0.2      0      0
""")
_REED = read_calendar("""
       day  green    dry  water flower
         1    0.1    0.5      0      0
       130   0.35    0.3      0      0
       170   0.75    0.1      0      0
       260    0.6   0.25      0      0
""")
_GARDEN = read_calendar("""
       day  green    dry  water flower
         1    0.5    0.1      0      0
       130   0.62   0.05      0      0
       270    0.6   0.08      0      0
""")
_RED_RIVER = read_calendar("""
       day  green    dry  water flower
         1    0.6      0      0      0
       150   0.75      0      0      0
       190      1      0      0      0
       270      1      0      0      0
       330    0.7      0      0      0
""")
_SHOAL = read_calendar("""
       day  green    dry  water flower
         1      0      0      0      0
       165      0      0    0.1      0
       190      0      0   0.95      0
       275      0      0   0.95      0
       310      0      0   0.05      0
""")
_GROVE = read_calendar("""
       day  green    dry  water flower
         1    0.6   0.06      0      0
       200   0.68   0.02      0      0
""")
_DYKE = read_calendar("""
       day  green    dry  water flower
         1   0.55   0.25      0      0
       120    0.8    0.1      0      0
       280   0.75   0.15      0      0
""")

_COVERS_NORTH = {
    "meadow": Cover(3, keep_shares(0.8, 0.1), green="grass", dry="hay", gap=0.16, crop="cỏ"),  # see find_cuts
    "wheat": Cover(4, _build_cereal(205), crop="lúa mì", seasons=_build_cereal_seasons(205)),
    "barley": Cover(4, _build_cereal(187), crop="lúa mạch", seasons=_build_cereal_seasons(187)),
    "rape": Cover(5, _RAPE, crop="cải dầu", seasons=(Season("vụ đông", 245 - 365, 204),)),
    "maize": Cover(6, _MAIZE, gap=0.2, crop="ngô", seasons=(Season("vụ hè", 116, 265),)),
    "potato": Cover(7, _POTATO, gap=0.18, crop="khoai tây", seasons=(Season("vụ hè", 112, 256),)),
    "spruce": Cover(1, keep_shares(1), green="spruce", soil="mud", gap=0.04),
    "mixed": Cover(2, keep_shares(1), green="broadleaf", soil="spruce", gap=0.7),
    "broadleaf": Cover(2, _LEAVES, green="broadleaf", soil="mud", gap=0.05),
    "clearing": Cover(2, _CLEARING, green="grass", soil="mud", gap=0.3),
    "moor": Cover(13, _MOOR, green="broadleaf", dry="hay", soil="peat", gap=0.4),
    "reed": Cover(13, _REED, green="grass", dry="hay", soil="mud", gap=0.3),
    "lake": build_still_cover(8, "water", "shallow"),
    "river": build_still_cover(9, "stream", "shallow"),
    "bar": build_still_cover(10, "gravel", "soil"),
    "garden": Cover(11, _GARDEN, green="grass", dry="hay", gap=0.35),
    "pit": build_still_cover(10, "gravel", "soil"),
    "rice": Cover(14, _RICE_FALLOW, green="rice", soil="mud", gap=0.1, crop="lúa hai vụ", seasons=_TWO_CROPS),
    "rice+": Cover(
        14,
        _RICE_WINTER,
        green="rice",
        soil="mud",
        gap=0.1,
        crop="lúa hai vụ và cây vụ đông",
        seasons=(*_TWO_CROPS, Season("vụ đông", 300, 364)),
    ),
    "orchard": Cover(15, _EVERGREEN, green="broadleaf", dry="hay", soil="soil", gap=0.25, crop="chuối, cây ăn quả"),
    "vegetables": Cover(
        16, _VEGETABLES, soil="mud", gap=0.15, cycle=96, crop="rau màu", seasons=(Season("lứa rau", 4, 80),)
    ),
    "red river": Cover(9, _RED_RIVER, green="silt", soil="stream", gap=0.25),
    "sand": build_still_cover(10, "sand", "mud"),
    "shoal": Cover(10, _SHOAL, soil="sand", water="silt"),
    "pond": replace(build_still_cover(17, "water", "flooded"), crop="cá"),
    "grove": Cover(11, _GROVE, green="broadleaf", dry="hay", soil="mud", gap=0.35),
    "works": build_still_cover(18, "concrete", "soil"),
    "dyke": Cover(19, _DYKE, green="grass", dry="hay", gap=0.2),
}
COVERS = _COVERS_NORTH | COVERS_INLAND | COVERS_SOUTH
CODE = {name: code for code, name in enumerate(COVERS)}
_LUSH_MEADOW = (60, 115, 135, 290, 330), (0.6, 0.88, 0.97, 0.93, 0.7)  # days, green where it is not mown


def find_cuts(luck: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of meadows: how many cuts a season, the day of the first, the days from one to the next."""
    cuts = 1 + np.floor(4.99 * luck[:, 0] ** 0.7)
    earliest = np.where(cuts < 3, 168, 132)
    spell = np.floor(4 * luck[:, 1])
    first = earliest + 9 * spell + 2 * luck[:, 2]
    return cuts, first, (285 - first) / cuts


def _compute_mown_shares(day: np.ndarray, luck: np.ndarray) -> np.ndarray:
    """Shares of a meadow: one to five cuts a season, in the spells of fine weather; it regrows in three weeks."""
    cuts, first, interval = find_cuts(luck)
    since = np.where(day < first, 60, np.mod(day - first, interval))
    is_poor = cuts < 2
    lush = np.interp(day, *_LUSH_MEADOW) - 0.1 * is_poor
    parts = np.zeros((len(luck), 4))
    parts[:, 0] = lush - 0.62 * np.exp(-since / 10)
    parts[:, 1] = 1 - lush + 0.5 * np.exp(-since / 6)
    return parts


def compute_shares(name: str, day: np.ndarray, luck: np.ndarray) -> np.ndarray:
    """Shares of green, dry, water and flower of units with this cover, each on its own day, (units, 4)."""
    if name == "meadow":
        return _compute_mown_shares(day, luck)
    cover = COVERS[name]
    table = np.array(cover.calendar, dtype=float)
    days, *columns = table.T
    parts = np.stack([np.interp(day, days, column, period=cover.cycle) for column in columns], axis=1)
    parts[:, 2] *= 0.5 + 0.5 * np.sqrt(luck[:, 0])  # water does not stand equally high
    return parts
