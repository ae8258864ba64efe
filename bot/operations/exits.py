"""Exit codes; the numbers are those of sysexits.h."""

from enum import IntEnum
from typing import Self


class Exit(IntEnum):
    """How the process ended."""

    meaning: str

    def __new__(cls, code: int, meaning: str) -> Self:
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member

    OK = 0, "stopped in good order"
    UNAVAILABLE = 69, "Discord cannot be reached"
    STORE = 74, "the data folder or its database cannot be used"
    IN_USE = 75, "another bot uses the data folder"
    TOKEN = 77, "Discord does not accept the token"
    SETTINGS = 78, "a setting is wrong, or there is no token"
