"""From an answer of the S3 store, or of what stands in its way, to a reason and its cure.

S3's `<Code>` decides, then the HTTP status, never the wording. No message holds a key or what the server says.
Sources: Amazon S3 API, Error Responses; RFC 9110.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from html import unescape

from cdse_access.children import suggest_offline
from cdse_access.exchange import LONGEST_WAIT, LostError, read_retry_after
from cdse_access.jp2.codestream import is_page
from cdse_access.messages import say
from cdse_access.problems import BadData, Message, Problem, Reason, Rejected, Unavailable

_CODES = {
    Reason.KEY_UNKNOWN: "InvalidAccessKeyId AuthorizationHeaderMalformed InvalidToken ExpiredToken NotSignedUp",
    Reason.SECRET_WRONG: "SignatureDoesNotMatch",
    Reason.CLOCK: "RequestTimeTooSkewed RequestExpired",
    Reason.FORBIDDEN: "AccessDenied AllAccessDisabled AccountProblem InvalidObjectState",
    Reason.MISSING: "NoSuchKey NoSuchBucket",
    Reason.BROKEN: "InvalidRange",
    Reason.BUSY: (
        "SlowDown ServiceUnavailable InternalError TooManyRequests RequestLimitExceeded RequestTimeout Busy OfflineBusy"
    ),
}
_REASONS = {code: reason for reason, codes in _CODES.items() for code in codes.split()}
# What an offline CDSE says of itself, which to ask again would not mend; CDSE has no such codes.
_OWN = {
    "OfflineDiskFull": "own-disk-full",
    "OfflineDriver": "own-driver",
    "OfflineFailed": "own-failed",
    "OfflineFolder": "own-folder",
    "OfflineKilled": "own-killed",
    "OfflineMemory": "own-memory",
    "OfflineOpenFiles": "own-open-files",
}
STILL_MAKING = "OfflineBusy"  # to ask again does mend this
REDIRECTS = range(300, 400)
_STATUSES = {
    206: Reason.NETWORK,
    400: Reason.FORBIDDEN,
    401: Reason.FORBIDDEN,
    403: Reason.FORBIDDEN,
    404: Reason.MISSING,
    408: Reason.BUSY,
    410: Reason.MISSING,
    416: Reason.BROKEN,
    429: Reason.BUSY,
}
_SLOTS = {
    Reason.KEY_UNKNOWN: "s3-key-unknown",
    Reason.SECRET_WRONG: "s3-secret-wrong",
    Reason.CLOCK: "s3-clock",
    Reason.FORBIDDEN: "s3-forbidden",
    Reason.MISSING: "s3-missing",
    Reason.BROKEN: "s3-short",
    Reason.BUSY: "s3-busy",
    Reason.NETWORK: "s3-lost",
    Reason.NOT_SERVICE: "s3-page",
}
_KINDS: dict[Reason, type[Problem]] = {
    Reason.KEY_UNKNOWN: Rejected,
    Reason.SECRET_WRONG: Rejected,
    Reason.CLOCK: Rejected,
    Reason.FORBIDDEN: Rejected,
    Reason.BUSY: Unavailable,
    Reason.NETWORK: Unavailable,
}


def file_name(href: str) -> str:
    """The file's name: in Sentinel-2 it tells tile, time and band; the whole address would hide the rest of a line."""
    return href.rpartition("/")[2]


def refusal(status: int, headers: Mapping[str, str], body: bytes, href: str, store: str = "") -> Problem:
    """The error for an answer of no use; 200 and 206 are answers of a wrong form. store: its endpoint."""
    found = re.search(rb"<Code>(\w{1,64})</Code>", body[:4096])
    code = found[1].decode() if found else ""
    file = file_name(href)
    instead = suggest_offline(store)
    if code in _OWN:
        return BadData(say(_OWN[code], file=file, detail=_read_detail(body)))
    reason = _REASONS.get(code) or _reason_of_status(status, headers, body)
    if reason is Reason.NOT_SERVICE and status == 200 and not _is_text(headers, body):
        text = say("s3-not-the-range", file=file, instead=instead)
        return Unavailable(_with_status(text, status, code), reason)
    slot = "s3-elsewhere" if status in REDIRECTS else _SLOTS[reason]
    if code == STILL_MAKING:
        slot = "own-busy"
    text = say(
        slot,
        file=file,
        instead=instead,
        skew=_clock_skew(headers),
        wait=_time_to_wait(headers),
        why=say("why-cut-short"),
    )
    kind = _KINDS.get(reason, BadData)
    return kind(_with_status(text, status, code), reason)


def _read_detail(body: bytes) -> str:
    """The path or the error that an offline CDSE names, in one line."""
    found = re.search(rb"<Detail>([^<]{1,600})", body)
    text = unescape(found[1].decode(errors="replace")) if found else ""
    return "".join(letter for letter in text if letter.isprintable()) or "…"


def _with_status(text: Message, status: int, code: str) -> str:
    told = f"HTTP {status}, {code}" if code in _REASONS else f"HTTP {status}"
    return f"{text} ({told})"


def lost_problem(error: LostError, href: str, store: str = "") -> Problem:
    """The error for a request that did not arrive, or a connection that broke."""
    if error.slot == "why-certificate":
        return BadData(say("s3-certificate"))
    if error.slot == "why-in-the-open":
        return BadData(say("s3-in-the-open"))
    file = file_name(href)
    instead = suggest_offline(store)
    return Unavailable(say("s3-lost", file=file, instead=instead, why=error.why))


def _reason_of_status(status: int, headers: Mapping[str, str], body: bytes) -> Reason:
    if status >= 500:
        return Reason.BUSY
    if _is_text(headers, body) and status not in (206, 408, 429):
        return Reason.NOT_SERVICE  # S3 never answers with a web page
    return _STATUSES.get(status, Reason.NOT_SERVICE)


def _is_text(headers: Mapping[str, str], body: bytes) -> bool:
    return "html" in headers.get("Content-Type", "").lower() or is_page(body)


def _clock_skew(headers: Mapping[str, str]) -> str:
    try:
        theirs = parsedate_to_datetime(headers.get("Date", ""))
        minutes = abs(datetime.now(UTC) - theirs).total_seconds() / 60
    except (TypeError, ValueError, OverflowError):  # no Date, or one that is no date
        return ""
    return say("minutes", minutes=round(minutes))


def _time_to_wait(headers: Mapping[str, str]) -> str:
    seconds = read_retry_after(headers)
    return say("seconds", seconds=round(seconds)) if 0 < seconds < LONGEST_WAIT else say("some-minutes")
