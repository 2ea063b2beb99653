"""The assets of a Sentinel-2 L2A item as CDSE lists them: their names, their metadata, their places in the product."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cdse_offline.simulation.classes import CHANGE_CLASSES, FIELD_CLASSES, LAND_CLASSES, SKY_CLASSES, Class
from cdse_offline.simulation.files import pixel_size
from cdse_offline.simulation.places import GRID_SHAPE, Acquisition, Place, Tile

# name: (description, common name, centre wavelength, width, resolutions, native first); the figures are those that
# CDSE's items carry.
_BANDS = {
    "B01": ("Coastal aerosol (band 1)", "coastal", 0.443, 0.228, (60, 20)),
    "B02": ("Blue (band 2)", "blue", 0.493, 0.267, (10, 20, 60)),
    "B03": ("Green (band 3)", "green", 0.56, 0.291, (10, 20, 60)),
    "B04": ("Red (band 4)", "red", 0.665, 0.342, (10, 20, 60)),
    "B05": ("Red edge 1 (band 5)", "rededge071", 0.704, 0.357, (20, 60)),
    "B06": ("Red edge 2 (band 6)", "rededge075", 0.741, 0.374, (20, 60)),
    "B07": ("Red edge 3 (band 7)", "rededge078", 0.783, 0.399, (20, 60)),
    "B08": ("NIR 1 (band 8)", "nir", 0.833, 0.454, (10,)),
    "B8A": ("NIR 2 (band 8A)", "nir08", 0.865, 0.441, (20, 60)),
    "B09": ("NIR 3 (band 9)", "nir09", 0.945, 0.479, (60,)),
    "B11": ("SWIR 1 (band 11)", "swir16", 1.614, 0.841, (20, 60)),
    "B12": ("SWIR 2 (band 12)", "swir22", 2.202, 1.16, (20, 60)),
}
_MAPS = {"AOT": "Aerosol optical thickness", "WVP": "Water vapour"}
_SCL_CLASSES = (
    ("no_data", "nodata"), ("saturated_or_defective", "saturated_defective"), ("dark_area_pixels", "dark_area"),
    ("cloud_shadows", "cloud_shadow"), ("vegetation", "vegetation"), ("not_vegetated", "not_vegetated"),
    ("water", "water"), ("unclassified", "unclassified"), ("cloud_medium_probability", "medium_proba_clouds"),
    ("cloud_high_probability", "high_proba_clouds"), ("thin_cirrus", "thin_cirrus"), ("snow", "eo:snow_cover"),
)  # fmt: skip
# The detectors look forward one after the other: B02 first, B12 last.
_VIEW_ORDER = ("B02", "B08", "B03", "B04", "B05", "B06", "B11", "B07", "B01", "B8A", "B09", "B12")
STORAGE = ["cdse-s3", "creodias-s3"]
SCL_SHARES = tuple(share for _, share in _SCL_CLASSES)  # name of each class's share in an item's `statistics`
_TRUTH_BANDS = ("B02", "B03", "B04", "B08")


@dataclass(frozen=True)
class Product:
    """Where the files of an acquisition's product lie; paths are keys of the bucket `eodata`."""

    acquisition: Acquisition

    @cached_property
    def name(self) -> str:
        return f"{self.acquisition.id}.SAFE"

    @cached_property
    def folder(self) -> str:
        return f"Sentinel-2/MSI/L2A_N0500/{self.acquisition.start:%Y/%m/%d}/{self.name}"

    @cached_property
    def thumbnail(self) -> str:
        return f"{self.acquisition.id}-ql.jpg"

    @cached_property
    def granule(self) -> str:
        a = self.acquisition
        return f"GRANULE/L2A_T{a.tile.name}_A{a.absolute_orbit:06}_{a.strip_start:%Y%m%dT%H%M%S}"

    @cached_property
    def datastrip(self) -> str:
        return f"DS_S2RP_{self.acquisition.processed:%Y%m%dT%H%M%S}_S{self.acquisition.strip_start:%Y%m%dT%H%M%S}"

    def image_path(self, key: str) -> str:
        return f"{self.granule}/IMG_DATA/R{key.split('_')[1]}/{self._prefix}_{key}.jp2"

    def truth_key(self, key: str) -> str:
        """The whole key of a truth image: it is no part of the product."""
        return f"{self._truth_folder}/{self._prefix}_{key}.jp2"

    @cached_property
    def _truth_folder(self) -> str:
        return f"offline-truth/{self.acquisition.start:%Y/%m/%d}/{self.acquisition.id}"

    @cached_property
    def _prefix(self) -> str:
        return f"T{self.acquisition.tile.name}_{self.acquisition.start:%Y%m%dT%H%M%S}"

    def asset_paths(self) -> dict[str, str]:
        """Path inside the product of each asset that is a file of its own."""
        return {key: self.image_path(key) for key in IMAGES} | {
            "thumbnail": self.thumbnail,
            "safe_manifest": "manifest.safe",
            "granule_metadata": f"{self.granule}/MTD_TL.xml",
            "inspire_metadata": "INSPIRE.xml",
            "product_metadata": "MTD_MSIL2A.xml",
            "datastrip_metadata": f"DATASTRIP/{self.datastrip}/MTD_DS.xml",
        }


METADATA = ("safe_manifest", "granule_metadata", "inspire_metadata", "product_metadata", "datastrip_metadata")


def _list_image_keys() -> tuple[str, ...]:
    keys = [f"{band}_{metres}m" for band, (*_, resolutions) in _BANDS.items() for metres in resolutions]
    keys += [f"{name}_{metres}m" for name in ("AOT", "WVP", "TCI") for metres in (10, 20, 60)]
    return tuple(sorted([*keys, "SCL_20m", "SCL_60m"]))


IMAGES = _list_image_keys()
TRUTH = (*(f"{band}_10m" for band in _TRUTH_BANDS), "CLASS_10m", "SKY_10m", "PARCEL_10m", "CHANGE_10m")
FIELDS = "fields"  # asset of the truth that is no image
# Images of the truth that hold classes or numbers: title, type, legend. In all but the first, 0 is an answer, and not a
# lack of one.
_TRUTH_MAPS = {
    "CLASS": ("Lớp phủ mặt đất thật của ngày chụp", "uint8", LAND_CLASSES),
    "SKY": ("Bầu trời thật", "uint8", SKY_CLASSES),
    "PARCEL": ("Thửa ruộng (giá trị là id của thửa)", "uint16", FIELD_CLASSES),
    "CHANGE": ("Ngày mặt đất đổi khác (ngày thứ mấy trong năm)", "uint16", CHANGE_CLASSES),
}


def describe_image(key: str, tile: Tile, statistics: dict[str, float], view: tuple[float, float]) -> dict[str, Any]:
    """Everything of an image asset that does not depend on where its file lies."""
    name = key.split("_")[0]
    metres = pixel_size(key)
    if name in _BANDS:
        return _describe_reflectance(name, metres, view) | describe_grid(tile, metres, "uint16")
    data_type = "uint16" if name in _MAPS else "uint8"
    return _describe_derived(name, metres, statistics) | describe_grid(tile, metres, data_type)


def describe_band(name: str) -> dict[str, Any]:
    description, common_name, centre, width, _ = _BANDS[name]
    return {
        "name": name,
        "description": description,
        "eo:common_name": common_name,
        "eo:center_wavelength": centre,
        "eo:full_width_half_max": width,
    }


def _name_sampling(name: str, metres: int) -> str:
    native = _BANDS[name][-1][0]
    return "original" if metres == native else "upsampled" if metres < native else "downsampled"


def _describe_reflectance(name: str, metres: int, view: tuple[float, float]) -> dict[str, Any]:
    place_in_line = _VIEW_ORDER.index(name)
    return {
        "bands": [describe_band(name)],
        "roles": ["data", "reflectance", f"sampling:{_name_sampling(name, metres)}", f"gsd:{metres}m"],
        "title": f"{_BANDS[name][0]} - {metres}m",
        "raster:scale": 0.0001,
        "raster:offset": -0.1,
        "view:azimuth": round(view[0] + 1.2 - 0.2 * place_in_line, 12),
        "view:incidence_angle": round(view[1] - 0.2 + 0.04 * place_in_line, 12),
    }


def _describe_derived(name: str, metres: int, statistics: dict[str, float]) -> dict[str, Any]:
    if name in _MAPS:
        return {
            "bands": [{"name": name, "description": _MAPS[name]}],
            "roles": ["data", f"gsd:{metres}m"],
            "title": f"{_MAPS[name]} ({name}) - {metres}m",
            "raster:scale": 0.0001,  # as CDSE's items of these years say; the files are right: 0.001 and 0
            "raster:offset": -0.1,
        }
    if name == "TCI":
        sampling = "original" if metres == 10 else "downsampled"
        bands = [describe_band(band) for band in ("B04", "B03", "B02")]
        return {
            "bands": bands,
            "roles": ["visual", f"sampling:{sampling}", f"gsd:{metres}m"],
            "title": "True color image",
        }
    sampling = "original" if metres == 20 else "downsampled"
    return {
        "roles": ["data", f"sampling:{sampling}", f"gsd:{metres}m"],
        "title": f"Scene classification map (SCL) - {metres}m",
        "classification:classes": _list_scl_classes(statistics if metres == 20 else {}),
    }


def _list_scl_classes(statistics: dict[str, float]) -> list[dict[str, Any]]:
    """The classes, each with its share where the shares are given: CDSE writes them at the native resolution only."""
    classes: list[dict[str, Any]] = [{"name": name, "value": value} for value, (name, _) in enumerate(_SCL_CLASSES)]
    for entry, (_, share) in zip(classes, _SCL_CLASSES, strict=True):
        if share in statistics:
            entry["percentage"] = statistics[share]
    classes[0]["nodata"] = True
    return classes


def describe_grid(tile: Tile, metres: int, data_type: str) -> dict[str, Any]:
    """Type, grid and access of a JP2 image of the tile."""
    side = GRID_SHAPE[metres]
    east, south = tile.west + side * metres, tile.north - side * metres
    return {
        "gsd": metres,
        "type": "image/jp2",
        "nodata": 0,
        "data_type": data_type,
        "proj:code": f"EPSG:{tile.epsg}",
        "proj:shape": [side, side],
        "proj:bbox": [tile.west, south, east, tile.north],
        "proj:transform": [metres, 0, tile.west, 0, -metres, tile.north],
    } | ACCESS


def mistake_grid(asset: dict[str, Any], tile: Tile) -> dict[str, Any]:
    """A grid as some of CDSE's items give it: transform of 20 m beside the shape of 60 m; only `proj:bbox` is right."""
    return asset | {"proj:transform": [20, 0, tile.west, 0, -20, tile.north]}


ACCESS = {"auth:refs": ["s3"], "storage:refs": STORAGE, "alternate:name": "S3"}


def describe_truth(key: str, tile: Tile) -> dict[str, Any]:
    """The same for an image of the truth: reflectance before the sky, land, sky, fields, changes."""
    name, _, _ = key.partition("_")
    if name in _TRUTH_BANDS:
        return _describe_true_reflectance(name) | describe_grid(tile, 10, "uint16")
    title, data_type, classes = _TRUTH_MAPS[name]
    described = _describe_classes(name, title, classes) | describe_grid(tile, 10, data_type)
    if 0 in classes:
        del described["nodata"]
    return described


def name_fields_key(place: Place) -> str:
    """The key of the fields of a place: one file for all its items."""
    return f"offline-truth/fields/{place.name}.geojson"


def describe_fields(place: Place, base: str) -> dict[str, Any]:
    """The asset of a place's fields, for whatever reads GeoJSON over HTTP; S3 has it, too."""
    s3 = {"href": f"s3://eodata/{name_fields_key(place)}"} | ACCESS
    return {
        "href": f"{base}fields/{place.name}.geojson",
        "roles": ["data"],
        "alternate": {"s3": s3},
        "type": "application/geo+json",
        "title": "Thửa ruộng: cây trồng, ngày gieo, ngày gặt, diện tích",
        "proj:code": "EPSG:4326",
        "alternate:name": "HTTPS",
    }


def _describe_true_reflectance(name: str) -> dict[str, Any]:
    return {
        "roles": ["data", "reflectance", "gsd:10m"],
        "title": f"{_BANDS[name][0]} dưới bầu trời quang, không nhiễu - 10m",
        "bands": [describe_band(name)],
        "raster:scale": 0.0001,
        "raster:offset": -0.1,
    }


def _describe_classes(name: str, title: str, classes: dict[int, Class]) -> dict[str, Any]:
    entries = [
        {"value": value, "name": f"class_{value}", "title": one.title, "color_hint": one.colour}
        for value, one in classes.items()
    ]
    return {
        "roles": ["data", "gsd:10m"],
        "title": f"{title} - 10m",
        "bands": [{"name": name, "description": title}],
        "classification:classes": entries,
    }


def list_collection_bands() -> list[dict[str, Any]]:
    """The bands as a collection lists them, each with its native resolution."""
    return [
        {"gsd": resolutions[0], "name": name, "description": description, "eo:common_name": common_name}
        for name, (description, common_name, _, _, resolutions) in _BANDS.items()
    ]
