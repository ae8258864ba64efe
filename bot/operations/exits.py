"""Exit codes; the numbers are those of sysexits.h."""

import os
import sys
import threading
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
    UNWELL = 1, "doctor or health found something that has to be mended"
    UNAVAILABLE = 69, "Discord cannot be reached"
    STORE = 74, "the data folder or its database cannot be used"
    IN_USE = 75, "another bot uses the data folder"
    TOKEN = 77, "Discord does not accept the token"
    SETTINGS = 78, "a setting is wrong, or there is no token"


def leave(code: int, thread_name: str) -> int:
    """The code to exit with; where a thread of that name still computes, the process ends here.

    Native code that comes back to an interpreter in its last throes aborts the process.
    """
    if any(thread.name == thread_name for thread in threading.enumerate()):
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code)
    return code
