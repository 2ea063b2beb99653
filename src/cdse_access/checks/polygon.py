"""An area in any of the forms that people have it in: GeoJSON, shapely, odc-geo, geopandas."""

from collections.abc import Mapping
from typing import Any

import shapely
from odc.geo.geom import Geometry
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry
from shapely.validation import explain_validity

from cdse_access.checks.bbox import check_bbox
from cdse_access.messages import say

DEGREES = "EPSG:4326"


def read_polygon(value: Any) -> Geometry:
    """The area without heights, in its coordinate system; GeoJSON and shapely are in degrees.

    Errors: ValueError that says what is wanted.
    """
    if isinstance(value, str | bytes):
        raise ValueError(say("wanted-polygon-no-text"))
    crs = _find_crs(value)
    outline = shapely.force_2d(_find_outline(value))
    _check_outline(outline)
    if crs == DEGREES:
        check_bbox(outline.bounds)
    return Geometry(outline, crs)


def _find_crs(value: Any) -> str:
    crs = getattr(value, "crs", DEGREES)
    if crs is None:
        raise ValueError(say("wanted-polygon-crs"))
    return DEGREES if str(crs).upper() in (DEGREES, "OGC:CRS84") else str(crs)


def _find_outline(value: Any) -> BaseGeometry:
    if isinstance(value, Geometry):
        return value.geom
    if isinstance(value, BaseGeometry):
        return value
    try:
        document = value if isinstance(value, Mapping) else value.__geo_interface__
        parts = [shape(part) for part in _list_geometries(document)]
        return parts[0] if len(parts) == 1 else shapely.union_all(parts)
    except Exception as error:  # shapely raises as many kinds as there are ways to be no geometry
        raise ValueError(say("wanted-polygon-form")) from error


def _list_geometries(document: Any) -> list[Any]:
    """The geometries of a GeoJSON object, whichever of its kinds it is."""
    kind = document["type"]
    if kind == "FeatureCollection":
        return [geometry for feature in document["features"] for geometry in _list_geometries(feature)]
    if kind == "Feature":
        return [document["geometry"]]
    return [document]


def _check_outline(outline: BaseGeometry) -> None:
    if not outline.is_valid:
        raise ValueError(say("wanted-polygon-valid", why=explain_validity(outline)))
    if outline.is_empty or not outline.area > 0:
        raise ValueError(say("wanted-polygon-area"))
