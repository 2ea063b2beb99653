"""Where arrays lie, written so that it stays with what is computed of them, and so that GDAL and QGIS read it right."""

from typing import TypeVar

import odc.geo.xr  # noqa: F401  (the accessor `.odc`)
import xarray as xr
from odc.geo.geobox import GeoBox

Array = TypeVar("Array", xr.DataArray, xr.Dataset)

SIMULATED = "simulated"  # attribute of the variable that holds the projection
AXES = {True: ("latitude", "longitude"), False: ("projection_y_coordinate", "projection_x_coordinate")}


def write_georeference(data: Array) -> Array:
    """The same data, ready for `to_netcdf`; as it is where no projection is known.

    `grid_mapping` becomes an attribute: computations of xarray keep those, and lose the encoding that odc-stac writes.
    Axes get their CF names: without them GDAL believes `GeoTransform` alone, which stays that of the whole area when a
    part is cut out. It is written anew, since a single row or column has no step of its own.
    """
    name = find_grid_mapping(data)
    if name is None:
        return data
    data = data.copy(deep=False)  # with attributes of its own
    if isinstance(data, xr.Dataset):
        data = data.set_coords(name)
    for array in list_arrays(data):
        array.encoding.pop("grid_mapping", None)
        array.attrs["grid_mapping"] = name
    geobox = data.odc.geobox
    if isinstance(geobox, GeoBox):
        _write_grid(data, name, geobox)
    return data


def find_grid_mapping(data: xr.DataArray | xr.Dataset) -> str | None:
    """The variable that holds the projection; xarray reads it as one more band where `decode_coords` is not "all"."""
    variables = data.variables if isinstance(data, xr.Dataset) else data.coords
    for name, variable in variables.items():
        if variable.ndim == 0 and {"crs_wkt", "spatial_ref"} & set(variable.attrs):
            return str(name)
    return None


def mark_simulated(data: xr.Dataset) -> None:
    """Pixels that were drawn say so beside their projection, which goes with all that is computed of them."""
    name = find_grid_mapping(data)
    if name is not None:
        data[name].attrs[SIMULATED] = 1


def is_simulated(data: xr.DataArray | xr.Dataset) -> bool:
    name = find_grid_mapping(data)
    return name is not None and SIMULATED in data[name].attrs


def list_arrays(data: xr.DataArray | xr.Dataset) -> list[xr.DataArray]:
    """The bands of a Dataset, or the array itself."""
    if isinstance(data, xr.Dataset):
        return list(data.data_vars.values())
    return [data]


def _write_grid(data: xr.DataArray | xr.Dataset, name: str, geobox: GeoBox) -> None:
    numbers = geobox.affine.to_gdal()
    data[name].attrs["GeoTransform"] = " ".join(map(str, numbers))
    if geobox.axis_aligned:
        is_in_degrees = geobox.crs is not None and geobox.crs.geographic
        names = AXES[is_in_degrees]
        for axis, called in zip(data.odc.spatial_dims, names, strict=True):
            data[axis].attrs["standard_name"] = called
