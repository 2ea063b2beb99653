"""The small files of a simulated product: few lines, but those that a reader of a product looks for are true."""

import json
from xml.sax.saxutils import escape

from cdse_offline.simulation.derived import Month, Quarter
from cdse_offline.simulation.places import Acquisition

_NOTE = "Sản phẩm mô phỏng của CDSE ngoại tuyến: tệp này chỉ giữ vài mục của tệp thật cùng tên."
_ROOTS = {
    "safe_manifest": "XFDU",
    "granule_metadata": "Level-2A_Tile_ID",
    "inspire_metadata": "MD_Metadata",
    "product_metadata": "Level-2A_User_Product",
    "datastrip_metadata": "Level-2A_DataStrip_ID",
}


def build_document(a: Acquisition, asset: str) -> bytes:
    """The file of a metadata asset, such as `product_metadata` (MTD_MSIL2A.xml)."""
    azimuth, elevation = a.sun
    entries = {
        "PRODUCT_URI": f"{a.id}.SAFE",
        "PRODUCT_START_TIME": f"{a.start:%Y-%m-%dT%H:%M:%S}.024Z",
        "PROCESSING_BASELINE": "05.10",
        "SPACECRAFT_NAME": f"Sentinel-{a.satellite}",
        "SENSING_ORBIT_NUMBER": str(a.relative_orbit),
        "HORIZONTAL_CS_CODE": f"EPSG:{a.tile.epsg}",
        "BOA_QUANTIFICATION_VALUE": "10000",
        "BOA_ADD_OFFSET": "-1000",
        "AOT_QUANTIFICATION_VALUE": "1000",
        "WVP_QUANTIFICATION_VALUE": "1000",
        "ZENITH_ANGLE": f"{90 - elevation:.6f}",
        "AZIMUTH_ANGLE": f"{azimuth:.6f}",
        "Cloud_Coverage_Assessment": f"{a.cloud_cover:.6f}",
    }
    lines = "".join(f"  <{name}>{escape(text)}</{name}>\n" for name, text in entries.items())
    root = _ROOTS[asset]
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<!-- {_NOTE} -->\n<{root}>\n{lines}</{root}>\n'.encode()


def build_userdata(mosaic: Quarter | Month) -> bytes:
    """The `userdata.json` of a mosaic."""
    first, last = mosaic.days
    document = {
        "note": _NOTE,
        "name": mosaic.id,
        "contentDate": {"Start": f"{first}T00:00:00Z", "End": f"{last}T23:59:59Z"},
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode()
