"""Whom a recorded pack has to thank: the sentence that its data ask for, in its collections and on a page."""

from collections.abc import Sequence
from typing import Any

SIMULATED = "Ảnh mô phỏng, không chứa dữ liệu Copernicus"
SCIENTIFIC = "https://stac-extensions.github.io/scientific/v1.0.0/schema.json"
LEGAL_NOTICE = "https://sentinels.copernicus.eu/documents/247904/690755/Sentinel_Data_Legal_Notice"


def credit(documents: Sequence[dict[str, Any]]) -> str:
    """The sentence that the data ask for."""
    name = documents[0]["collection"]
    if any(document["properties"].get("cdse_offline:simulated") for document in documents):
        return SIMULATED
    years = sorted({str(document["properties"].get("datetime") or "")[:4] for document in documents} - {""})
    if name.startswith("sentinel-"):
        return f"Contains modified Copernicus Sentinel data {', '.join(years)}"
    return f"{name}, {', '.join(years)}"


def collection(document: dict[str, Any], sentence: str) -> dict[str, Any]:
    """The service's collection, of whose links only those to licences and papers lead anywhere from here."""
    links = [link for link in document["links"] if link["rel"] in ("license", "cite-as", "about")]
    if sentence.startswith("Contains modified Copernicus") and not any(link["rel"] == "license" for link in links):
        links.append({"rel": "license", "href": LEGAL_NOTICE, "type": "application/pdf"})
    kept = {name: value for name, value in document.items() if name not in ("assets", "sci:citation")}
    if sentence != SIMULATED:
        kept |= {"sci:citation": sentence, "stac_extensions": sorted({*kept.get("stac_extensions", []), SCIENTIFIC})}
    return kept | {"links": links, "description": f"{document['description']}\n\nGói dữ liệu. {sentence}."}


def _named(provider: dict[str, Any]) -> str:
    roles = provider.get("roles")
    return f"{provider['name']} ({', '.join(roles)})" if roles else provider["name"]


def page(note: dict[str, Any], documents: dict[str, Any], sentences: dict[str, str]) -> str:
    """The page for people, from the pack's note, and its collections and their sentences by name."""
    lines = [f"Gói dữ liệu này được ghi ngày {note['recorded']} từ {note['service']}.", ""]
    for name, document in documents.items():
        who = [_named(provider) for provider in document.get("providers", [])]
        terms = [link["href"] for link in document["links"] if link["rel"] == "license"]
        lines += [f"{name}: {document.get('title', name)}", f"  {sentences[name]}"]
        lines += [f"  Nguồn: {'; '.join(who)}"] if who else []
        lines += [f"  Giấy phép: {' '.join([document['license'], *terms])}", ""]
    lines += [
        "Mỗi tệp .jp2 chỉ giữ những ô ảnh nằm dưới vùng đã ghi; chỗ khác là 0 (không có dữ liệu).",
        "Ai phát lại gói này, hay công bố hình vẽ và con số từ nó, phải giữ dòng ghi công ở trên.",
        "",
        "Đã ghi:",
        *(f"  {search}" for search in note["searches"]),
    ]
    return "\n".join(lines) + "\n"
