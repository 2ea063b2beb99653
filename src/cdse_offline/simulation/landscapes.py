"""The drawn land of each place. It is drawn once and then kept, in the process and in a file."""

import io
import os
from dataclasses import fields
from functools import cache
from pathlib import Path

import numpy as np
from numpy.random import PCG64, Generator

from cdse_access.files import write_whole
from cdse_offline.simulation import oberland, song_cuu_long, song_hong, tay_nguyen, ven_bien, ven_do
from cdse_offline.simulation.land import Land
from cdse_offline.simulation.places import Place
from cdse_offline.simulation.version import source_version

_DRAWN_BY = {  # function and seed
    "oberland": (oberland.draw, 47),
    "song-hong": (song_hong.draw, 105),
    "song-cuu-long": (song_cuu_long.draw, 951),
    "tay-nguyen": (tay_nguyen.draw, 212),
    "ven-bien": (ven_bien.draw, 154),
    "ven-do": (ven_do.draw, 311),
}

FOLDER = "CDSE_OFFLINE_LAND"  # environment variable: where drawn land is kept between processes


def open_land(place: Place) -> Land:
    """The land of a place; kept in the folder that the environment names, if it names one."""
    folder = os.environ.get(FOLDER)
    return build_land(place, Path(folder) if folder else None)


def build_land(place: Place, folder: Path | None = None) -> Land:
    """The land of a place; where a folder is given, it is kept in a file there."""
    return _read_or_draw(place, folder)


@cache
def _read_or_draw(place: Place, folder: Path | None) -> Land:
    if folder is None:
        return _draw(place)
    path = folder / f"land-{place.name}-{source_version()}.npz"
    if not path.exists():
        _write(path, _draw(place))
    with np.load(path, allow_pickle=False) as arrays:
        return Land(**arrays)


@cache
def _draw(place: Place) -> Land:
    draw, seed = _DRAWN_BY[place.name]
    return draw(Generator(PCG64(seed)))


def _write(path: Path, land: Land) -> None:
    arrays = {field.name: getattr(land, field.name) for field in fields(land)}
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    write_whole(path, buffer.getvalue())
