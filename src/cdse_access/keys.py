"""S3 keys: where they are looked for and in which order, what is mended, what is refused. No message shows a key.

Each place either has the keys, or is not ready (the next one is tried), or has them broken (it ends, with the cure).
Keys that the service refuses end it, too: no others are tried quietly. An AWS profile is never read: it may be for
something else.

A key goes only to whom it is meant for: those that stand beside an address to that address, those that stand beside
none, in a keyring or under somebody's fingers to CDSE, and `AWS_…` to the store that `AWS_S3_ENDPOINT` names.
"""

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from getpass import getpass

from cdse_access import env_file
from cdse_access.addresses import LIVE_S3, is_same_store, name_store
from cdse_access.addresses import NAMES as ADDRESSES
from cdse_access.env_file import PAIR
from cdse_access.hosts import is_loopback
from cdse_access.messages import say
from cdse_access.problems import BadInput, Message, refuse
from cdse_access.secrets import Keys, Secret, seal
from cdse_access.telling import is_terminal
from cdse_access.variables import BLANKS, QUOTES, strip_value

KEY_MANAGER = "https://eodata-s3keysmanager.dataspace.copernicus.eu/"
AWS_PAIR = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
AWS_ENDPOINT = "AWS_S3_ENDPOINT"
KEYRING = "cdse"  # the service's name in a keyring; the user's name is the variable's
ACCESS_KEYS_ARE_SHORTER = 32  # characters: S3's access keys have about 20, secret keys 40

_OF_ARCHIVES = re.compile(r"[A-Z0-9]{20}")  # an access key as CDSE, Amazon, Ceph and MinIO make them
SECRETS_OF_ARCHIVES = 40  # characters
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
    """What the places are searched with: the user's variables, and the store that is about to be read.

    store: None where nobody has named one: then it is the one beside the keys, else CDSE's.
    """

    variables: Held
    store: str | None = None

    def is_for(self, named: str) -> bool:
        """Are keys that stand beside this address, "" if beside none, meant for the store?"""
        return self.store is None or is_same_store(named or LIVE_S3, self.store)

    @property
    def is_for_cdse(self) -> bool:
        """Is the store CDSE's, for which keys are meant that stand alone?"""
        return self.is_for("")

    @property
    def is_for_aws(self) -> bool:
        """Is it the store that the variables `AWS_…` name? Without an endpoint they are for Amazon's."""
        named = _reveal(self.variables, AWS_ENDPOINT)
        return bool(named) and is_same_store(named, self.store or LIVE_S3)


# -- where -----------------------------------------------------------------------


def find_keys(
    variables: Held,
    strategy: str | None = None,
    *,
    ask: bool = False,
    store: str | None = None,
    typed: Found | None = None,
) -> Found | None:
    """The first keys in the order of `STRATEGIES` that are meant for this store; None where no place has any.

    strategy: the one place to look. ask: the user may be asked. store: see KeySearch. typed: keys that the user has
    typed before, used instead of asking when `ask` is false. BadInput where the strategy is unknown or the keys cannot
    be right.
    """
    if strategy not in (None, *STRATEGIES):
        raise BadInput(say("strategy-unknown", strategy=strategy, known=list_strategies()))
    search = KeySearch(variables, store)
    for name, find in STRATEGIES.items():
        if strategy not in (None, name):
            continue
        if name in FOR_CDSE_ONLY and not search.is_for_cdse:
            continue
        may_ask = ask or strategy == "prompt"
        found = typed if name == "prompt" and not may_ask else find(search)
        if found:
            return found
    return None


def _find_in_environment(search: KeySearch) -> Found | None:
    found = None
    if search.is_for(name_store(_reveal_addresses(search.variables))):
        found = check_keys(search.variables, PAIR, say("source-variable", name=PAIR[0]))
    if found is None and search.is_for_aws:
        found = check_keys(search.variables, AWS_PAIR, say("source-variable", name=AWS_PAIR[0]))
    return found


def _find_in_file(search: KeySearch) -> Found | None:
    path = env_file.find_file()
    if path is None:
        return None
    held = env_file.read_file(path)
    addresses = _reveal_addresses(held)
    if not search.is_for(name_store(addresses)):
        return None
    found = check_keys(held, PAIR, say("source-file"))
    if found is None and addresses:
        raise BadInput(say("file-lacks-keys", address=min(addresses), access=PAIR[0], secret=PAIR[1]))
    if found is None:
        return None
    env_file.refuse_if_tracked(path)
    notes = (say("env-file-public"),) if env_file.is_public(path) else ()
    return Found(found.keys, found.source, addresses, found.mended, notes)


def _find_in_keyring(search: KeySearch) -> Found | None:
    try:
        import keyring  # the course does not ask for it

        values = {name: keyring.get_password(KEYRING, name) for name in PAIR}
    except Exception:  # noqa: BLE001 - this machine has none, it is locked, or its backend fails in its own way
        return None
    held = seal({name: value for name, value in values.items() if isinstance(value, str)})
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
FOR_CDSE_ONLY = ("keyring", "prompt")


def list_strategies() -> str:
    """The names of the places, as a message shows them."""
    return ", ".join(map(repr, STRATEGIES))


def _reveal(held: Held, name: str) -> str:
    return strip_value(held.get(name, Secret("")).reveal())


def _reveal_addresses(held: Held) -> dict[str, str]:
    """The addresses among these variables."""
    found = {name: _reveal(held, name) for name in ADDRESSES}
    return {name: value for name, value in found.items() if value}


def read_file_addresses() -> dict[str, str]:
    """The addresses that stand in `.env`, if there is one."""
    path = env_file.find_file()
    return _reveal_addresses(env_file.read_file(path)) if path else {}


def missing_keys(variables: Held, store: str | None = None) -> BadInput:
    """The error where keys are needed and no place has any that are meant for the store, and which were passed over."""
    search = KeySearch(variables, store)
    slot = "keys-missing" if search.is_for_cdse else "keys-missing-beside"
    lines = [say(slot, manager=KEY_MANAGER, access=PAIR[0], secret=PAIR[1], store=store, place=ADDRESSES[1])]
    return BadInput("\n".join([*lines, *_list_passed_over(search)]), lines[0].reason)


def _list_passed_over(search: KeySearch) -> Iterator[str]:
    """Keys that are there and not meant for this store."""
    store = search.store or LIVE_S3
    beside = name_store(_reveal_addresses(search.variables))
    if _reveal(search.variables, PAIR[0]) and not search.is_for(beside):
        yield say("keys-for-another", name=PAIR[0], beside=beside or LIVE_S3, store=store)
    if _reveal(search.variables, AWS_PAIR[0]) and not search.is_for_aws:
        yield say("keys-of-aws", name=AWS_PAIR[0], endpoint=AWS_ENDPOINT, store=store)


def _someone_answers() -> bool:
    """Is there somebody to ask: a terminal, or a kernel (where nobody is, its `getpass` fails at once)?"""
    if "PYTEST_CURRENT_TEST" in os.environ:
        return False
    if "IPython" in sys.modules:
        shell = sys.modules["IPython"].get_ipython()
        if hasattr(shell, "kernel"):
            return True
    return is_terminal(sys.stdin)


# -- what is mended and refused ----------------------------------------------------


def check_keys(held: Held, names: tuple[str, str], source: str) -> Found | None:
    """The keys under these two names, mended and checked; None where both are empty. BadInput with all faults."""
    mended = [mend(name, held.get(name, Secret(""))) for name in names]
    keys = Keys(*(value for value, _ in mended))
    if not (keys.access or keys.secret):
        return None
    refuse(_find_faults(names, keys))
    notes = tuple(note for _, note in mended if note)
    return Found(keys, source, mended=notes)


def mend(name: str, value: Secret) -> tuple[Secret, str]:
    """The value without blanks and quotation marks around it, and what is said of that ("" if there were none)."""
    text = value.reveal()
    core = strip_value(text)
    before, _, after = text.partition(core) if core else ("", "", "")
    what = list(_kinds_of_ends(before + after))
    if not what:
        return Secret(core), ""
    return Secret(core), say("mended-key", what=say("and").join(what), name=name)


def _kinds_of_ends(ends: str) -> Iterator[str]:
    if set(ends) & set(BLANKS):
        yield say("mended-blanks")
    if set(ends) & set(QUOTES):
        yield say("mended-quotes")


def _find_faults(names: tuple[str, str], keys: Keys) -> Iterator[Message]:
    faults = False
    for name, value in zip(names, (keys.access, keys.secret), strict=True):
        if slot := _find_fault(value):
            faults = True
            yield say(slot, name=name, missing=name, manager=KEY_MANAGER, access=names[0], secret=names[1])
    if not faults:
        yield from _find_faults_of_pair(names, keys)


def _find_fault(value: Secret) -> str:
    """The slot of what is wrong, "" where nothing is seen."""
    text = value.reveal()
    if not text:
        return "keys-half"
    if _SAMPLES.fullmatch(text):
        return "key-sample"
    if set(text) & set(BLANKS):
        return "key-blank-inside"
    if not (text.isascii() and text.isprintable()):
        return "key-strange-letters"
    return ""


def _find_faults_of_pair(names: tuple[str, str], keys: Keys) -> Iterator[Message]:
    """The two are one, or have changed places."""
    if keys.access == keys.secret:
        yield say("keys-same", access=names[0], secret=names[1])
    first, second = len(keys.access.reveal()), len(keys.secret.reveal())
    if first >= ACCESS_KEYS_ARE_SHORTER > second:
        yield say("keys-swapped", access=names[0], secret=names[1], first=first, second=second)


# -- the way -------------------------------------------------------------------------


def refuse_in_the_open(store: str, keys: Keys, *, https: bool) -> None:
    """BadInput where keys that look like an archive's, such as CDSE's, would leave this machine without encryption.

    A class's service makes others: they begin with `OFFLINE`, or the teacher has thought them out.
    """
    access, secret = keys.access.reveal(), keys.secret.reveal()
    is_archives = _OF_ARCHIVES.fullmatch(access) and len(secret) == SECRETS_OF_ARCHIVES
    if is_archives and not (https or is_loopback(store)):
        raise BadInput(say("keys-in-the-open", store=store))
