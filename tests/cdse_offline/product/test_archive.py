"""The archive as a whole: whatever is named is there, and says what it is."""

from cdse_offline.product import archive
from cdse_offline.simulation.places import PLACES
from cdse_offline.simulation.version import source_version

HOLDINGS = archive.simulate_holdings()


def test_it_is_told_apart_by_its_source():
    assert HOLDINGS.version == source_version()


def test_every_object_named_by_an_item_is_in_the_store():
    for record in HOLDINGS.records:
        item = record.build("http://127.0.0.1:1/")
        hrefs = [asset["href"] for asset in item["assets"].values() if asset["href"].startswith("s3://")]
        assert hrefs and all(href.removeprefix("s3://eodata/") in HOLDINGS.objects for href in hrefs)
    assert set(HOLDINGS.thumbnails.values()) <= HOLDINGS.objects.keys()


def test_fields_of_every_place_are_in_the_store():
    assert {HOLDINGS.objects[key].kind for key in HOLDINGS.fields.values()} == {"fields"}
    assert [HOLDINGS.objects[HOLDINGS.fields[place.name]].acquisition.place for place in PLACES] == list(PLACES)
    for record in HOLDINGS.records:
        fields = record.build("http://x/")["assets"].get("fields")
        if fields:
            assert fields["alternate"]["s3"]["href"].removeprefix("s3://eodata/") in HOLDINGS.objects


def test_everything_says_that_it_is_simulated():
    for record in HOLDINGS.records:
        properties = record.searched["properties"]
        assert properties["cdse_offline:simulated"] is True and "mô phỏng" in properties["description"]
    assert "mô phỏng" in HOLDINGS.title
    assert all("mô phỏng" in c["title"] + c["description"] for c in HOLDINGS.collections.values())
