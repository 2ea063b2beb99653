"""An S3 store of images: where it is, with which keys it is asked, and what its images are called in the cache."""

from dataclasses import dataclass, field
from urllib.parse import quote

from cdse_access.secrets import Keys
from cdse_access.slots import Slots


@dataclass(frozen=True)
class Store:
    """What signs and sends ranged requests. Printing shows no key, and pickling is refused, since `Keys` refuses it.

    endpoint: `host` or `host:port`. identity: a name of the store's images for the cache, the same for every service
    that has the same pixels; "" where nothing tells, so that images are kept only until this process ends.
    trial: a name for a while in which the service fails on purpose; what is read then is kept apart, and not longer.
    slots: connections that several processes share; None where this one has them to itself.
    """

    endpoint: str
    https: bool
    keys: Keys
    identity: str
    trial: str = ""
    slots: Slots | None = field(default=None, compare=False)

    @property
    def lasting_identity(self) -> str:
        """The identity under which images may be kept for other processes; "" if they may not."""
        return "" if self.trial else self.identity

    def url(self, href: str) -> str:
        """The address of `s3://bucket/key` in this store."""
        scheme = "https" if self.https else "http"
        return f"{scheme}://{self.endpoint}/{quote(href.removeprefix('s3://'))}"
