"""Which simulation this is: what the cache's folders, the service and its items are told apart by."""

from functools import cache
from hashlib import sha256
from pathlib import Path


@cache
def source_version() -> str:
    """A name for the source of this folder: when it changes, files that were made before are not served any more."""
    digest = sha256()
    for source in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(source.read_bytes())
    return digest.hexdigest()[:16]
