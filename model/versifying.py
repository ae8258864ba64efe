"""From requests for poems of a form to the characters of each: frame and title, many candidates, the best of them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from model.choice import Chooser
from model.constraints import Constraints, Flags, Symbols
from model.encoding import encode_title
from model.forms import Form
from model.frame import OPEN, Frame
from model.given import Given
from model.novelty import shipped as known_lines
from model.population import Population
from model.requests import PoemRequest
from model.script import Script
from model.search import Searcher, Wish
from model.slots import Told, told_of
from model.stepping import Stepper
from model.titles import Titles
from model.vocabulary import PAD, Vocabulary

# Beside the streams of the candidates.
_FRAME_STREAM: Final = 1 << 50


@dataclass(frozen=True, slots=True, eq=False)
class Verse:
    """A poem of a form."""

    symbols: Symbols
    """(characters,), without marks."""
    frame: Frame
    title: str
    """Under which it was written, in the network's script; empty for none."""


class Versifier:
    """Writes poems of a form with a network."""

    def __init__(self, stepper: Stepper, vocabulary: Vocabulary, script: Script, constraints: Constraints) -> None:
        self._stepper = stepper
        self._vocabulary = vocabulary
        self._constraints = constraints
        self._told = stepper.configuration.told
        self._chooser = Chooser(stepper, vocabulary, script)
        self._titles = Titles(stepper, vocabulary)
        self._searcher = Searcher(stepper, vocabulary, constraints, _are_anothers, told=self._told)

    def write(self, requests: Sequence[tuple[PoemRequest, Given, str]]) -> list[Verse]:
        """A poem for each; several are written in step with each other, in several threads.

        Args:
            requests: with what each gives, and its theme in the network's script; empty for none.
        """
        if not requests:
            return []
        rows = max(request.candidates for request, _, _ in requests)
        shares = replace(self._stepper.shares, fewest=1, most=max(1, self._stepper.abreast // rows))
        written = shares.do(lambda share: self._write_in_step(requests[share]), len(requests))
        return [verse for share in written for verse in share]

    def _write_in_step(self, requests: Sequence[tuple[PoemRequest, Given, str]]) -> list[Verse]:
        framed = [self._frame(*request) for request in requests]
        wishes = [
            Wish(frame, request, request.seed or 0)
            for (request, _, _), (frame, _) in zip(requests, framed, strict=True)
        ]
        return [
            Verse(population.symbols[self._best(population, wish, title)], wish.frame, title)
            for population, wish, (_, title) in zip(self._searcher.search(wishes), wishes, framed, strict=True)
        ]

    def _frame(self, request: PoemRequest, given: Given, theme: str) -> tuple[Frame, str]:
        """What is settled before the first character, and the title in words."""
        form, seed = Form(request.form or ""), request.seed or 0
        known = given.known(form.line_count * form.line_length)
        random = np.random.Generator(np.random.Philox(key=[seed, _FRAME_STREAM]))
        frame = (
            Frame.draw(form, known, self._constraints, random) if request.rules == "verse" else Frame.free(form, known)
        )
        title = theme if self._told else ""
        if self._told and not theme and request.rules == "verse":
            told = told_of(form, np.maximum(known, PAD))
            told[:, [Told.GOAL, Told.RHYME]] = PAD
            title = self._titles.draw(known, told, random.random())
        return replace(frame, title=tuple(encode_title(title, self._vocabulary))), title

    def _best(self, population: Population, wish: Wish, title: str) -> int:
        """The row to give; without rules it is the likeliest."""
        frame = wish.frame
        if frame.pattern is None:
            return int(population.scores.mean(axis=1).argmax())
        count = frame.form.line_count
        poems = list(zip(*map(self._searcher.lines, np.split(population.symbols, count, axis=1)), strict=True))
        given = np.flatnonzero((frame.known.reshape(count, -1) != OPEN).all(axis=1)).tolist()
        return self._chooser.best(poems, frame.form, given, title, population.cuts.mean(axis=1))


def _are_anothers(lines: Sequence[str]) -> Flags:
    return known_lines().contains(lines)
