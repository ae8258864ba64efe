"""What goes wrong on demand, route by route."""

import asyncio
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from loopback.payloads import Payload


class Refused(Exception):  # noqa: N818 - an answer like any other
    """Discord says no."""

    def __init__(self, status: int, code: int = 0, message: str = "refused", **more: object) -> None:
        super().__init__(message)
        self.status = status
        self.body: Payload = {"code": code, "message": message, **more}
        self.headers: dict[str, str] = {}

    @classmethod
    def too_fast(cls, retry_after: float, *, everywhere: bool = False, scope: str | None = None) -> "Refused":
        """A limit of Discord's own; `scope` is "user", "shared" or "global", where Discord says so."""
        body: Payload = {"retry_after": retry_after, "global": everywhere}
        refused = cls(429, 0, "You are being rate limited.", **body)
        # discord.py takes a 429 for one of Discord's own by the first of these.
        refused.headers = {"Via": "1.1 loopback", "Retry-After": "1"}
        if scope is not None:
            refused.headers["X-RateLimit-Scope"] = scope
        return refused


@dataclass
class Fault:
    """What happens to the next calls that the route fits, instead of an answer.

    Attributes:
        method: of the calls.
        route: pattern of their path.
        refused: the answer; None for a call that is answered after all.
        seconds: to wait before anything is said.
        silent: nothing is said, ever.
        works: the call takes effect all the same; only its answer is lost, to a refusal or to silence.
        times: so many calls; None for all that come.
    """

    method: str
    route: str
    refused: Refused | None = None
    seconds: float = 0.0
    silent: bool = False
    works: bool = False
    times: int | None = 1
    met: int = 0


@dataclass
class Faults:
    """The faults that wait for their call."""

    waiting: list[Fault] = field(default_factory=list)
    _ended: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, fault: Fault) -> Fault:
        self.waiting.append(fault)
        return fault

    def next_for(self, method: str, path: str) -> Fault | None:
        for fault in self.waiting:
            if fault.method == method and fnmatchcase(path, fault.route):
                fault.met += 1
                if fault.met == fault.times:
                    self.waiting.remove(fault)
                return fault
        return None

    async def say_nothing(self) -> None:
        """Until the stand-in ends."""
        await self._ended.wait()

    def end(self) -> None:
        self._ended.set()
