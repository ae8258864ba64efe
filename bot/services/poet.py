"""The asyncio front of the poem network: many waiting requests in one batch."""

import asyncio
import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bot.services.loading import LoadedPoet, PoetLoader
from bot.services.queue import OWN, Desk, Room, Ticket, close
from bot.services.refusals import NoNetwork
from bot.services.weights import NetworkInUse
from bot.services.worker import Worker
from model.errors import ModelError
from model.forms import Form
from model.prosody import Tone
from model.requests import DRAWN_SEEDS, Poem, PoemRequest
from model.script import script_of

if TYPE_CHECKING:
    from model.generation import Poet

log = logging.getLogger(__name__)

SUGGESTIONS: Final = 5
"""So many characters are named for a place."""

MENDED_AT_ONCE: Final = 8
"""Mendings in one batch: those who wait for poems take turns with it."""


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


@dataclass(frozen=True, slots=True)
class Mending:
    """A poem, and the places in it for which characters are wanted."""

    lines: Sequence[str]
    form: Form
    gaps: Sequence[Gap]


PoemTicket = Ticket[PoemRequest, Poem]
Suggestions = list[tuple[str, ...]]


class PoetService:
    """Writes poems, and says what would stand well in one.

    One batch of each is in the worker at a time; whoever comes meanwhile waits and goes into the next.
    """

    def __init__(
        self,
        worker: Worker,
        *,
        network: str,
        folder: Path,
        device: str,
        room: Room,
        batch: int,
        tiers: Sequence[tuple[int, int]] = (),
    ) -> None:
        """Nothing is loaded yet.

        Args:
            worker: whose thread owns the network.
            network: a name in the folder, a path, or "auto".
            folder: of the weights.
            device: where the network runs.
            room: for those who wait.
            batch: requests in one batch.
            tiers: pairs (waiting, candidates): where more than so many wait, each has at most so many candidates.
        """
        self._worker = worker
        self._loader = PoetLoader(network, folder, device)
        self._chosen: Path | None = None
        self._tiers = tuple(tiers)
        self._poems = Desk(self._compose, name="poems", room=room, batch=batch)
        self._mends = Desk(self._suggest, name="mends", room=room, batch=MENDED_AT_ONCE)
        self._warming: asyncio.Future[object] | None = None
        # Only the worker's thread touches the network.
        self._poet: Poet | None = None
        self.in_use: NetworkInUse | None = None

    @property
    def desks(self) -> Sequence[Desk[Any, Any]]:
        """Where people wait for this service."""
        return self._poems, self._mends

    def choose(self, path: Path | None) -> None:
        """Load these weights in place of those that the settings say; before anything is loaded."""
        self._chosen = path

    async def try_out(self, path: Path) -> None:
        """Load weights and have a poem begun, beside the worker, and leave all as it is.

        Raises:
            NoNetwork: they cannot be used.
        """
        await self._tried(path)

    async def compose_apart(self, path: Path, requests: Sequence[PoemRequest]) -> list[Poem]:
        """Poems by other weights, written beside the worker.

        Raises:
            NoNetwork: they cannot be used.
        """
        loaded = await self._tried(path)
        return await asyncio.to_thread(loaded.poet.compose_all, requests)

    async def swap(self, path: Path | None) -> None:
        """Write with other weights from the next batch on; what is in the worker is finished with the old ones.

        They are loaded, and tried on one start, beside the worker: nobody waits for that.

        Args:
            path: which; None for those that the settings say.

        Raises:
            NoNetwork: they cannot be used. The old ones stay.
        """
        loaded = await self._tried(path)
        await self._worker.run(lambda: self._switch(path, loaded))

    async def _tried(self, path: Path | None) -> LoadedPoet:
        try:
            return await asyncio.to_thread(self._loader.try_out, path)
        except ModelError as error:
            raise NoNetwork(error) from error

    def warm_up(self) -> None:
        """Load the network in the background, so that the first poem does not wait for it."""
        self._warming = self._worker.prepare(self._try_loading)

    async def ready(self) -> None:
        """Wait until what is to be loaded at the start is loaded, if it can be; later on that is at once."""
        if self._warming is not None:
            await asyncio.shield(self._warming)

    def admit(self, server: int = OWN) -> None:
        """Raises:
        Busy, ServerBusy: as many requests wait as may.
        ShuttingDown: the service takes no more.
        """
        self._poems.admit(server)

    def enter(self, request: PoemRequest, server: int = OWN) -> PoemTicket:
        """Have a poem written; a seed is drawn where none is given, and candidates are left out where many wait.

        What the poem was made with in the end stands in its `request`. The ticket's answer may be an error:
        NoNetwork where there are no weights that can be used, BadStart where the network cannot begin so, GivenUp,
        ShuttingDown.

        Raises:
            Busy, ServerBusy, ShuttingDown: as admit() does.
        """
        if request.seed is None:
            request = replace(request, seed=secrets.randbelow(DRAWN_SEEDS))
        return self._poems.enter(server, request)

    async def compose(self, request: PoemRequest, server: int = OWN) -> Poem:
        """The poem, where nobody wants to know the place or to give it up.

        Raises:
            Busy, ServerBusy, ShuttingDown: as admit() does.
            NoNetwork, BadStart: as enter() says.
        """
        return await self.enter(request, server).answer

    async def suggest(self, lines: Sequence[str], form: Form, gaps: Sequence[Gap], server: int = OWN) -> Suggestions:
        """Characters that would stand well at each of the places, the likeliest first.

        Raises:
            Busy, ServerBusy, ShuttingDown: as admit() does.
            NoNetwork: there are no weights that can be used.
        """
        return await self._mends.enter(server, Mending(lines, form, gaps)).answer

    async def close(self) -> None:
        """Take no more, and finish the batches that are in the worker; whoever still waits is told.

        When it is cancelled, whoever is in a batch is told, too.
        """
        await close(self._poems, self._mends)

    async def _compose(self, requests: Sequence[PoemRequest], waiting: int) -> Sequence[Poem | Exception]:
        most = self._most_candidates(waiting)
        requests = [
            replace(request, candidates=min(request.candidates, most or request.candidates)) for request in requests
        ]
        return await self._worker.run(lambda: self._compose_each(requests))

    async def _suggest(self, mendings: Sequence[Mending], _waiting: int) -> Sequence[Suggestions | Exception]:
        return await self._worker.run(lambda: self._suggest_each(mendings))

    def _most_candidates(self, waiting: int) -> int | None:
        """How many candidates each request may have while so many wait; None for as many as it wants."""
        return min((candidates for more_than, candidates in self._tiers if waiting > more_than), default=None)

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

    def _suggest_each(self, mendings: Sequence[Mending]) -> list[Suggestions | Exception]:
        poet = self._loaded()
        return [_suggest_all(poet, mending) for mending in mendings]

    def _loaded(self) -> "Poet":
        """The network. One that could not be loaded is looked for again: the owner may have put it there."""
        if self._poet is None:
            try:
                self._poet = self._load()
            except ModelError as error:
                raise NoNetwork(error) from error
        return self._poet

    def _load(self) -> "Poet":
        loaded = self._loader.load(self._chosen)
        self.in_use = loaded.about
        return loaded.poet

    def _switch(self, path: Path | None, loaded: LoadedPoet) -> None:
        self._chosen, self._poet, self.in_use = path, loaded.poet, loaded.about

    def _try_loading(self) -> None:
        script_of("月")  # opens the dictionaries of both scripts
        try:
            self._loaded().open_tables()
        except NoNetwork as refusal:
            log.warning("No poems until this is mended: %s", refusal.values["reason"])
        except Exception:
            log.exception("The poem network could not be loaded")


def _suggest_all(poet: "Poet", mending: Mending) -> Suggestions | Exception:
    try:
        return [
            poet.suggest(
                mending.lines, mending.form, gap.line, gap.place, tone=gap.tone, group=gap.group, count=SUGGESTIONS
            )
            for gap in mending.gaps
        ]
    except Exception as error:  # noqa: BLE001 - it belongs to whoever waits
        return error
