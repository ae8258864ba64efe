"""Many people who ask, and how long each of them waits for what."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from loopback.people import Asked, Channel, Message, Person
from loopback.server import StandIn

_PLACE: Final = "waiting:"


class Said(StrEnum):
    """What a person has been told last."""

    NOTHING = "nothing"
    THINKING = "thinking"
    PLACE = "place"
    PRIVATELY = "privately"
    ANSWER = "answer"


@dataclass
class Wait:
    """Seconds from the question until it was acknowledged, until anything was told (an answer, a refusal, a place in
    the queue), and until the answer or refusal; None while that has not come."""

    asked: Asked
    began: float = field(default_factory=time.perf_counter)
    deferred: float | None = None
    told: float | None = None
    answered: float | None = None
    said: Said = Said.NOTHING

    def look(self) -> None:
        now = time.perf_counter() - self.began
        self.said = said_of(self.asked)
        if self.deferred is None and self.said is not Said.NOTHING:
            self.deferred = now
        if self.told is None and self.said not in {Said.NOTHING, Said.THINKING}:
            self.told = now
        if self.answered is None and self.said in {Said.ANSWER, Said.PRIVATELY}:
            self.answered = now


def said_of(asked: Asked) -> Said:
    if not asked.acknowledged:
        return Said.NOTHING
    message = asked.followups[-1] if asked.followups else asked.original
    if message is None or message.loading or message.gone:
        return Said.THINKING
    if message.ephemeral:
        return Said.PRIVATELY
    return Said.PLACE if _is_place(message) else Said.ANSWER


def _is_place(message: Message) -> bool:
    return any(str(component.get("custom_id", "")).startswith(_PLACE) for component in message.components)


class Crowd:
    """Asks through the stand-in, each time in the next channel, as the next of some people or as somebody new."""

    def __init__(self, stand_in: StandIn, channels: Sequence[Channel], people: Sequence[Person] = ()) -> None:
        self._stand_in = stand_in
        self._people = itertools.cycle(people) if people else iter(lambda: stand_in.person("somebody"), None)
        self._channels = itertools.cycle(channels)
        self._waiting: dict[int, Wait] = {}
        self._changed = asyncio.Event()
        stand_in.heard = self._heard

    def _heard(self, asked: Asked) -> None:
        wait = self._waiting.get(asked.id)
        if wait is None:
            return
        wait.look()
        if wait.answered is not None:
            del self._waiting[asked.id]
            self._changed.set()

    async def ask(self, command: str, **options: Any) -> Wait:
        return await self._send(self._stand_in.typed(next(self._people), next(self._channels), command, **options))

    async def press(self, shown: Asked, ending: str) -> Wait:
        """Somebody presses what stands below an answer."""
        assert shown.original is not None
        data = {"custom_id": shown.original.custom_id(ending), "component_type": 2}
        return await self._send(Asked(next(self._people), shown.channel, 3, data, shown.original))

    async def _send(self, asked: Asked) -> Wait:
        self._waiting[asked.id] = wait = Wait(asked)
        await self._stand_in.ask(asked)
        return wait

    async def at_once(self, count: int, command: str, **options: Any) -> list[Wait]:
        """So many people ask in the same moment."""
        return [await self.ask(command, **options) for _ in range(count)]

    async def steadily(self, seconds: float, a_second: float, ask: Callable[[], Awaitable[Wait]]) -> list[Wait]:
        """One after another at even times, whether the others are answered or not."""
        loop = asyncio.get_running_loop()
        began, waits = loop.time(), []
        for number in range(round(seconds * a_second)):
            await asyncio.sleep(began + number / a_second - loop.time())
            waits.append(await ask())
        return waits

    async def answered(self, patience: float, *, but: int = 0) -> bool:
        """Wait until all are, or all but so many. Returns whether that came within so many seconds."""
        try:
            async with asyncio.timeout(patience):
                while len(self._waiting) > but:
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return False
        return True
