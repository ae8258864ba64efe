"""Writing one poem of a form: many candidates side by side, held to its rules at every step.

A sequential Monte Carlo search (Doucet & Johansen 2011; for language models Lew et al. 2023): every candidate draws its
next character from what the rules leave, and is weighted by how much of the network's probability they left. At the end
of a line heavy candidates take the places of light ones; a line that was cut too deep, or that is another's, is
written anew from the memory before it. The number of steps is known, and the length exact.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, Final, NamedTuple

import numpy as np

from model import usage
from model.constraints import TOLD_TONES, Constraints, Flags, Want
from model.drawing import Drawing, Ruled
from model.frame import OPEN, Frame
from model.habits import Habits
from model.likelihood import log_sum
from model.lockstep import Reading, Steps, in_step
from model.masks import Masks, Outlet, Standing
from model.population import Population
from model.requests import PoemRequest
from model.sampling import Floats, Options, Symbols, uniforms
from model.slots import TITLE, Told, places, rhyme_ends
from model.stepping import Stepper
from model.vocabulary import BEGIN, COMMA, PAD, SPECIALS, STOP, UNKNOWN, Vocabulary

REWINDS: Final = 2
"""How often a line that was cut too deep is written anew at the most."""
REWINDS_OF_COPIES: Final = 8
"""The same of a line that is another's: what a network knows by heart it writes again and again."""
DEEP_CUT: Final = -4.0
"""Where the rules left less than e to this of the network's probability, a line was cut too deep."""
FAINT: Final = -8.0
"""A given character weighs no less than this, however little the network expected it."""

COPIED: Final = -50.0
"""What is added to the weight of a candidate with a line of another's."""

TAKEN_BACK: Final = 0.5
"""How much of what a low temperature adds to common characters is taken from them.

The mean log of a character's share of all verse is −7.1 in Tang poems of the four forms, −6.4 in draws at temperature
0.45 with nothing taken back, and −6.9 with half.
"""

_FEWEST_EFFECTIVE: Final = 0.5
# Random numbers beside those of the candidates, which are counted from 0.
_REWIND_STREAM: Final = 1 << 20
_RESAMPLING_STREAM: Final = 1 << 40
_SKETCH_STREAM: Final = 1 << 41


class Wish(NamedTuple):
    """What is searched for."""

    frame: Frame
    request: PoemRequest
    seed: int


class Searcher:
    """What a network, its vocabulary and the corpus bring to every search."""

    def __init__(
        self,
        stepper: Stepper,
        vocabulary: Vocabulary,
        constraints: Constraints,
        are_anothers: Callable[[Sequence[str]], Flags],
        *,
        told: bool,
    ) -> None:
        """Prepare the output layers.

        Args:
            stepper: reads symbols.
            vocabulary: its symbols.
            constraints: what these can be in a verse.
            are_anothers: which of some lines stand in the corpus, or nearly so.
            told: whether the network has slot inputs, and so reads no marks.
        """
        self.stepper = stepper
        self.constraints = constraints
        self.are_anothers = are_anothers
        self.told = told
        self._vocabulary = vocabulary
        self.marks = [vocabulary.id_of(mark) for mark in (COMMA, STOP)]
        self._shown = ("〇",) * SPECIALS + vocabulary.characters
        characters = np.array([number for number in range(SPECIALS, len(vocabulary)) if number not in self.marks])
        self.whole = Outlet.of(stepper, characters, len(vocabulary))
        self._narrow = {}
        for want in (Want.LEVEL, Want.OBLIQUE, Want.RHYME):
            columns = characters[constraints.fits[want, characters]]
            # A network that is told the tone has little to say of other tones: their columns need not be multiplied.
            if told and len(columns):
                self._narrow[want] = Outlet.of(stepper, columns, len(vocabulary))

    @cached_property
    def habits(self) -> Habits:
        """Those of poets, read with the first search."""
        return Habits.of(self._vocabulary, usage.shipped())

    def outlet(self, want: Want) -> Outlet:
        return self._narrow.get(want, self.whole)

    def lines(self, symbols: Symbols) -> list[str]:
        """The text of each row, (rows, characters)."""
        return ["".join(map(self._shown.__getitem__, row)) for row in symbols.tolist()]

    def search(self, wishes: Sequence[Wish]) -> list[Population]:
        """Write the candidates of each wish, all in step with each other.

        There are as many rows as a request wants.
        """
        return in_step(self.stepper, [_Search(self, wish).run() for wish in wishes])


class _Search:
    """One request on its way."""

    def __init__(self, tools: Searcher, wish: Wish) -> None:
        self._tools = tools
        self._frame, request, self._seed = wish
        self._rows = request.candidates
        self._options = Options.of([request] * self._rows, self._rows, len(tools.whole.columns))
        self._length = self._frame.form.line_length
        self._places = places(self._frame.form)
        self._rhyme_ends = rhyme_ends(self._frame.form)
        self._masks = Masks(self._frame, tools.constraints, tools.habits.doubled)
        self._favour = np.float32(TAKEN_BACK) * (1 - self._options.sharpness)

    def run(self) -> Steps[Population]:
        population = yield from self._begin()
        for line in range(self._frame.form.line_count):
            if line % 2 == 0:
                population = yield from self._aim(population, line)
            before, population = population, (yield from self._write(population, line, np.arange(self._rows)))
            if self._frame.pattern is not None and self._open(line).any():
                population = yield from self._rewind(before, population, line)
                population = self._weigh(replace(population, copied=population.copied | before.copied), line)
            else:
                population = replace(population, copied=before.copied)
        return population

    def _begin(self) -> Steps[Population]:
        """Read the title once, for all rows."""
        stepper = self._tools.stepper
        memory = stepper.initial(1)
        told = np.zeros((1, len(Told)), dtype=np.int64)
        told[:, Told.PLACE] = TITLE
        for symbol in self._frame.title if self._tools.told else ():
            _, memory = yield Reading(np.array([symbol]), memory, told)
        rows, characters = self._rows, len(self._frame.known)
        return Population(
            memory=stepper.take(memory, np.zeros(rows, dtype=np.int64)),
            previous=np.full(rows, BEGIN),
            symbols=np.full((rows, characters), PAD),
            scores=np.zeros((rows, characters), dtype=np.float32),
            cuts=np.zeros((rows, characters), dtype=np.float32),
            group=np.full(rows, self._frame.group),
            goal=np.full(rows, OPEN),
            weights=np.zeros(rows, dtype=np.float32),
            copied=np.zeros(rows, dtype=np.bool_),
        )

    def _aim(self, population: Population, line: int) -> Steps[Population]:
        """Settle in which character the sentence that begins with this line is to end: a given one, or by a sketch.

        A rhyme that is only met at the end of a line is forced; so the last sentence is sketched first, and then
        written towards the word that the sketch has found.
        """
        end = (line + 2) * self._length - 1
        goal = np.full(self._rows, self._frame.known[end])
        last = line == self._frame.form.line_count - 2
        if last and self._tools.told and self._frame.pattern is not None and goal[0] == OPEN:
            sketch = replace(population, goal=goal)
            for number in (line, line + 1):
                sketch = yield from self._write(sketch, number, _SKETCH_STREAM + np.arange(self._rows))
            goal = sketch.symbols[:, end]
        settled = (population.group == OPEN) & (goal > UNKNOWN)
        group = np.where(settled, self._tools.constraints.group[goal], population.group)
        return replace(population, goal=goal, group=group)

    def _open(self, line: int) -> Flags:
        """Which places of a line are to be written, (length,)."""
        found: Flags = self._frame.known[self._span(line)] == OPEN
        return found

    def _span(self, line: int) -> slice:
        return slice(line * self._length, (line + 1) * self._length)

    def _write(self, population: Population, line: int, streams: Symbols) -> Steps[Population]:
        """Write a line behind each row, in several threads where there are rows enough; `copied` is of this line alone.

        Args:
            population: as it is before the line.
            line: its index.
            streams: (rows,) which random numbers each row draws.
        """
        stepper, rows = self._tools.stepper, np.arange(len(streams))
        if len(stepper.shares.of(len(rows))) <= 1:
            return (yield from self._write_together(population, line, streams))

        def write(share: slice) -> Population:
            own = population.take(stepper, rows[share])
            return in_step(stepper, [self._write_together(own, line, streams[share])])[0]

        return Population.join(stepper, stepper.shares.do(write, len(rows)))

    def _write_together(self, population: Population, line: int, streams: Symbols) -> Steps[Population]:
        memory, previous, group = population.memory, population.previous, population.group
        symbols, scores, cuts = population.symbols.copy(), population.scores.copy(), population.cuts.copy()
        numbers = uniforms([(self._seed, stream) for stream in streams.tolist()], len(self._frame.known))
        if not self._tools.told and line:
            _, memory = yield Reading(previous, memory, None)
            previous = np.full_like(previous, self._tools.marks[(line - 1) % 2])
        for place in range(*self._span(line).indices(len(self._frame.known))):
            features, memory = yield Reading(previous, memory, self._told(symbols, population.goal, place))
            if self._frame.known[place] == OPEN:
                standing = Standing(symbols, group, population.goal)
                drawn = yield self._draw(features, standing, place, numbers[:, place])
                previous, scores[:, place], cuts[:, place] = drawn
                if self._frame.wants[place] == Want.RHYME:
                    group = np.where(group == OPEN, self._tools.constraints.group[previous], group)
            else:
                previous = np.full_like(previous, self._frame.known[place])
                cuts[:, place] = self._expected(features, previous)
            symbols[:, place] = previous
        copied = np.zeros(len(streams), dtype=np.bool_)
        if self._frame.pattern is not None and self._open(line).any():
            copied = self._tools.are_anothers(self._tools.lines(symbols[:, self._span(line)]))
        return Population(memory, previous, symbols, scores, cuts, group, population.goal, population.weights, copied)

    def _told(self, symbols: Symbols, goal: Symbols, place: int) -> Symbols | None:
        """What the network is told of a place, (rows, columns)."""
        if not self._tools.told:
            return None
        told = np.zeros((len(symbols), len(Told)), dtype=np.int64)
        told[:, Told.PLACE] = self._places[place]
        if self._frame.pattern is not None:
            told[:, Told.TONE] = TOLD_TONES[self._frame.wants[place]]
        if place >= self._length:
            told[:, Told.ABOVE] = symbols[:, place - self._length]
            told[:, Told.RHYME] = symbols[:, self._rhyme_ends[place]]
        told[:, Told.GOAL] = np.where(goal > UNKNOWN, goal, PAD)
        return told

    def _expected(self, features: Any, given: Symbols) -> Floats:
        """Log-probability of the given characters, (rows,); zero for those that the network does not know."""
        column = self._tools.whole.place[given[0]]
        if column < 0:
            return np.zeros(len(given), dtype=np.float32)
        logits = self._tools.whole.head(features)
        found: Floats = np.maximum(logits[:, column] - log_sum(logits), np.float32(FAINT))
        return found

    def _draw(self, features: Any, standing: Standing, place: int, numbers: Floats) -> Drawing:
        """The next character of each row is to be drawn."""
        want, rows = Want(self._frame.wants[place]), slice(len(numbers))
        if self._frame.pattern is None:
            outlet, ruled = self._tools.whole, None
        else:
            outlet = self._tools.outlet(want)
            # Sharpened, a guess leans to what is common anywhere: 何 更 無 相. With s for the sharpness and q for a
            # character's share of all verse, p^s becomes p^s · q^(t(1−s)); t = 1 would sharpen p/q alone.
            # Source: the penalty of Li et al. 2016, "A diversity-promoting objective function".
            common = self._tools.habits.common[outlet.columns]
            ruled = Ruled(self._masks.allowed(outlet, want, standing, place), self._favour[rows], common)
        return Drawing(outlet, features, ruled, numbers, self._options.take(rows))

    def _rewind(self, before: Population, population: Population, line: int) -> Steps[Population]:
        """Write the line anew where it was cut too deep or is another's; keep what is better."""
        stepper = self._tools.stepper
        open_places = np.arange(len(self._frame.known))[self._span(line)][self._open(line)]
        for attempt in range(1, REWINDS_OF_COPIES + 1):
            cuts = population.cuts[:, open_places].sum(axis=1)
            deep = (cuts < DEEP_CUT) & (attempt <= REWINDS)
            bad = np.flatnonzero(deep | population.copied)
            if not len(bad):
                break
            again = yield from self._write(before.take(stepper, bad), line, attempt * _REWIND_STREAM + bad)
            better = ~again.copied & (population.copied[bad] | (again.cuts[:, open_places].sum(axis=1) > cuts[bad]))
            rows = np.arange(len(cuts))
            rows[bad[better]] = len(cuts) + np.flatnonzero(better)
            population = Population.join(stepper, [population, again]).take(stepper, rows)
        return population

    def _weigh(self, population: Population, line: int) -> Population:
        """Add the line's cuts to the weights; let heavy candidates take the places of light ones where few are left."""
        weights = population.weights + population.cuts[:, self._span(line)].sum(axis=1)
        weights = np.where(population.copied, weights + COPIED, weights)
        last = line == self._frame.form.line_count - 1
        shares = np.exp(weights - weights.max())
        shares /= shares.sum()
        if last or 1 / (shares**2).sum() >= _FEWEST_EFFECTIVE * len(shares):
            return replace(population, weights=weights)
        start = uniforms([(self._seed, _RESAMPLING_STREAM + line)], 1)[0, 0, 0]
        # Systematic resampling: one number for all, evenly spaced (Kitagawa 1996).
        points = (np.arange(len(shares)) + start) / len(shares)
        rows = np.minimum(np.searchsorted(shares.cumsum(), points), len(shares) - 1)
        return replace(population.take(self._tools.stepper, rows), weights=np.zeros_like(weights))
