"""S3 keys: where they are looked for and in which order, what is mended, what is refused. No message shows a key.

Each place either has the keys, or is not ready (the next one is tried), or has them broken (it ends, with the cure).
Keys that the service refuses end it, too: no others are tried quietly. An AWS profile is never read: it may be for
something else.
"""

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from getpass import getpass

from cdse_access import env_file
from cdse_access.addresses import LIVE_S3, bare_host
from cdse_access.addresses import NAMES as ADDRESSES
from cdse_access.env_file import PAIR
from cdse_access.messages import say
from cdse_access.problems import BadInput
from cdse_access.secrets import Keys, Secret

KEY_MANAGER = "https://eodata-s3keysmanager.dataspace.copernicus.eu/"
AWS_PAIR = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
AWS_ENDPOINT = "AWS_S3_ENDPOINT"
KEYRING = "cdse"  # the service's name in a keyring; the user's name is the variable's
ACCESS_KEYS_ARE_SHORTER = 32  # characters: S3's access keys have about 20, secret keys 40

_QUOTES = "\"'`“”‘’"
_BLANKS = " \t\r\n\v\f\xa0\u200b\u200c\u200d\u2060\ufeff"
_SAMPLES = re.compile(
    r"[<\[{].*[>\]}]|\$\{?\w+\}?|%\w+%|x{3,}|\*{3,}|\.{3,}|none|null|undefined|todo|(my|access|secret)[-_ ]?key|"
    r"(cdse|aws)_\w+|.*(\b|_)your(\b|_).*|.*change[-_]?me.*|.*example.*|.*placeholder.*|.*(của|cua)[-_ ]?(bạn|ban)\b.*",
    re.IGNORECASE | re.DOTALL,
)
Held = Mapping[str, Secret]


@dataclass(frozen=True)
class Found:
    """Keys, where they were found, the addresses beside them (`.env` only), and what the user should be told."""

    keys: Keys
    source: str
    addresses: Mapping[str, str] = field(default_factory=dict)
    mended: tuple[str, ...] = field(default=(), compare=False)
    notes: tuple[str, ...] = field(default=(), compare=False)

    @property
    def is_typed(self) -> bool:
        return self.source == say("source-typed")


@dataclass(frozen=True)
class KeySearch:
    """What the places are searched with: the user's variables, and the store that is about to be read."""

    variables: Held
    endpoint: str


# -- where -----------------------------------------------------------------------


def find_keys(
    variables: Held,
    strategy: str | None = None,
    *,
    ask: bool = False,
    endpoint: str = LIVE_S3,
    typed: Found | None = None,
) -> Found | None:
    """The first keys in the order of `STRATEGIES`; None where no place has any.

    strategy: the one place to look. ask: the user may be asked. endpoint: the store that is about to be read; `AWS_…`
    that are set for another one are not used. typed: keys that the user has typed before, used instead of asking when
    `ask` is false. BadInput where the strategy is unknown or the keys cannot be right.
    """
    if strategy not in (None, *STRATEGIES):
        known = ", ".join(map(repr, STRATEGIES))
        raise BadInput(say("strategy-unknown", strategy=strategy, known=known))
    search = KeySearch(variables, endpoint)
    for name, find in STRATEGIES.items():
        if strategy not in (None, name):
            continue
        may_ask = ask or strategy == "prompt"
        found = typed if name == "prompt" and not may_ask else find(search)
        if found:
            return found
    return None


def _find_in_environment(search: KeySearch) -> Found | None:
    held = search.variables
    found = check_keys(held, PAIR, say("source-variable", name=PAIR[0]))
    if found is None and _aws_is_meant(search):
        found = check_keys(held, AWS_PAIR, say("source-variable", name=AWS_PAIR[0]))
    return found


def _aws_is_meant(search: KeySearch) -> bool:
    """`AWS_…` with an endpoint of another store are for that one."""
    store = search.variables.get(AWS_ENDPOINT)
    return not store or bare_host(store.reveal()) in (search.endpoint, LIVE_S3)


def _find_in_file(search: KeySearch) -> Found | None:
    path = env_file.find_file()
    if path is None:
        return None
    held = env_file.read_file(path)
    found = check_keys(held, PAIR, say("source-file"))
    addresses = {name: held[name].reveal() for name in ADDRESSES if held.get(name)}
    if found is None and addresses:
        raise BadInput(say("file-lacks-keys", address=min(addresses), access=PAIR[0], secret=PAIR[1]))
    if found is None:
        return None
    env_file.refuse_if_tracked(path)
    notes = (say("env-file-public"),) if env_file.is_public(path) else ()
    return Found(found.keys, found.source, addresses, found.mended, notes)


def _find_in_keyring(search: KeySearch) -> Found | None:
    try:
        import keyring
        import keyring.errors
    except ImportError:  # the course does not ask for it
        return None
    try:
        held = {name: Secret(keyring.get_password(KEYRING, name) or "") for name in PAIR}
    except keyring.errors.KeyringError:  # this machine has none, or it is locked
        return None
    return check_keys(held, PAIR, "keyring")


def _ask_for_keys(search: KeySearch) -> Found | None:
    if not _someone_answers():
        return None
    try:
        held = {name: Secret(getpass(say("key-question", name=name))) for name in PAIR}
    except (EOFError, NotImplementedError):  # a kernel with nobody in front of it
        return None
    return check_keys(held, PAIR, say("source-typed"))


STRATEGIES: dict[str, Callable[[KeySearch], Found | None]] = {
    "environment": _find_in_environment,
    ".env": _find_in_file,
    "keyring": _find_in_keyring,
    "prompt": _ask_for_keys,
}


def missing_keys() -> BadInput:
    """The error where keys are needed and no place has any."""
    return BadInput(say("keys-missing", manager=KEY_MANAGER, access=PAIR[0], secret=PAIR[1]))


def _someone_answers() -> bool:
    """Is there somebody to ask: a terminal, or a kernel (where nobody is, its `getpass` fails at once)?"""
    if "PYTEST_CURRENT_TEST" in os.environ:
        return False
    if "IPython" in sys.modules:
        shell = sys.modules["IPython"].get_ipython()
        if hasattr(shell, "kernel"):
            return True
    return bool(sys.stdin and sys.stdin.isatty())


# -- what is mended and refused ----------------------------------------------------


def check_keys(held: Held, names: tuple[str, str], source: str) -> Found | None:
    """The keys under these two names, mended and checked; None where both are empty. BadInput where they are wrong."""
    mended = [mend(name, held.get(name, Secret(""))) for name in names]
    access, secret = (value for value, _ in mended)
    if not (access or secret):
        return None
    for name, value in zip(names, (access, secret), strict=True):
        if not value:
            raise BadInput(say("keys-half", missing=name, access=names[0], secret=names[1]))
        _check_key(name, value)
    _check_pair(names, access, secret)
    notes = tuple(note for _, note in mended if note)
    return Found(Keys(access, secret), source, mended=notes)


def mend(name: str, value: Secret) -> tuple[Secret, str]:
    """The value without blanks and quotation marks around it, and what is said of that ("" if there were none)."""
    text = value.reveal()
    core = text.strip(_BLANKS + _QUOTES)
    before, _, after = text.partition(core) if core else ("", "", "")
    what = list(_kinds_of_ends(before + after))
    if not what:
        return Secret(core), ""
    return Secret(core), say("mended-key", what=say("and").join(what), name=name)


def _kinds_of_ends(ends: str) -> Iterator[str]:
    if set(ends) & set(_BLANKS):
        yield say("mended-blanks")
    if set(ends) & set(_QUOTES):
        yield say("mended-quotes")


def _check_key(name: str, value: Secret) -> None:
    """BadInput where this cannot be a key."""
    slot = _find_fault(value)
    if slot:
        raise BadInput(say(slot, name=name, manager=KEY_MANAGER))


def _find_fault(value: Secret) -> str:
    """The slot of what is wrong, "" where nothing is seen."""
    text = value.reveal()
    if _SAMPLES.fullmatch(text):
        return "key-sample"
    if set(text) & set(_BLANKS):
        return "key-blank-inside"
    if not (text.isascii() and text.isprintable()):
        return "key-strange-letters"
    return ""


def _check_pair(names: tuple[str, str], access: Secret, secret: Secret) -> None:
    """BadInput where the two are one, or have changed places."""
    if access == secret:
        raise BadInput(say("keys-same", access=names[0], secret=names[1]))
    first, second = len(access.reveal()), len(secret.reveal())
    if first >= ACCESS_KEYS_ARE_SHORTER > second:
        raise BadInput(say("keys-swapped", access=names[0], secret=names[1], first=first, second=second))
