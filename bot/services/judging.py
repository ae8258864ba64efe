"""Whether new weights are better than those in use: measured in a child process, decided by one rule."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, Final

from bot.services.children import Bounds, Children
from bot.services.favorite_corpus import FAVORITES
from bot.services.refusals import Refusal
from bot.store.versions import BETTER

Figures = Mapping[str, float]
"""What was measured, by its name.

`poems`, `bits`, `against`, `difference`, `low`, `high`, `ratio`: bits per Chinese character of the held-out Tang poems,
of the new weights and of those in use, their difference with its 95 % interval, and their ratio; `kept`, `written`: how
many of the poems that were written keep form, tones and rhyme. The same of loved poems begins with `favorites_`.
"""

FEWEST_POEMS: Final = 25
"""Held-out poems: with fewer nothing is said of old verse."""
FEWEST_FAVORITES: Final = 5
WRITTEN: Final = 200
KEPT_SHARE: Final = 0.99
"""Of the poems that are written; the checker is stricter than the masks in one of thousands."""
MOST_LOST: Final = 1.02
"""Where people's favourites improve, old verse may cost two per cent more."""

MEASURING: Final = Bounds(seconds=1_800, file=256)
FINDING: Final = Bounds(seconds=600, memory=3_072, file=256)


class Judge:
    def __init__(
        self,
        children: Children,
        folder: Path,
        held_out: Callable[[], Path | None],
        find_corpus: Callable[[str], Awaitable[Path]],
        base: str,
    ) -> None:
        """Args:
        children: measures.
        folder: the data folder.
        held_out: finds the loved poems to judge by.
        find_corpus: finds a corpus by its name.
        base: the name of the corpus that holds the poems of the list.
        """
        self._children = children
        self._folder = folder / "held-out"
        self._held_out = held_out
        self._find_corpus = find_corpus
        self._base = base

    async def measure(self, weights: Path, against: Path | None, corpus: str) -> Figures:
        """Measure new weights, beside others on the same texts.

        Raises:
            ChildFailed: they cannot be measured.
        """
        figures: dict[str, float] = {}
        poems = await self._listed_poems(corpus)
        if poems is not None:
            figures |= await self._evaluate(weights, against, poems, "--verse", str(WRITTEN))
        favorites = self._held_out() if corpus == FAVORITES else None
        if favorites is not None:
            measured = await self._evaluate(weights, against, favorites)
            figures |= {f"favorites_{name}": value for name, value in measured.items()}
        return figures

    async def _evaluate(self, weights: Path, against: Path | None, poems: Path, *more: str) -> dict[str, float]:
        other = ("--against", against) if against is not None else ()
        answer = await self._children.run_long(
            "evaluate", "--weights", weights, "--poems", poems, *other, *more, "--threads", "1", "--device", "cpu",
            "--json", bounds=MEASURING,
        )  # fmt: skip
        return _figures(answer)

    async def _listed_poems(self, corpus: str) -> Path | None:
        """The held-out poems: of the base corpus, or of that which was learnt from where the base is not there.

        The list has hashes alone; once found, the texts are kept beside the corpora.
        """
        for name in dict.fromkeys([self._base, corpus]):
            file = self._folder / f"{name}.json"
            # Of another corpus, which may have been replaced by one of the same name, they are found anew.
            if name == self._base and await asyncio.to_thread(file.is_file):
                return file
            try:
                path = await self._find_corpus(name)
            except Refusal:
                continue
            part = file.with_suffix(".found")
            found = await self._children.run_long("corpus", "listed", path, "--out", part, bounds=FINDING)
            if found["poems"] >= FEWEST_POEMS:
                await asyncio.to_thread(part.rename, file)
                return file
        return None


def judgement(figures: Figures, corpus: str) -> str:
    """The verdict: whether the weights are better, by the key of what is to be said."""
    if "poems" not in figures:
        return "no_poems"
    verdict = _compared(figures, corpus)
    return "verse" if verdict in BETTER and figures["kept"] < KEPT_SHARE * figures["written"] else verdict


def _compared(figures: Figures, corpus: str) -> str:
    if "bits" not in figures:
        return "first"
    if corpus == FAVORITES:
        return _taste(figures)
    return "better" if figures["high"] < 0 else "not_better"


def _taste(figures: Figures) -> str:
    if figures.get("favorites_poems", 0) < FEWEST_FAVORITES:
        return "few_favorites"
    if figures["ratio"] > MOST_LOST:
        return "tang_worse"
    return "favorites_better" if figures["favorites_high"] < 0 else "favorites_not_better"


def _figures(answer: Mapping[str, Any]) -> dict[str, float]:
    """What the child said, flat."""
    figures: dict[str, float] = {"poems": answer["poems"], "perplexity": answer["perplexity_per_character"]}
    if versus := answer.get("versus"):
        figures |= {name: versus[name] for name in ("bits", "against", "difference", "low", "high", "ratio")}
    if verse := answer.get("verse"):
        figures |= {"kept": verse["hits"], "written": verse["of"]}
    return figures
