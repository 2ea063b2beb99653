"""The files of the simulated archive: what they are, and how one is made.

Light to import: the service names files, its worker processes make them.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from cdse_offline.simulation import lengths
from cdse_offline.simulation.derived import Degree, Derived, Quarter
from cdse_offline.simulation.places import Acquisition

if TYPE_CHECKING:
    import numpy as np

    from cdse_offline.simulation.scenes import Scene


@dataclass(frozen=True)
class SimulatedFile:
    """A file that is made when it is first read; `fields` are those of the acquisition's place, of whatever day."""

    acquisition: Acquisition
    kind: Literal["pixels", "truth", "thumbnail", "metadata", "fields"]
    asset: str

    def __str__(self) -> str:
        return f"{self.asset} of {self.acquisition.id}"

    @property
    def path(self) -> Path:
        """Where it lies in the folder of the kept files."""
        return Path(self.acquisition.id, f"{self.kind}-{self.asset}")

    @property
    def batch(self) -> str:
        """What is drawn at once: the files of one batch should come from one process."""
        return self.acquisition.id


@dataclass(frozen=True)
class DerivedFile:
    """The same for what is no scene: a file of a mosaic or of the terrain."""

    source: Derived
    asset: str  # one of `source.images`, or `USERDATA`

    def __str__(self) -> str:
        return f"{self.asset} of {self.source.id}"

    @property
    def path(self) -> Path:
        return Path(self.source.id, self.asset)

    @property
    def batch(self) -> str:
        return self.source.batch


USERDATA = "userdata"  # the small file beside a mosaic's images
AnyFile = SimulatedFile | DerivedFile


def pixel_size(asset: str) -> int:
    """Metres of an image asset's pixel: 10 for `B04_10m`."""
    _, _, resolution = asset.rpartition("_")
    return int(resolution.removesuffix("m"))


def make_file(wanted: AnyFile, path: Path) -> None:
    """Make one file; runs in a worker process, where the heavy imports belong."""
    if isinstance(wanted, DerivedFile):
        _make_derived(wanted, path)
        return
    if wanted.kind == "metadata":
        from cdse_offline.simulation import metadata

        path.write_bytes(metadata.build_document(wanted.acquisition, wanted.asset))
        return
    if wanted.kind == "fields":
        from cdse_offline.simulation import fields, landscapes

        place = wanted.acquisition.place
        path.write_bytes(fields.build_document(place, landscapes.open_land(place)))
        return
    from cdse_offline.simulation import images

    images.check_driver()  # before seconds are spent on drawing
    scene = _open_scene(wanted.acquisition)
    if wanted.kind == "thumbnail":
        images.write_jpeg(path, scene.thumbnail())
        return
    resolution = pixel_size(wanted.asset)
    images.write(
        path,
        _draw_pixels(scene, wanted),
        grid=wanted.acquisition.tile,
        window=wanted.acquisition.window(resolution),
        resolution=resolution,
        lengths=_simulate_lengths(wanted, path.parent),
    )


def _make_derived(wanted: DerivedFile, path: Path) -> None:
    from cdse_offline.simulation import metadata, mosaics, radar, terrain

    source = wanted.source
    if isinstance(source, Degree):
        terrain.write(path, source)
    elif wanted.asset == USERDATA:
        path.write_bytes(metadata.build_userdata(source))
    elif isinstance(source, Quarter):
        mosaics.write(path, source, wanted.asset)
    else:
        radar.write(path, source, wanted.asset)


def _draw_pixels(scene: "Scene", wanted: SimulatedFile) -> "np.ndarray":
    return scene.truth(wanted.asset) if wanted.kind == "truth" else scene.pixels(wanted.asset)


def _simulate_lengths(wanted: SimulatedFile, folder: Path) -> list[int] | None:
    """Lengths of ESA's files for the 10 m images of the product, where that costs nothing; truth is no product."""
    if wanted.kind != "pixels" or pixel_size(wanted.asset) != 10 or not lengths.holes_are_free(folder):
        return None
    return lengths.tile_parts(wanted.acquisition, wanted.asset)


@lru_cache(maxsize=4)
def _open_scene(acquisition: Acquisition) -> "Scene":
    from cdse_offline.simulation.scenes import Scene

    return Scene(acquisition)
