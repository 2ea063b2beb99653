"""From an answer of the S3 store, or of what stands in its way, to a reason and its cure.

S3's `<Code>` decides, then the HTTP status, never the wording. No message holds a key or what the server says.
Sources: Amazon S3 API, Error Responses; RFC 9110.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from botocore.exceptions import ProxyConnectionError, SSLError

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
    Reason.BUSY: "SlowDown ServiceUnavailable InternalError TooManyRequests RequestLimitExceeded RequestTimeout Busy",
}
_REASONS = {code: reason for reason, codes in _CODES.items() for code in codes.split()}
_NO_ANSWER = 0
_STATUSES = {
    _NO_ANSWER: Reason.NETWORK,
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


def refusal(status: int, headers: Mapping[str, str], body: bytes, href: str) -> Problem:
    """The error for an answer of no use; status 0 is no answer, 200 and 206 are answers of a wrong form."""
    found = re.search(rb"<Code>(\w{1,64})</Code>", body[:4096])
    code = found[1].decode() if found else ""
    reason = _REASONS.get(code) or _reason_of_status(status, headers, body)
    if reason is Reason.NOT_SERVICE and status == 200 and not _is_text(headers, body):
        return Unavailable(_with_status(say("s3-not-the-range", file=file_name(href)), status, code), reason)
    text = say(_SLOTS[reason], file=file_name(href), skew=_clock_skew(headers), wait=_time_to_wait(headers))
    kind = _KINDS.get(reason, BadData)
    return kind(_with_status(text, status, code), reason)


def _with_status(text: Message, status: int, code: str) -> str:
    if status == _NO_ANSWER:
        return text
    told = f"HTTP {status}, {code}" if code in _REASONS else f"HTTP {status}"
    return f"{text} ({told})"


def lost_problem(error: Exception, href: str) -> Problem:
    """The error for a request that did not arrive, or a connection that broke."""
    if isinstance(error, SSLError):
        reason = tls_reason(error)
        if reason is Reason.CERTIFICATE:
            return BadData(say("s3-certificate"))
        if reason is Reason.NOT_SERVICE:
            return BadData(say("s3-in-the-open"))
    if isinstance(error, ProxyConnectionError):
        return Unavailable(say("s3-proxy"))
    return refusal(_NO_ANSWER, {}, b"", href)


def tls_reason(error: Exception) -> Reason:
    """Why TLS failed: the certificate, an answer in the open, or a connection that broke (OpenSSL's words)."""
    if re.search(r"EOF occurred|UNEXPECTED_EOF", str(error)):
        return Reason.NETWORK
    plain = re.search(r"wrong.version.number|record.layer.failure|http.request", str(error), re.IGNORECASE)
    return Reason.NOT_SERVICE if plain else Reason.CERTIFICATE


def _reason_of_status(status: int, headers: Mapping[str, str], body: bytes) -> Reason:
    if status >= 500:
        return Reason.BUSY
    if _is_text(headers, body) and status not in (_NO_ANSWER, 206, 408, 429):
        return Reason.NOT_SERVICE  # S3 never answers with a web page
    return _STATUSES.get(status, Reason.NOT_SERVICE)


def _is_text(headers: Mapping[str, str], body: bytes) -> bool:
    return "html" in headers.get("Content-Type", "").lower() or is_page(body)


def _clock_skew(headers: Mapping[str, str]) -> str:
    try:
        theirs = parsedate_to_datetime(headers.get("Date", ""))
        minutes = abs(datetime.now(UTC) - theirs).total_seconds() / 60
    except (TypeError, ValueError):  # no Date, or one that is no date
        return ""
    return say("minutes", minutes=round(minutes))


def _time_to_wait(headers: Mapping[str, str]) -> str:
    seconds = headers.get("Retry-After", "")
    if re.fullmatch(r"\d{1,6}", seconds):
        return say("seconds", seconds=seconds)
    return say("some-minutes")
