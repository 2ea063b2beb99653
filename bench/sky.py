"""How well masks made of SCL find what the sky really hides. By hand: `python -m bench.sky [--place NAME] [--every N]`.

All passes of a place are drawn, without the service, and every mask is held against the truth `SKY_10m`:

    kept          share of all pixels that the mask keeps
    dirty kept    share of the kept pixels that the sky changed (SKY_10m is not 0)
    clean lost    share of the unchanged pixels that the mask throws away
    sum           of both: the best mask has the smallest
    NDVI          99th percentile of |NDVI seen - NDVI true| among the kept pixels, water left out

Dilation is counted in pixels of 10 m, with a disk. `openEO` is the default of CDSE's process `mask_scl_dilation`: at
20 m, SCL other than 2, 4, 5, 6, 7 under a Gaussian of 17 pixels (deviation 17 / 6) above 0.057, and SCL 3, 8, 9, 10, 11
under one of 201 pixels above 0.025 (Open-EO/openeo-geotrellis-extensions, CloudFilterStrategy.scala).

All passes, the part that lesson 4 loads, dirty kept / clean lost: Red River, course .066 / .006, + 2 px .044 / .010,
+ 5 px .024 / .018, + 6 px .021 / .021, + 10 px .010 / .036, openEO .006 / .290; Oberland, course .065 / .012,
+ 2 px .048 / .014, + 5 px .028 / .020, + 6 px .024 / .023, + 10 px .011 / .039, openEO .001 / .317. The sums are least
at 6 pixels, in whole windows (course .071 / .005 and .069 / .001), too.
"""

import argparse
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy import ndimage

from cdse_access.classes import find_clear
from cdse_offline.simulation.places import PLACES, Acquisition, Place, acquisitions
from cdse_offline.simulation.scenes import Scene

RADII = (2, 5, 6, 10, 15, 20)
BINS = np.linspace(0, 2, 2001)
WATER = (8, 9, 17, 23, 29)  # land classes
PARTS = {"song-hong": (slice(367, 624), slice(46, 412)), "oberland": (slice(730, 936), slice(58, 335))}  # of lesson 4


@dataclass(frozen=True)
class Classes:
    """The scene classification of one pass."""

    scl: np.ndarray  # at 20 m

    @cached_property
    def clear(self) -> np.ndarray:
        """What the course's mask keeps, at 10 m."""
        return refine(find_clear(self.scl))

    @cached_property
    def distance(self) -> np.ndarray:
        """To the nearest pixel that it does not keep, in pixels of 10 m."""
        if self.clear.all():
            return np.full(self.clear.shape, np.inf)
        return ndimage.distance_transform_edt(self.clear)


Mask = Callable[[Classes], np.ndarray]  # to what is kept, at 10 m


@dataclass
class Tally:
    """Counts of pixels over many passes."""

    pixels: int = 0
    kept: int = 0
    dirty_kept: int = 0
    clean: int = 0
    clean_lost: int = 0
    errors: np.ndarray = field(default_factory=lambda: np.zeros(len(BINS) - 1, int))

    def count(self, kept: np.ndarray, dirty: np.ndarray, errors: np.ndarray) -> None:
        """`errors` of NDVI are NaN on water."""
        self.pixels += kept.size
        self.kept += int(np.count_nonzero(kept))
        self.dirty_kept += int(np.count_nonzero(kept & dirty))
        self.clean += int(np.count_nonzero(~dirty))
        self.clean_lost += int(np.count_nonzero(~kept & ~dirty))
        self.errors += np.histogram(errors[kept], BINS)[0]

    @property
    def kept_share(self) -> float:
        return self.kept / self.pixels

    @property
    def dirty(self) -> float:
        return self.dirty_kept / max(self.kept, 1)

    @property
    def lost(self) -> float:
        return self.clean_lost / max(self.clean, 1)

    @property
    def ndvi_error(self) -> float:
        shares = np.cumsum(self.errors) / max(self.errors.sum(), 1)
        return float(BINS[np.searchsorted(shares, 0.99) + 1])


def refine(mask: np.ndarray) -> np.ndarray:
    """From 20 m to 10 m."""
    return np.repeat(np.repeat(mask, 2, axis=0), 2, axis=1)


def keep_all(c: Classes) -> np.ndarray:
    return np.ones_like(c.clear)


def keep_others(*classes: int) -> Mask:
    return lambda c: refine(~np.isin(c.scl, classes))


def keep_far(radius: int) -> Mask:
    """What the course's mask keeps, but for a disk round each pixel that it does not."""
    return lambda c: c.distance > radius


def keep_as_openeo(c: Classes) -> np.ndarray:
    invalid, cloudy = ~np.isin(c.scl, (2, 4, 5, 6, 7)), np.isin(c.scl, (3, 8, 9, 10, 11))
    near = _weigh(invalid, 17) > 0.057
    far = _weigh(cloudy, 201) > 0.025
    return refine(~(near | far))


def _weigh(mask: np.ndarray, size: int) -> np.ndarray:
    """Mean under a Gaussian kernel of so many pixels; nothing lies outside."""
    return ndimage.gaussian_filter(mask.astype(float), size / 6, mode="constant", radius=size // 2)


MASKS: dict[str, Mask] = {
    "none": keep_all,
    "SCL 3, 8, 9": keep_others(3, 8, 9),
    "SCL 0, 1, 3, 7, 8, 9": keep_others(0, 1, 3, 7, 8, 9),
    "course": keep_far(0),
    **{f"course + {radius} px": keep_far(radius) for radius in RADII},
    "openEO": keep_as_openeo,
}


def measure(passes: Iterable[Acquisition], parts: dict[str, tuple[slice, slice]]) -> dict[str, dict[str, Tally]]:
    """Of each part of the window and each mask, the counts."""
    tallies = {part: {mask: Tally() for mask in MASKS} for part in parts}
    for a in passes:
        scene = Scene(a)
        classes = Classes(scene.pixels("SCL_20m"))
        dirty, errors = scene.truth("SKY_10m") != 0, find_errors(scene)
        for name, mask in MASKS.items():
            kept = mask(classes)
            for part, place in parts.items():
                tallies[part][name].count(kept[place], dirty[place], errors[place])
    return tallies


def find_errors(scene: Scene) -> np.ndarray:
    """|NDVI seen - NDVI true|; NaN on water."""
    seen, true = (compute_ndvi(read("B08_10m"), read("B04_10m")) for read in (scene.pixels, scene.truth))
    return np.where(np.isin(scene.truth("CLASS_10m"), WATER), np.nan, np.abs(seen - true))


def compute_ndvi(infrared: np.ndarray, red: np.ndarray) -> np.ndarray:
    """Of DN with the offset 1000; clipped as in the lessons."""
    infrared, red = infrared.astype(float) - 1000, red.astype(float) - 1000
    return np.clip((infrared - red) / np.maximum(infrared + red, 1), -1, 1)


def describe(tallies: dict[str, Tally]) -> str:
    lines = [f"{'mask':22}{'kept':>8}{'dirty kept':>12}{'clean lost':>12}{'sum':>8}{'NDVI':>8}"]
    for name, t in tallies.items():
        numbers = f"{t.kept_share:8.3f}{t.dirty:12.4f}{t.lost:12.4f}{t.dirty + t.lost:8.4f}{t.ndvi_error:8.3f}"
        lines.append(f"{name:22}{numbers}")
    return "\n".join(lines)


def list_parts(place: Place) -> dict[str, tuple[slice, slice]]:
    whole = {"whole window": (slice(None), slice(None))}
    return {"lesson's part": PARTS[place.name]} | whole if place.name in PARTS else whole


def main() -> None:
    parser = argparse.ArgumentParser(description="Masks made of SCL against the true sky.")
    parser.add_argument("--place", choices=[place.name for place in PLACES], help="else all, one after the other")
    parser.add_argument("--every", type=int, default=1, help="only each n-th pass")
    chosen = parser.parse_args()
    for place in PLACES:
        if chosen.place in (None, place.name):
            passes = [a for a in acquisitions(place) if a.tile is place.tiles[0]][:: chosen.every]
            for part, tallies in measure(passes, list_parts(place)).items():
                print(f"\n{place.title}, {part}, {len(passes)} passes\n{describe(tallies)}", flush=True)


if __name__ == "__main__":
    main()
