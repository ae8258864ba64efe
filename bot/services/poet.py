"""The asyncio front of the poem network: admission, queue, and many waiting requests in one batch."""

import asyncio
import logging
import secrets
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bot.services.refusals import Busy, NoNetwork, ShuttingDown
from bot.services.weights import NetworkInUse, poem_weights
from bot.services.worker import Worker
from model.errors import CheckpointError, ModelError
from model.forms import Form
from model.prosody import Tone
from model.requests import DRAWN_SEEDS, Poem, PoemRequest
from model.script import script_of

if TYPE_CHECKING:
    from model.generation import Poet

log = logging.getLogger(__name__)

SUGGESTIONS: Final = 5
"""So many characters are named for a place."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A place in a poem that wants another character.

    Attributes:
        line: index of the line.
        place: index of the character in it.
        tone: that it must have; None for either.
        group: the rhyme group that it must be of; None for any.
    """

    line: int
    place: int
    tone: Tone | None = None
    group: str | None = None


@dataclass(slots=True)
class _Waiting:
    request: PoemRequest
    answer: asyncio.Future[Poem]


class PoetService:
    """Writes poems. One batch is in the worker at a time; whoever comes meanwhile waits and goes into the next."""

    def __init__(
        self,
        worker: Worker,
        *,
        network: str,
        folder: Path,
        device: str,
        queue: int,
        batch: int,
        tiers: Sequence[tuple[int, int]] = (),
    ) -> None:
        """Nothing is loaded yet.

        Args:
            worker: whose thread owns the network.
            network: a name in the folder, a path, or "auto".
            folder: of the weights.
            device: where the network runs.
            queue: requests that may wait.
            batch: requests in one batch.
            tiers: pairs (waiting, candidates): where more than so many wait, each has at most so many candidates.
        """
        self._worker = worker
        self._wanted = network
        self._folder = folder
        self._device = device
        self._queue = queue
        self._batch = batch
        self._tiers = tuple(tiers)
        self._waiting: deque[_Waiting] = deque()
        self._drain: asyncio.Task[None] | None = None
        self._closed = False
        # Only the worker's thread touches the network.
        self._poet: Poet | None = None
        self.in_use: NetworkInUse | None = None

    def warm_up(self) -> None:
        """Load the network in the background, so that the first poem does not wait for torch."""
        self._worker.start(self._try_loading)

    def admit(self) -> None:
        """Raises:
        Busy: as many requests wait as may.
        ShuttingDown: the service takes no more.
        """
        if self._closed:
            raise ShuttingDown
        if len(self._waiting) >= self._queue:
            raise Busy

    async def compose(self, request: PoemRequest) -> Poem:
        """A poem; a seed is drawn where none is given, and candidates are left out where many wait.

        What the poem was made with in the end stands in its `request`.

        Raises:
            Busy, ShuttingDown: as admit() does.
            NoNetwork: there are no weights that can be used.
            BadStart: the network cannot begin with these characters.
        """
        self.admit()
        if request.seed is None:
            request = replace(request, seed=secrets.randbelow(DRAWN_SEEDS))
        waiting = _Waiting(request, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._drain is None:
            self._drain = asyncio.create_task(self._answer_waiting(), name="poet-drain")
        return await waiting.answer

    async def suggest(self, lines: Sequence[str], form: Form, gaps: Sequence[Gap]) -> list[tuple[str, ...]]:
        """Characters that would stand well at each of the places, the likeliest first.

        Raises:
            Busy, ShuttingDown: as admit() does.
            NoNetwork: there are no weights that can be used.
        """
        self.admit()
        return await self._worker.run(lambda: self._suggest_each(lines, form, gaps))

    async def close(self) -> None:
        """Take no more, and finish the batch that is in the worker; whoever still waits is told.

        When it is cancelled, whoever is in the batch is told, too.
        """
        self._closed = True
        _refuse(self._waiting)
        self._waiting.clear()
        if self._drain is not None:
            await self._drain

    async def _answer_waiting(self) -> None:
        """Ends when nobody waits: the next request starts it again."""
        try:
            while self._waiting:
                most = self._most_candidates(len(self._waiting))
                batch = [self._waiting.popleft() for _ in range(min(self._batch, len(self._waiting)))]
                batch = [waiting for waiting in batch if not waiting.answer.done()]
                if batch:
                    await self._answer(batch, most)
        finally:
            self._drain = None

    def _most_candidates(self, waiting: int) -> int | None:
        """How many candidates each request may have while so many wait; None for as many as it wants."""
        return min((candidates for more_than, candidates in self._tiers if waiting > more_than), default=None)

    async def _answer(self, batch: Sequence[_Waiting], most: int | None) -> None:
        requests = [
            replace(waiting.request, candidates=min(waiting.request.candidates, most or waiting.request.candidates))
            for waiting in batch
        ]
        try:
            results = await self._worker.run(lambda: self._compose_each(requests))
        except asyncio.CancelledError:
            _refuse(batch)
            raise
        except Exception as error:  # noqa: BLE001 - every one of them hears of it
            results = [error] * len(batch)
        for waiting, result in zip(batch, results, strict=True):
            if waiting.answer.done():
                continue
            if isinstance(result, Exception):
                waiting.answer.set_exception(result)
            else:
                waiting.answer.set_result(result)

    # What follows runs in the worker's thread.

    def _compose_each(self, requests: Sequence[PoemRequest]) -> list[Poem | Exception]:
        """A poem or an error for each. Where a batch fails, each request is tried alone: only the bad one suffers."""
        poet = self._loaded()
        try:
            return list(poet.compose_all(requests))
        except Exception as error:  # noqa: BLE001 - it belongs to whoever waits
            if len(requests) == 1:
                return [error]
            return [result for request in requests for result in self._compose_each([request])]

    def _suggest_each(self, lines: Sequence[str], form: Form, gaps: Sequence[Gap]) -> list[tuple[str, ...]]:
        poet = self._loaded()
        return [
            poet.suggest(lines, form, gap.line, gap.place, tone=gap.tone, group=gap.group, count=SUGGESTIONS)
            for gap in gaps
        ]

    def _loaded(self) -> "Poet":
        """The network. One that could not be loaded is looked for again: the owner may have put it there."""
        if self._poet is None:
            try:
                self._poet = self._load()
            except ModelError as error:
                raise NoNetwork(error) from error
        return self._poet

    def _load(self) -> "Poet":
        *better, last = poem_weights(self._wanted, self._folder)
        for path in better:
            try:
                return self._load_from(path)
            except CheckpointError as error:
                log.warning("passed over: %s", error)
        return self._load_from(last)

    def _load_from(self, path: Path) -> "Poet":
        from model.generation import Poet  # noqa: PLC0415 - torch takes a second, and the event loop does not wait for it

        poet = Poet.load(path, device=self._device)
        self.in_use = NetworkInUse.of(path, poet.weights, "poem")
        log.info("Poem network: %s, weights %s", path.stem, poet.weights)
        return poet

    def _try_loading(self) -> None:
        script_of("月")  # opens the dictionaries of both scripts
        try:
            self._loaded()
        except NoNetwork as refusal:
            log.warning("No poems until this is mended: %s", refusal.values["reason"])
        except Exception:
            log.exception("The poem network could not be loaded")


def _refuse(requests: Iterable[_Waiting]) -> None:
    for waiting in requests:
        if not waiting.answer.done():
            waiting.answer.set_exception(ShuttingDown())
