"""Whom a recorded pack has to thank: the sentence that its data ask for, in its collections and on a page."""

from collections.abc import Sequence
from typing import Any

from cdse_offline.messages import say

SCIENTIFIC = "https://stac-extensions.github.io/scientific/v1.0.0/schema.json"
LEGAL_NOTICE = "https://sentinels.copernicus.eu/documents/247904/690755/Sentinel_Data_Legal_Notice"
_COPERNICUS = "Contains modified Copernicus Sentinel data"  # the legal notice asks for these words
_LEADING = ("license", "cite-as", "about")  # relations of links that lead somewhere from here, too
Document = dict[str, Any]


def build_credit(items: Sequence[Document]) -> str:
    """The sentence that the data ask for."""
    if any(item["properties"].get("cdse_offline:simulated") for item in items):
        return say("credit-simulated")
    times = [item["properties"].get("datetime") or "" for item in items]
    years = ", ".join(sorted({time[:4] for time in times if time}))
    collection = items[0]["collection"]
    if collection.startswith("sentinel-"):
        return f"{_COPERNICUS} {years}"
    return f"{collection}, {years}"


def build_collection(collection: Document, credit: str) -> Document:
    """The service's collection, of whose links only those to licences and papers lead anywhere from here."""
    kept = {name: value for name, value in collection.items() if name not in ("assets", "sci:citation")}
    kept["links"] = _build_links(collection["links"], credit)
    kept["description"] = say("credit-description", description=collection["description"], credit=credit)
    if credit != say("credit-simulated"):
        kept["sci:citation"] = credit
        kept["stac_extensions"] = sorted({*kept.get("stac_extensions", []), SCIENTIFIC})
    return kept


def _build_links(links: Sequence[dict[str, Any]], credit: str) -> list[dict[str, Any]]:
    kept = [link for link in links if link["rel"] in _LEADING]
    has_license = any(link["rel"] == "license" for link in kept)
    if credit.startswith(_COPERNICUS) and not has_license:
        kept.append({"rel": "license", "href": LEGAL_NOTICE, "type": "application/pdf"})
    return kept


def build_page(note: Document, collections: dict[str, Document], credits: dict[str, str]) -> str:
    """The page for people, from the pack's note, and its collections and their sentences by name."""
    parts = [_describe_collection(name, document, credits[name]) for name, document in collections.items()]
    searches = "\n".join(f"  {search}" for search in note["searches"])
    return say(
        "credit-page",
        recorded=note["recorded"],
        service=note["service"],
        collections="\n".join(parts),
        searches=searches,
    )


def _describe_collection(name: str, collection: Document, credit: str) -> str:
    providers = "; ".join(_name_provider(provider) for provider in collection.get("providers", []))
    terms = [link["href"] for link in collection["links"] if link["rel"] == "license"]
    lines = [f"{name}: {collection.get('title', name)}", f"  {credit}"]
    if providers:
        lines.append(say("credit-providers", providers=providers))
    licenses = " ".join([collection["license"], *terms])
    lines.append(say("credit-license", licenses=licenses))
    return "\n".join([*lines, ""])


def _name_provider(provider: dict[str, Any]) -> str:
    name: str = provider["name"]
    roles = provider.get("roles")
    return f"{name} ({', '.join(roles)})" if roles else name
