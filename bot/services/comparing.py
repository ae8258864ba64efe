"""Two versions set against each other: poems from the same starts, which people see without knowing whose they are."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from math import comb
from typing import Final

from bot.services.poet import PoetService
from bot.services.refusals import NoNetwork, Refusal
from bot.services.versions import Versions
from bot.store.comparisons import Choice, Comparison, ComparisonRepository, Pair
from model.forms import Form
from model.requests import DRAWN_SEEDS, Poem, PoemRequest
from model.script import Script, convert

STARTS: Final = ("日", "红", "山", "夜", "湖", "海", "月", None)
"""A pair for each; None leaves the beginning to the network."""
CANDIDATES: Final = 4


class SameVersion(Refusal):
    key = "error.version.same"


class NoComparison(Refusal):
    """A comparison that is there no more."""

    key = "error.version.no_comparison"


@dataclass(frozen=True, slots=True)
class Result:
    """How a comparison stands: votes for the one, for the other, for neither, and how likely chance is.

    `chance` is the probability that a fair coin divides the votes at least as unevenly.
    """

    one: int
    other: int
    neither: int

    @property
    def chance(self) -> float:
        """Two-sided sign test."""
        count, more = self.one + self.other, max(self.one, self.other)
        tail: float = sum(comb(count, k) for k in range(more, count + 1)) / 2**count
        return min(1.0, 2 * tail)


class Comparing:
    def __init__(
        self,
        repository: ComparisonRepository,
        versions: Versions,
        poet: PoetService,
        form: Form | None,
        now: Callable[[], datetime],
    ) -> None:
        """Args:
        repository: comparisons and votes.
        versions: what can be compared.
        poet: writes with any weights.
        form: of the poems; None for none.
        now: what time it is.
        """
        self._repository = repository
        self._versions = versions
        self._poet = poet
        self._form = form
        self._now = now

    async def begin(self, one: str, other: str | None, person_id: int, script: Script) -> Comparison:
        """Compare a version with another, or with what is in use; go on with what the person has not finished.

        All poems come in one script: networks that were taught in different ones could be told apart by it.

        Raises:
            SameVersion: it is the same one.
            NoSuchVersion, ChangedVersion, NoNetwork: one of them is not there, or cannot write.
        """
        other = other or await self._versions.current()
        if other is None:
            raise NoNetwork("no version is in use")
        if one == other:
            raise SameVersion(name=one)
        unfinished = await self._repository.unfinished(one, other, person_id)
        if unfinished is None:
            unfinished = await self._repository.add(one, other, await self._pairs(one, other, script), self._now())
        return await self.get(unfinished)

    async def get(self, comparison_id: int) -> Comparison:
        """Raises:
        NoComparison: there is none of that number.
        """
        found = await self._repository.get(comparison_id)
        if found is None:
            raise NoComparison
        return found

    async def next_pair(self, comparison: Comparison, person_id: int) -> Pair | None:
        """The first pair that a person has not voted on; None where there is none left."""
        voted = await self._repository.voted(comparison.id, person_id)
        return next((pair for pair in comparison.pairs if pair.number not in voted), None)

    async def vote(self, comparison: Comparison, number: int, person_id: int, place: str) -> None:
        """Somebody likes better what stands in the "first" or the "second" place, or "neither".

        Raises:
            NoComparison: there is no such pair.
        """
        pair = next((pair for pair in comparison.pairs if pair.number == number), None)
        if pair is None:
            raise NoComparison
        shown = (Choice.OTHER, Choice.ONE) if pair.swapped else (Choice.ONE, Choice.OTHER)
        choice = {"first": shown[0], "second": shown[1]}.get(place, Choice.NEITHER)
        await self._repository.vote(comparison.id, number, person_id, choice, self._now())

    async def result(self, comparison: Comparison) -> Result:
        votes = await self._repository.votes(comparison.id)
        return Result(votes[Choice.ONE], votes[Choice.OTHER], votes[Choice.NEITHER])

    async def _pairs(self, one: str, other: str, script: Script) -> list[Pair]:
        first = PoemRequest(form=self._form, candidates=CANDIDATES, on_unknown="keep", seed=0, script=script)
        # What is typed stays as it is, so it has to be in that script already.
        starts = [start and convert(start, script) for start in STARTS]
        wishes = [replace(first, start=start, seed=secrets.randbelow(DRAWN_SEEDS)) for start in starts]
        poems: list[list[Poem]] = [
            await self._poet.compose_apart(await self._versions.path_of(name), wishes) for name in (one, other)
        ]
        return [
            Pair(number, own.text, others.text, swapped=bool(secrets.randbelow(2)))
            for number, (own, others) in enumerate(zip(*poems, strict=True))
        ]
