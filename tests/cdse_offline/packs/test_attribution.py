"""Whom a pack thanks: the sentence, in the collection and on the page."""

import json
from pathlib import Path

import pytest

from cdse_offline.messages import say
from cdse_offline.packs import attribution

SHARED = Path(__file__).parents[4] / "shared" / "cdse"
NOTE = {"recorded": "2026-01-02", "service": "CDSE", "searches": ["sentinel-2-l2a, 2022/2023"]}
DOCUMENT = {"id": "sentinel-2-l2a", "description": "Ảnh.", "license": "other", "links": []}


def item(day: str, name: str = "sentinel-2-l2a", **properties) -> dict:
    return {"collection": name, "properties": {"datetime": f"{day}T00:00:00Z"} | properties}


def test_the_sentence_names_the_years_of_the_items():
    days = [item("2023-05-01"), item("2022-12-31"), item("2023-06-01")]
    assert attribution.build_credit(days) == "Contains modified Copernicus Sentinel data 2022, 2023"
    assert attribution.build_credit([item("2023-05-01", "cop-dem")]) == "cop-dem, 2023"


def test_simulated_scenes_are_no_copernicus_data():
    simulated = item("2023-05-01", **{"cdse_offline:simulated": True})
    assert attribution.build_credit([simulated]) == "Ảnh mô phỏng, không chứa dữ liệu Copernicus"


def test_the_collection_carries_sentence_and_terms():
    links = [{"rel": "self", "href": "https://a/"}, {"rel": "items", "href": "https://b/"}]
    sentence = "Contains modified Copernicus Sentinel data 2023"
    made = attribution.build_collection(DOCUMENT | {"links": links, "assets": {"thumbnail": {}}}, sentence)
    assert made["description"] == f"Ảnh.\n\nGói dữ liệu. {sentence}." and made["sci:citation"] == sentence
    assert made["stac_extensions"] == [attribution.SCIENTIFIC] and "assets" not in made
    assert [link["href"] for link in made["links"]] == [attribution.LEGAL_NOTICE]
    own = [*links, {"rel": "license", "href": "https://licence/"}]
    kept = attribution.build_collection(DOCUMENT | {"links": own}, sentence)["links"]
    assert [link["href"] for link in kept] == ["https://licence/"]


def test_a_simulated_collection_cites_nobody():
    made = attribution.build_collection(DOCUMENT | {"sci:citation": "Copernicus"}, say("credit-simulated"))
    assert "sci:citation" not in made and made["links"] == [] and "mô phỏng" in made["description"]


def test_the_page_has_sentence_terms_and_names():
    providers = [{"name": "ESA", "roles": ["producer"]}, {"name": "CloudFerro"}]
    links = [{"rel": "license", "href": "https://licence/"}]
    documents = {"sentinel-2-l2a": DOCUMENT | {"title": "Sentinel-2", "providers": providers, "links": links}}
    lines = attribution.build_page(NOTE, documents, {"sentinel-2-l2a": "Contains …"}).splitlines()
    assert lines[0] == "Gói dữ liệu này được ghi ngày 2026-01-02 từ CDSE."
    assert lines[2:6] == [
        "sentinel-2-l2a: Sentinel-2", "  Contains …", "  Nguồn: ESA (producer); CloudFerro",
        "  Giấy phép: other https://licence/",
    ]  # fmt: skip
    assert lines[-1] == "  sentinel-2-l2a, 2022/2023"


@pytest.mark.skipif(not SHARED.is_dir(), reason="needs the recorded documents of CDSE beside the project")
def test_the_real_collection_is_credited_as_it_asks():
    document = json.loads((SHARED / "collection_sentinel-2-l2a.json").read_text())
    real = json.loads((SHARED / "item_2026_N0512.json").read_text())
    sentence = attribution.build_credit([real])
    made = attribution.build_collection(document, sentence)
    assert sentence == "Contains modified Copernicus Sentinel data 2026"
    assert [link["href"] for link in made["links"]] == [attribution.LEGAL_NOTICE]
    page = attribution.build_page(NOTE, {real["collection"]: made}, {real["collection"]: sentence})
    assert "ESA (producer); European Commission (licensor); CloudFerro (host, processor)" in page
