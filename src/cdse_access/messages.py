"""All that the client says to learners, in Vietnamese: by reason, then by slot, slots in alphabetical order."""

from cdse_access.problems import Messages, Reason

VIETNAMESE: dict[Reason | None, dict[str, str]] = {
    None: {},
    Reason.INPUT: {},
    Reason.KEYS: {},
    Reason.KEY_UNKNOWN: {},
    Reason.SECRET_WRONG: {},
    Reason.CLOCK: {},
    Reason.FORBIDDEN: {},
    Reason.MISSING: {},
    Reason.BUSY: {},
    Reason.NETWORK: {},
    Reason.CERTIFICATE: {},
    Reason.NOT_SERVICE: {},
    Reason.CHANGED: {},
    Reason.BROKEN: {},
    Reason.EMPTY: {},
    Reason.DISK: {
        "cannot-write": "Không ghi được {path} ({why}): hãy dọn đĩa rồi chạy lại.",
    },
}

say = Messages(VIETNAMESE)
