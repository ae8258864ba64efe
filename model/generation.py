"""A network with its vocabulary that writes poems."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from pydantic import ValidationError

from model import usage
from model.accelerator import device_name
from model.configuration import NetworkConfiguration
from model.constraints import Constraints
from model.decoding import Draft, write
from model.errors import CheckpointError
from model.forms import Form
from model.frame import Frame
from model.given import Given, GivenReader
from model.header import Header, fingerprint, first_fault
from model.mending import Mender
from model.novelty import shipped as known_lines
from model.prosody import Tone
from model.punctuation import Punctuation
from model.requests import DRAWN_SEEDS, Poem, PoemRequest
from model.script import Script, convert, script_of
from model.starts import check_start
from model.stepping import NumpyStepper, Stepper
from model.versifying import Versifier
from model.vocabulary import COMMA, SPECIALS, STOP, UNKNOWN, Vocabulary
from model.weights import PoemWeights, fit, load_arrays

if TYPE_CHECKING:
    from model.network import PoemNetwork


class Poet:
    """Writes poems."""

    def __init__(
        self,
        stepper: Stepper,
        vocabulary: Vocabulary,
        script: Script,
        weights: str = "",
        header: Header | None = None,
    ) -> None:
        self.stepper = stepper
        self.configuration = stepper.configuration
        self.vocabulary = vocabulary
        self.script = script
        self.weights = weights
        self.header = header
        self._reader = GivenReader(vocabulary, script)
        self._head = stepper.head()
        self._punctuation = Punctuation(vocabulary)
        constraints = Constraints(vocabulary)
        self._mender = Mender(stepper, vocabulary, constraints)
        self._versifier = Versifier(stepper, vocabulary, script, constraints)
        # One character a symbol: unknown ones hold the place of what was typed.
        self._shown = ("〇",) * SPECIALS + vocabulary.characters

    @cached_property
    def network(self) -> "PoemNetwork":
        """The network as torch has it, for whoever looks into it; where a processor writes, this loads torch."""
        return self.stepper.as_network()

    @classmethod
    def load(cls, path: Path | str, device: str = "auto") -> Self:
        """Read weights from a file.

        Raises:
            CheckpointError: naming the file and the reason.
            ModelError: for a device that is not there.
        """
        path = Path(path)
        header, arrays = load_arrays(path, "poem")
        try:
            configuration = NetworkConfiguration.model_validate(header.configuration)
            vocabulary = Vocabulary(header.characters)
            script = Script(header.script or "")
            if configuration.symbols != len(vocabulary):
                raise ValueError("its vocabulary does not fit its network")
            weights = PoemWeights(configuration, fit(arrays, configuration.shapes(), path))
            return cls(_stepper_on(device_name(device), weights), vocabulary, script, fingerprint(path), header)
        except ValueError as error:
            reason = first_fault(error) if isinstance(error, ValidationError) else str(error)
            raise CheckpointError(
                f"{path}: the header is damaged ({reason}); take the file from where it came once more"
            ) from None

    @staticmethod
    def open_tables() -> None:
        """Read what is known of lines and usage, so that the first poem does not wait for it.

        Raises:
            CheckpointError: if a shipped file cannot be read.
        """
        known_lines()
        usage.shipped()

    def compose(
        self,
        start: str | Sequence[str] | None = None,
        form: Form | str | None = None,
        count: int = 1,
        seed: int | None = None,
        script: Script | str | None = None,
        **options: Any,
    ) -> list[Poem]:
        """Write poems that differ by their seeds: `seed`, `seed + 1`, and so on.

        Args:
            start: what each begins with, one character or several; of a list each start has its poems.
            form: which form each has; the network's choice where none is given.
            count: how many for each start.
            seed: of the first; drawn where none is given.
            script: in which each is written; that of the start where none is given.
            options: the other fields of `PoemRequest`.

        Raises:
            BadStart: for a start that no poem can begin with.
            ValueError: for a form or script that does not exist, or an option out of its range.
        """
        first = secrets.randbelow(DRAWN_SEEDS) if seed is None else seed
        starts = [start] if start is None or isinstance(start, str) else start
        common = PoemRequest(
            form=Form(form) if form else None, script=Script(script) if script else None, seed=first, **options
        )
        return self.compose_all(
            [replace(common, start=one, seed=first + number) for one in starts for number in range(count)]
        )

    def compose_all(self, requests: Sequence[PoemRequest]) -> list[Poem]:
        """Write a poem for each request, all at once; each is the same as if it were asked for alone.

        Raises:
            BadStart: for the first request whose start no poem can begin with.
            BadHeads, BadTheme: for the first whose heads or theme no poem can have.
        """
        seeded = [
            request if request.seed is not None else replace(request, seed=secrets.randbelow(DRAWN_SEEDS))
            for request in requests
        ]
        given = [self._reader.read(request) for request in seeded]
        titles = [self._reader.title(request) for request in seeded]
        searched = [number for number, request in enumerate(seeded) if self._is_searched(request)]
        others = sorted(set(range(len(seeded))) - set(searched))
        poems = dict(zip(others, self._write([seeded[n] for n in others], [given[n] for n in others]), strict=True))
        poems |= dict(zip(searched, self._regulated([(seeded[n], given[n], titles[n]) for n in searched]), strict=True))
        return [poems[number] for number in range(len(seeded))]

    def suggest(
        self,
        lines: Sequence[str],
        form: Form,
        line: int,
        place: int,
        tone: Tone | None = None,
        group: str | None = None,
        count: int = 5,
    ) -> tuple[str, ...]:
        """Characters that would stand well at one place of a poem, the best first, in the script of the poem.

        Args:
            lines: the poem, in either script, without marks.
            form: its form.
            line, place: where.
            tone: that the character is to have in all its readings; any where none is given.
            group: the rhyme group that it is to belong to, by its name in traditional characters; any likewise.
            count: how many at the most.

        Raises:
            ValueError: if the lines are not the form's.
        """
        if Form.detect(lines) is not form:
            raise ValueError(f"these lines make no {form}")
        typed = "".join(lines)
        own = "".join(self._reader.own(typed))
        length = form.line_length
        found = self._mender.suggest(
            [own[first : first + length] for first in range(0, len(own), length)], form, line, place, tone, group, count
        )
        return tuple(convert(character, script_of(typed) or self.script) for character in found)

    def _is_searched(self, request: PoemRequest) -> bool:
        return request.form is not None and (request.rules == "verse" or self.configuration.told)

    def _write(self, requests: Sequence[PoemRequest], given: Sequence[Given]) -> list[Poem]:
        """Poems without rules, step by step together."""
        drafts = [
            [Draft(request, request.seed or 0, candidate, own) for candidate in range(request.candidates)]
            for request, own in zip(requests, given, strict=True)
        ]
        write(self.stepper, self._head, self._punctuation, [draft for candidates in drafts for draft in candidates])
        best = [max(candidates, key=lambda draft: draft.score) for candidates in drafts]
        return [self._poem(draft.request, draft.given, self._text(draft.written[:-1])) for draft in best]

    def _regulated(self, requests: Sequence[tuple[PoemRequest, Given, str]]) -> list[Poem]:
        """Poems of a form, by its rules."""
        poems = []
        for (request, given, _), verse in zip(requests, self._versifier.write(requests), strict=True):
            lines = np.split(verse.symbols, verse.frame.form.line_count)
            text = "".join(
                self._text(line.tolist()) + (STOP if number % 2 else COMMA) for number, line in enumerate(lines)
            )
            poems.append(self._poem(request, given, text, verse.frame, verse.title))
        return poems

    def _text(self, symbols: Sequence[int]) -> str:
        return "".join(map(self._shown.__getitem__, symbols))

    def _poem(self, request: PoemRequest, given: Given, own: str, frame: Frame | None = None, title: str = "") -> Poem:
        typed = "".join(character for _, character in given.typed)
        script = request.script or script_of(typed) or script_of(request.theme or "") or self.script
        text = list(own if script is self.script else convert(own, script))
        traditional = list(own) if self.script is Script.HANT else []
        # What the person gave stands as it was typed, also where the network has no character for it.
        places = [place for place, character in enumerate(text) if character not in {COMMA, STOP}]
        for (place, character), symbol in zip(given.typed, given.symbols, strict=True):
            text[places[place]] = character
            if traditional and symbol == UNKNOWN:
                traditional[places[place]] = character
        shown = _by_sentence(text)
        lines = tuple(line for line in shown.replace(STOP, COMMA).replace("\n", "").split(COMMA) if line)
        return Poem(
            text=shown,
            lines=lines,
            form=Form.detect(lines),
            traditional=_by_sentence(traditional),
            pattern=frame.pattern.name if frame and frame.pattern else "",
            theme=(request.theme or convert(title, script)) if title else "",
            start=check_start(request.start) if request.start is not None else "",
            given=tuple(place for place, _ in given.typed),
            broken=tuple(character for place, character in given.typed if frame and place in frame.broken),
            seed=request.seed or 0,
            weights=self.weights,
            script=script,
            unknown=given.unknown,
            request=request,
        )


def _by_sentence(characters: Sequence[str]) -> str:
    return "".join(characters).replace(STOP, STOP + "\n").strip()


def _stepper_on(device: str, weights: PoemWeights) -> Stepper:
    if device == "cpu":
        return NumpyStepper(weights)
    from model.torch_stepping import TorchStepper, network_of  # noqa: PLC0415 - a processor needs no torch

    return TorchStepper(network_of(weights).to(device))
