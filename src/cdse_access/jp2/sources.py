"""What a JPEG 2000 file is read from, piece by piece."""

from typing import Protocol


class Source(Protocol):
    """A file of which pieces can be asked for. `size` is None until the first answer tells it."""

    href: str
    name: str
    size: int | None

    def read(self, start: int, end: int, ahead: int = 0) -> bytes:
        """The bytes [start, end), cut at the end of the file; `ahead` more may be fetched at once."""

    def forget(self) -> None:
        """Free the memory of what was read; it can be read again."""


class InMemory:
    """A file whose bytes are here."""

    def __init__(self, name: str, data: bytes) -> None:
        self.href = self.name = name
        self.data = data
        self.size: int | None = len(data)

    def read(self, start: int, end: int, ahead: int = 0) -> bytes:
        """The bytes [start, end), cut at the end of the file."""
        return self.data[start:end]

    def forget(self) -> None:
        """Nothing: the bytes stay."""
