"""Texts that do not show themselves.

pydantic's SecretStr was tried: it pickles the plain key, hides how long a key is, which tells a learner that it was cut
in pasting, and costs 0.13 s of imports that the client has no other use for. So the class is our own.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from cdse_access.messages import say


class Secret:
    """A text that printing, logging, an error and pickling do not show: only `reveal()` gives it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself, to be handed straight to the library that needs it."""
        return self._text

    def __repr__(self) -> str:
        return say("secret", length=len(self._text))

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce_ex__(self, protocol: object) -> tuple[object, ...]:
        raise TypeError(say("secret-stays"))


def seal(values: Mapping[str, str | None]) -> dict[str, Secret]:
    """The same values as secrets: a traceback that shows variables shows none of them. None counts as empty."""
    return {name: Secret(value or "") for name, value in values.items()}


@dataclass(frozen=True)
class Keys:
    """A pair of S3 keys; no way of printing shows them."""

    access: Secret
    secret: Secret

    @classmethod
    def from_texts(cls, access: str, secret: str) -> "Keys":
        """The pair of two plain texts."""
        return cls(Secret(access), Secret(secret))

    def hide_in(self, text: str) -> str:
        """This text without the keys, where a library quotes them."""
        values = [self.access, self.secret]
        for value in sorted(values, key=lambda value: len(value.reveal()), reverse=True):
            if value:  # one key can be a piece of the other: the longer one first
                text = text.replace(value.reveal(), repr(value))
        return text
