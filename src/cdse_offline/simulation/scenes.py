"""Simulated scenes: the pixels of every asset of one acquisition, and the truth behind them."""

from functools import cached_property

import numpy as np
from scipy import ndimage

from cdse_offline.simulation import land
from cdse_offline.simulation.changes import find_change_days
from cdse_offline.simulation.classification import Seen, classify
from cdse_offline.simulation.drawing import draw_noise
from cdse_offline.simulation.floods import find_land
from cdse_offline.simulation.landscapes import open_land
from cdse_offline.simulation.places import GRID_SHAPE, Acquisition
from cdse_offline.simulation.sights import Sight
from cdse_offline.simulation.sky import WATCHED, Sky, draw_sky, seed_generator

QUICKLOOK = 343  # pixels along a side
_NATIVE = {"B02": 10, "B03": 10, "B04": 10, "B08": 10, "B01": 60, "B09": 60}  # all others 20 m
_COARSE = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B8A", "B11", "B12", "AOT", "WVP", "SCL", "TCI")
_ASSETS = {  # by steps of 10 m
    1: ("B02", "B03", "B04", "B08", "AOT", "WVP", "TCI"),
    2: _COARSE,
    6: (*_COARSE, "B09"),
}
_WET = (8, 9, 13, 17, 22, 23, 29)  # land classes: lakes, rivers, bogs, ponds, the sea
_FLAT = 60  # metres between hills and valleys that fog takes no notice of
_SENSOR_BLUR = 0.6  # pixels; standard deviation of the point-spread
_SATURATED = 0.2  # reflectance that becomes 255 in the true-colour image of L2A


class Scene:
    """One acquisition over its place's window. Fields that several assets need are made once."""

    def __init__(self, acquisition: Acquisition) -> None:
        self.acquisition = acquisition
        self._seen: dict[str, np.ndarray] = {}

    def pixels(self, key: str) -> np.ndarray:
        """Pixels of an asset such as `B04_10m`, `SCL_20m`, `TCI_10m` in the tile's window; 0 where it sees none of the
        place. uint16, or uint8 for SCL and TCI.
        """
        name, step = _split_key(key)
        return self._sight.cut(self._draw(key, name, step), step, is_class=name == "SCL")

    def _draw(self, key: str, name: str, step: int) -> np.ndarray:
        """The same over the whole place."""
        if name not in _ASSETS[step]:
            raise KeyError(f"{key!r} is not an asset with pixels; with its resolution there are {_ASSETS[step]}")
        if name == "TCI":
            return self._true_colour(step)
        if name == "SCL":
            return self._scl if step == 2 else self._scl[1::3, 1::3]
        if name in ("AOT", "WVP"):
            return _encode_dn(_average(self._aerosol if name == "AOT" else self._vapour, step), scale=1000, offset=0)
        return _encode_dn(self._at(name, step))

    def truth(self, key: str) -> np.ndarray:
        """`CLASS_10m` of that day, `SKY_10m`, or reflectance before sky and noise, `B04_10m` ...; of all days
        `PARCEL_10m`, the field of each pixel, and `CHANGE_10m`, the day of the year when it first changed.
        """
        name, step = _split_key(key)
        return self._sight.cut(self._draw_truth(key, name, step), step, is_class=name not in _NATIVE)

    def _draw_truth(self, key: str, name: str, step: int) -> np.ndarray:
        if step == 1 and name == "CLASS":
            return self._land.kind
        if step == 1 and name == "PARCEL":
            return self._drawn.parcel
        if step == 1 and name == "CHANGE":
            return find_change_days(self._drawn).take(self._drawn.unit)
        if step == 1 and name == "SKY":
            return self._sky.truth({band: self._ground(band) for band in WATCHED})
        if step == 1 and _NATIVE.get(name) == 10:
            return _encode_dn(self._ground(name))
        raise KeyError(f"{key!r} is not known; the truth is of 10 m: B02, B03, B04, B08, CLASS, SKY, PARCEL, CHANGE")

    def thumbnail(self) -> np.ndarray:
        """Quicklook of the whole tile in true colour, (343, 343, 3); black where there is no data, as CDSE's are."""
        step = GRID_SHAPE[10] / QUICKLOOK
        window = self.acquisition.window(10)
        centres = (np.arange(QUICKLOOK) + 0.5) * step
        rows = np.floor(centres - window.row).astype(int)
        columns = np.floor(centres - window.column).astype(int)
        high = (rows >= 0) & (rows < window.height)
        wide = (columns >= 0) & (columns < window.width)
        smooth = [ndimage.uniform_filter(layer.astype(float), round(step)) for layer in self.pixels("TCI_10m")]
        picture = np.zeros((QUICKLOOK, QUICKLOOK, 3), np.uint8)
        looked_up = np.ix_(rows[high], columns[wide])
        seen = np.stack([layer[looked_up] for layer in smooth], axis=2)
        picture[np.ix_(high, wide)] = np.rint(seen)
        return picture

    @cached_property
    def _sight(self) -> Sight:
        return Sight(self.acquisition.place, self.acquisition.tile)

    @property
    def _day(self) -> int:
        return self.acquisition.start.timetuple().tm_yday

    @cached_property
    def _drawn(self) -> land.Land:
        return open_land(self.acquisition.place)

    @cached_property
    def _land(self) -> land.Land:
        return find_land(self._drawn, self.acquisition.place, self.acquisition.start.date())

    @cached_property
    def _units(self) -> tuple[np.ndarray, np.ndarray]:
        return land.mix_spectra(self._land, self._day)

    @cached_property
    def _sunlight(self) -> np.ndarray:
        return land.compute_sunlight(self._land, self.acquisition.sun)

    @cached_property
    def _sky(self) -> Sky:
        return draw_sky(self.acquisition, self._find_low_ground)

    def _find_low_ground(self) -> np.ndarray:
        """Where fog lies, from 0 to about 1: in valleys; where the land is flat, near water."""
        relief = self._land.relief.astype(float)
        depth = (relief.max() - relief) / max(np.ptp(relief), _FLAT)
        wet = np.isin(self._land.kind, _WET)
        near_water = ndimage.uniform_filter(wet.astype(float), 61)
        return depth + near_water

    def _ground(self, band: str) -> np.ndarray:
        """Reflectance of the ground as a sensor without sky and noise would see it, at 10 m."""
        lit = land.compute_reflectance(self._land, band, self._units) * self._sunlight
        return ndimage.gaussian_filter(lit, _SENSOR_BLUR)

    def _at(self, band: str, step: int) -> np.ndarray:
        """Reflectance in pixels of `step` times 10 m, resampled from the band's own resolution."""
        native = _NATIVE.get(band, 20) // 10
        if native > step:
            return np.kron(self._observed(band), np.ones((native // step, native // step)))
        return _average(self._observed(band), step // native)

    def _observed(self, band: str) -> np.ndarray:
        """Reflectance through the sky, with the sensor's noise, at the band's own resolution."""
        if band not in self._seen:
            fine = self._sky.over(self._ground(band), band)
            seen = _average(fine, _NATIVE.get(band, 20) // 10)
            grain = seed_generator(self.acquisition, band).standard_normal(seen.shape)
            self._seen[band] = seen + grain * np.sqrt(0.0005**2 + (0.003 * seen) ** 2)
        return self._seen[band]

    def _true_colour(self, step: int) -> np.ndarray:
        layers = np.stack([self._at(band, step) for band in ("B04", "B03", "B02")])
        bright = np.rint(layers / _SATURATED * 255)
        return np.clip(bright, 1, 255).astype(np.uint8)

    @cached_property
    def _aerosol(self) -> np.ndarray:
        sky = self._sky
        haze = sky.weather.aot * sky.haze / max(sky.haze.mean(), 1e-9)
        return np.clip(haze + 0.1 * sky.opacity, 0.01, 1.5)

    @cached_property
    def _vapour(self) -> np.ndarray:
        rng = seed_generator(self.acquisition, "vapour")
        hills = draw_noise(rng, 600, 60, 2, self.acquisition.place.shape)
        return self._sky.weather.vapour * (1 + 0.05 * hills) + 0.3 * self._sky.opacity

    @cached_property
    def _scl(self) -> np.ndarray:
        sky = self._sky
        blue, red, infrared = (_average(self._observed(band), 2) for band in WATCHED)
        fields = sky.opacity, sky.brightness, sky.direct, sky.cirrus
        opacity, brightness, direct, cirrus = (_average(field, 2) for field in fields)
        seen = Seen(blue, red, infrared, opacity, brightness, direct, cirrus, sky.reach)
        return classify(seen, seed_generator(self.acquisition, "SCL"))


def _split_key(key: str) -> tuple[str, int]:
    """`B04_10m` is B04 and 1, `SCL_60m` is SCL and 6."""
    name, _, resolution = key.partition("_")
    if resolution not in ("10m", "20m", "60m"):
        raise KeyError(f"{key!r} has no resolution of 10m, 20m or 60m")
    return name, int(resolution[:-1]) // 10


def _average(field: np.ndarray, step: int) -> np.ndarray:
    """Means of step by step pixels."""
    rows, columns = (side // step for side in field.shape)
    return field.reshape(rows, step, columns, step).mean(axis=(1, 3)) if step > 1 else field


def _encode_dn(value: np.ndarray, *, scale: int = 10000, offset: int = 1000) -> np.ndarray:
    """Digital numbers; 0 is kept for no data."""
    return np.clip(np.rint(value * scale) + offset, 1, 32767).astype(np.uint16)
