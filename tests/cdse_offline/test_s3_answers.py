"""What the store and the faults share."""

from datetime import timedelta

import pytest

from cdse_offline.s3_answers import S3Error, add_order, is_s3_path, read_order


def test_an_error_is_worded_as_by_s3():
    response = S3Error(404, "NoSuchKey", "no <key>").build_response("/eodata/a&b")
    assert (response.status_code, response.media_type) == (404, "application/xml")
    assert bytes(response.body).decode().splitlines()[1] == (
        "<Error><Code>NoSuchKey</Code><Message>no &lt;key&gt;</Message><Resource>/eodata/a&amp;b</Resource></Error>"
    )


def test_orders_of_several_faults_come_together_and_the_scope_stays():
    scope = {"path": "/eodata/a", "extensions": {"other": 1}}
    ordered = add_order(add_order(scope, {"whole": True}), {"ahead": timedelta(minutes=20)})
    assert read_order(ordered) == {"whole": True, "ahead": timedelta(minutes=20)}
    assert ordered["extensions"]["other"] == 1 and read_order(scope) == {}


@pytest.mark.parametrize(
    ("path", "is_s3"), [("/eodata", True), ("/eodata/a.jp2", True), ("/eodata2/a", False), ("/stac/v1/", False)]
)
def test_paths_of_the_store(path: str, is_s3: bool):
    assert is_s3_path(path) is is_s3
