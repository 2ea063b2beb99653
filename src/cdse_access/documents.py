"""JSON that can be read in one way only: RFC 8259, and what it leaves open (names twice, NaN, any depth) is refused."""

import json
from collections import Counter
from typing import Any, NoReturn

from cdse_access.messages import say

Page = dict[str, Any]  # of a STAC server's list, or one entry of it, as it came


class Document(str):
    """The text of a JSON object, with the object: pystac asks for the first, to read it once more."""

    value: Page


class OddError(ValueError):
    """JSON that could be read in two ways, or holds what no other program would take."""


def read_object(text: str) -> Page:
    """The object that a text describes. Errors: JSONDecodeError; OddError; TypeError where it is no object."""
    try:
        value = json.loads(text, object_pairs_hook=_join_pairs, parse_constant=_refuse, parse_float=_read_float)
    except (json.JSONDecodeError, OddError):
        raise
    except RecursionError:
        raise OddError(say("why-deep")) from None
    except ValueError as error:  # a whole number of more than 4300 digits
        raise OddError(say("why-number")) from error
    if "\\ud" in text.lower():
        _check_surrogates(value)
    if not isinstance(value, dict):
        raise TypeError(text[:40])
    return value


def _join_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    joined = dict(pairs)
    if len(joined) < len(pairs):
        counts = Counter(name for name, _ in pairs)
        ((twice, _),) = counts.most_common(1)
        raise OddError(say("why-twice", name=ascii(twice)))
    return joined


def _refuse(constant: str) -> NoReturn:
    raise OddError(say("why-constant", value=constant))


def _read_float(text: str) -> float:
    number = float(text)
    if number in (float("inf"), -float("inf")):
        raise OddError(say("why-number"))
    return number


def _check_surrogates(value: Any) -> None:
    """Half a letter cannot be printed or sent."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise OddError(say("why-half-letter")) from error


def read_document(body: bytes) -> Document:
    """The object of a body, with or without a mark of its byte order. Errors as of `read_object`, and of Unicode."""
    document = Document(body.decode("utf-8-sig"))
    document.value = read_object(document)
    return document
