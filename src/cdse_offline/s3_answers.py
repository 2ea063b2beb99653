"""What the store and the practised faults share: S3's answers that are errors, and what a fault orders of the store."""

from datetime import timedelta
from typing import Any, TypedDict
from xml.sax.saxutils import escape

from starlette.responses import Response
from starlette.types import Scope

BUCKET = "eodata"
_EXTENSION = "cdse_offline.fault"  # of the request's scope, as ASGI names them


class S3Error(Exception):
    """An answer of S3 that is an error."""

    def __init__(self, status: int, code: str, message: str, detail: str = "", wait: int = 0) -> None:
        super().__init__(message)
        self.status = status
        self.wait = wait  # seconds after which to ask again
        self.code = code
        self.detail = detail

    def build_response(self, path: str) -> Response:
        detail = f"<Detail>{escape(self.detail)}</Detail>" if self.detail else ""
        body = (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f"<Error><Code>{self.code}</Code>{detail}<Message>{escape(str(self))}</Message>"
            f"<Resource>{escape(path)}</Resource></Error>"
        )
        headers = {"Retry-After": str(self.wait)} if self.wait else None
        return Response(body.encode(errors="backslashreplace"), self.status, headers, media_type="application/xml")


class Order(TypedDict, total=False):
    """What a practised fault orders of the store, which obeys once it has checked the signature."""

    key: str  # another object
    whole: bool  # the whole object, whatever range was asked for
    ahead: timedelta  # how much the store's clock is fast


def add_order(scope: Scope, order: Order) -> Scope:
    """The request's scope with this order, besides those of other faults."""
    extensions: dict[str, Any] = scope.get("extensions", {})
    orders = read_order(scope) | order
    return {**scope, "extensions": {**extensions, _EXTENSION: orders}}


def read_order(scope: Scope) -> Order:
    order: Order = scope.get("extensions", {}).get(_EXTENSION, {})
    return order


def is_s3_path(path: str) -> bool:
    return path == f"/{BUCKET}" or path.startswith(f"/{BUCKET}/")
