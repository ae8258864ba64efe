"""Three networks of one size that write from the same start: poems to be compared without knowing whose they are."""

import math
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from bot.services.compared import COMPARED_CELLS, ComparedNetworks
from bot.services.moderation import WordList
from bot.services.queue import Desk, Room, Ticket, close
from bot.services.refusals import NoNetwork
from bot.services.worker import Worker
from model.errors import CheckpointError
from model.forms import Form
from model.insight.facts import measured
from model.recipes import Cell
from model.requests import DRAWN_SEEDS, Poem, PoemRequest

if TYPE_CHECKING:
    from model.generation import Poet

CONTESTS_AT_ONCE: Final = 4
"""Contests in one batch: those who wait for poems take turns with it."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one of the networks wrote."""

    cell: Cell
    poem: Poem
    size: int
    perplexity: float


ContestTicket = Ticket[PoemRequest, Sequence[Attempt]]


class ContestService:
    """Lets the three write, each alone: one draw with one seed, and no help with tones and rhyme."""

    def __init__(self, worker: Worker, networks: ComparedNetworks, *, room: Room) -> None:
        self._worker = worker
        self._networks = networks
        self._desk: Desk[PoemRequest, Sequence[Attempt]] = Desk(
            self._compare, name="contests", room=room, batch=CONTESTS_AT_ONCE
        )

    @property
    def desks(self) -> Sequence[Desk[Any, Any]]:
        """Where people wait for this service."""
        return (self._desk,)

    def admit(self, server: int) -> None:
        """Raises:
        Busy, ServerBusy: as many requests wait as may.
        ShuttingDown: the service takes no more.
        """
        self._desk.admit(server)

    def enter(self, request: PoemRequest, server: int) -> ContestTicket:
        """Have the three write.

        The ticket's answer may be an error: NoNetwork where weights of one of them are missing, BadStart where one
        cannot begin so, GivenUp, ShuttingDown.

        Raises:
            Busy, ServerBusy, ShuttingDown: as admit() does.
        """
        return self._desk.enter(server, request)

    async def close(self) -> None:
        """Take no more, and finish what is in the worker; whoever still waits is told."""
        await close(self._desk)

    async def _compare(self, requests: Sequence[PoemRequest], _waiting: int) -> Sequence[Sequence[Attempt] | Exception]:
        return await self._worker.run(lambda: [self._attempts(request) for request in requests])

    # What follows runs in the worker's thread.

    def _attempts(self, request: PoemRequest) -> Sequence[Attempt] | Exception:
        try:
            poets = {cell: self._networks.poet(cell) for cell in COMPARED_CELLS}
            foretelling = perplexities(poets)
            return [
                Attempt(cell, poet.compose_all([request])[0], poet.configuration.size, foretelling[cell])
                for cell, poet in poets.items()
            ]
        except Exception as error:  # noqa: BLE001 - it belongs to whoever waits
            return error


def wish_for_all(request: PoemRequest) -> PoemRequest:
    """The wish as it is put to all three: with a seed, and with nothing that writes in the network's place.

    The rules of verse and the choice among candidates are the search's work; with them all three would look alike.
    """
    return replace(request, form=Form.QIJUE, rules="length", candidates=1, seed=secrets.randbelow(DRAWN_SEEDS))


def are_clean(attempts: Sequence[Attempt], words: WordList) -> bool:
    """Whether none of the poems has one of the words."""
    return not any(words.in_poem(attempt.poem.text, attempt.poem.theme) for attempt in attempts)


def in_blind_order(attempts: Sequence[Attempt]) -> list[Attempt]:
    """In an order that tells nothing: nobody is to know whose poem it is before they vote."""
    return secrets.SystemRandom().sample(attempts, len(attempts))


def perplexities(poets: Mapping[Cell, "Poet"]) -> dict[Cell, float]:
    """How well each foretells poems that it has not seen.

    Of the three that are shipped it is what was measured on the held-out poems, a character. Of others it is what their
    own training found, a symbol: figures of both kinds must not stand side by side.

    Raises:
        NoNetwork: one of them does not say.
    """
    facts = measured()
    if facts.are_of({cell: poet.weights for cell, poet in poets.items()}):
        return {cell: facts.cells[cell].perplexity for cell in poets}
    return {cell: _own_perplexity(cell, poet) for cell, poet in poets.items()}


def _own_perplexity(cell: Cell, poet: "Poet") -> float:
    header = poet.header
    if header is None or "loss" not in header.figures:
        raise NoNetwork(CheckpointError(f"compare-{cell}: its weights do not say how well it foretells"))
    return math.exp(header.figures["loss"])
