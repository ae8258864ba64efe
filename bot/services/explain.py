"""Explaining the cells: a poem by the network with the cell, and what its gates did meanwhile."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from bot.services.compared import ComparedNetworks
from bot.services.queue import Desk, Room, Ticket, close
from bot.services.worker import Worker
from model.insight.gates import read
from model.insight.reading import Reading
from model.recipes import Cell
from model.requests import Poem, PoemRequest
from model.script import Script, convert

AT_ONCE: Final = 2
"""Poems in one batch: those who wait for others take turns with it."""


@dataclass(frozen=True, slots=True)
class Study:
    """Which network is to write what."""

    cell: Cell
    wish: PoemRequest


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A poem, and the gates of the network that wrote it, read once more."""

    poem: Poem
    reading: Reading


class ExplainService:
    """Writes poems with the networks that are compared, and looks into them."""

    def __init__(self, worker: Worker, networks: ComparedNetworks, *, room: Room) -> None:
        self._worker = worker
        self._networks = networks
        self._studies: Desk[Study, Excerpt] = Desk(self._write, name="studies", room=room, batch=AT_ONCE)

    @property
    def desks(self) -> Sequence[Desk[Any, Any]]:
        """Where people wait for this service."""
        return (self._studies,)

    def admit(self, server: int) -> None:
        """Raises:
        Busy, ServerBusy: as many requests wait as may.
        ShuttingDown: the service takes no more.
        """
        self._studies.admit(server)

    def enter(self, study: Study, server: int) -> Ticket[Study, Excerpt]:
        """Have a poem written and read.

        The ticket's answer may be an error: NoNetwork where the cell has no weights that can be used, BadStart where
        its network cannot begin so, GivenUp, ShuttingDown.

        Raises:
            Busy, ServerBusy, ShuttingDown: as admit() does.
        """
        return self._studies.enter(server, study)

    async def close(self) -> None:
        """Take no more, and finish what is in the worker; whoever still waits is told."""
        await close(self._studies)

    async def _write(self, studies: Sequence[Study], _waiting: int) -> Sequence[Excerpt | Exception]:
        return await self._worker.run(lambda: [self._excerpt(study) for study in studies])

    # What follows runs in the worker's thread.

    def _excerpt(self, study: Study) -> Excerpt | Exception:
        try:
            poet = self._networks.poet(study.cell)
            [poem] = poet.compose_all([study.wish])
            shown = poem.text.replace("\n", "")
            # As the network wrote it: from the script that the person reads there may be no sure way back.
            own = poem.traditional.replace("\n", "") if poet.script is Script.HANT else convert(shown, poet.script)
            reading = read(poet.stepper.as_weights(), poet.vocabulary, own)
            return Excerpt(poem, dataclasses.replace(reading, characters=tuple(shown)))
        except Exception as error:  # noqa: BLE001 - it belongs to whoever waits
            return error
