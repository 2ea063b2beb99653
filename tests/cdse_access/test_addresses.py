"""cdse_access.addresses: what is mended in two addresses, and which cannot be."""

import pytest

from cdse_access.addresses import LIVE, is_of_cdse, is_same_store, name_store, read_addresses
from cdse_access.problems import BadInput


@pytest.mark.parametrize(
    ("stac", "s3", "host", "https", "mended"),
    [
        ("https://a.eu/v1/", "b.eu", "b.eu", True, False),
        ("http://a.eu/v1/", "b.eu:9000", "b.eu:9000", False, False),
        ("https://a.eu/", "https://b.eu", "b.eu", True, True),
        ("https://a.eu/", "b.eu/", "b.eu", True, True),
        (" https://a.eu/ ", " b.eu ", "b.eu", True, False),
        ("https://a.eu/", "'b.eu'", "b.eu", True, True),
        ("https://a.eu/", "https://B.eu/eodata/", "b.eu", True, True),
        ("https://a.eu/", "http://b.eu:9000/", "b.eu:9000", False, True),  # its own scheme counts
        ("http://a.eu/", "https://b.eu", "b.eu", True, True),
        ("http://a.eu/", "eodata.dataspace.copernicus.eu", LIVE.s3, True, False),  # never in the open
        ("http://a.eu/", "http://eodata.dataspace.copernicus.eu", LIVE.s3, True, True),
        ("http://[::1]:8/", "[::1]:8", "[::1]:8", False, False),
        ("'http://a.eu/'", '"b.eu"', "b.eu", False, True),
    ],
)
def test_addresses_are_mended_and_it_is_said(stac, s3, host, https, mended):
    found = read_addresses({"CDSE_STAC_URL": stac, "CDSE_S3_ENDPOINT": s3})
    assert (found.stac, found.s3, found.https) == (stac.strip(" '"), host, https)
    assert (f"CDSE_S3_ENDPOINT={host}" in found.mended) is mended


def test_the_catalogue_of_cdse_is_not_asked_in_the_open():
    found = read_addresses({"stac": "http://stac.dataspace.copernicus.eu/v1/", "s3": LIVE.s3}, ("stac", "s3"))
    assert (found.stac, found.mended) == (LIVE.stac, (f"stac={LIVE.stac}",))


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        (LIVE.s3, True), ("EODATA.dataspace.copernicus.eu.:443", True), ("dataspace.copernicus.eu", True),
        ("eodata.dataspace.copernicus.eu.evil.org", False), ("eodata-dataspace.copernicus.eu", False),
        ("notdataspace.copernicus.eu", False), ("xn--eodata.example", False), ("", False),
    ],
)  # fmt: skip
def test_whose_host(host, expected):
    assert is_of_cdse(host) is expected


def test_what_stands_in_two_addresses():
    assert name_store({}) == name_store({"CDSE_STAC_URL": " ", "CDSE_S3_ENDPOINT": '""'}) == ""
    assert name_store({"CDSE_STAC_URL": "http://Lop.local/stac/"}) == "lop.local"
    assert is_same_store("https://Lop.local./x", "lop.local") and not is_same_store("lop.local", "lop.local:81")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"CDSE_STAC_URL": "https://a/"}, "cả CDSE_STAC_URL và CDSE_S3_ENDPOINT"),
        ({"CDSE_STAC_URL": " ", "CDSE_S3_ENDPOINT": "a"}, "cả CDSE_STAC_URL và CDSE_S3_ENDPOINT"),
        ({"CDSE_STAC_URL": "a/stac", "CDSE_S3_ENDPOINT": "a"}, "'a/stac': cần địa chỉ đầy đủ"),
        ({"CDSE_STAC_URL": "ftp://a/", "CDSE_S3_ENDPOINT": "a"}, "cần địa chỉ đầy đủ"),
        ({"CDSE_STAC_URL": "https://me:pass@a/", "CDSE_S3_ENDPOINT": "a"}, "cần địa chỉ đầy đủ"),
        ({"CDSE_STAC_URL": "https://a/", "CDSE_S3_ENDPOINT": "máy của cô"}, "'máy của cô': cần tên máy và cổng"),
        ({"CDSE_STAC_URL": "https://a/", "CDSE_S3_ENDPOINT": "https:///x"}, "cần tên máy và cổng"),
        ({"CDSE_STAC_URL": "https://a/", "CDSE_S3_ENDPOINT": "b:port"}, "cần tên máy và cổng"),
        ({"CDSE_STAC_URL": "https://a/", "CDSE_S3_ENDPOINT": "127.0.0.1:99999999"}, "cần tên máy và cổng"),
        ({"CDSE_STAC_URL": "https://a/", "CDSE_S3_ENDPOINT": "[::1"}, "cần tên máy và cổng"),
        ({"CDSE_STAC_URL": "https://[::1/", "CDSE_S3_ENDPOINT": "a"}, "cần địa chỉ đầy đủ"),
        ({"CDSE_STAC_URL": "https://a/", "CDSE_S3_ENDPOINT": "еodata.eu"}, "cần tên máy và cổng"),  # Cyrillic
        ({"CDSE_STAC_URL": "http://evil.org\\@127.0.0.1/", "CDSE_S3_ENDPOINT": "a"}, "cần địa chỉ đầy đủ"),
        ({"CDSE_STAC_URL": "a", "CDSE_S3_ENDPOINT": "b c"}, "cần địa chỉ đầy đủ.*\n.*cần tên máy và cổng"),
    ],
)
def test_addresses_that_cannot_be_are_refused(settings, message):
    with pytest.raises(BadInput, match=message):
        read_addresses(settings)


@pytest.mark.parametrize("settings", [{}, {"CDSE_STAC_URL": "", "CDSE_S3_ENDPOINT": " "}])
def test_no_address_is_none(settings):
    assert read_addresses(settings) is None
