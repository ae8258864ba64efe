"""What a request gives of a poem: characters at places, in the network's own script, and a title."""

from dataclasses import dataclass

import numpy as np

from model.constraints import Symbols
from model.errors import BadHeads, BadStart
from model.forms import Form
from model.frame import OPEN
from model.requests import PoemRequest
from model.script import Script, convert, normalise
from model.starts import check_heads, check_start, check_theme
from model.vocabulary import UNKNOWN, Vocabulary


@dataclass(frozen=True, slots=True)
class Given:
    """Characters that stand already."""

    typed: tuple[tuple[int, str], ...] = ()
    """Index among the poem's characters, and the character as it was typed; in order."""
    symbols: tuple[int, ...] = ()
    """The same for the network; `UNKNOWN` for those that it does not know."""

    @property
    def unknown(self) -> tuple[str, ...]:
        """The typed characters that the network does not know."""
        return tuple(
            character for (_, character), symbol in zip(self.typed, self.symbols, strict=True) if symbol == UNKNOWN
        )

    def known(self, characters: int) -> Symbols:
        """The symbol of each place of a poem, (characters,); `OPEN` where nothing is given."""
        known = np.full(characters, OPEN)
        known[[place for place, _ in self.typed]] = self.symbols
        return known


class GivenReader:
    """Reads requests with a network's vocabulary."""

    def __init__(self, vocabulary: Vocabulary, script: Script) -> None:
        self._vocabulary = vocabulary
        self._script = script
        # The most frequent of the characters that read the same: a start may be typed in another script or glyph.
        self._relatives = {normalise(character): character for character in reversed(vocabulary.characters)}

    def read(self, request: PoemRequest) -> Given:
        """What the request gives, its start before its heads before its held lines where they meet.

        Raises:
            BadStart: for a start that no poem, or no poem of the form, can begin with; for characters that the network
                does not know, unless the request keeps them.
            BadHeads: for heads that no lines can begin with, likewise.
            ValueError: for heads or held lines without a form, or held lines that are not the form's.
        """
        typed = _held(request) | _heads(request) | _start(request)
        places = sorted(typed)
        characters = "".join(typed[place] for place in places)
        given = Given(
            tuple(zip(places, characters, strict=True)), tuple(map(self._vocabulary.id_of, self.own(characters)))
        )
        if given.unknown and request.on_unknown == "error":
            fault = BadStart if request.start is not None else BadHeads
            raise fault("unknown", "".join(given.unknown))
        return given

    def own(self, typed: str) -> list[str]:
        """Each character as the vocabulary has it, in its script or glyph; as it is where it has none."""
        return [
            next((choice for choice in choices if choice in self._vocabulary), choices[1])
            for choices in zip(
                convert(typed, self._script),
                typed,
                (self._relatives.get(normalise(character), "") for character in typed),
                strict=True,
            )
        ]

    def title(self, request: PoemRequest) -> str:
        """The theme in the network's script; empty where none is asked for.

        Raises:
            BadTheme: for one that no poem can have.
        """
        return "" if request.theme is None else "".join(self.own(check_theme(request.theme)))


def _start(request: PoemRequest) -> dict[int, str]:
    if request.start is None:
        return {}
    typed = check_start(request.start)
    if request.form and len(typed) > request.form.line_length * request.form.line_count:
        raise BadStart("too_long", typed)
    return dict(enumerate(typed))


def _heads(request: PoemRequest) -> dict[int, str]:
    if request.heads is None:
        return {}
    heads = check_heads(request.heads)
    form = _form_for(request, "heads")
    if len(heads) > form.line_count:
        raise BadHeads("too_long", heads)
    return {line * form.line_length: head for line, head in enumerate(heads)}


def _held(request: PoemRequest) -> dict[int, str]:
    if not any(request.held):
        return {}
    form = _form_for(request, "held lines")
    if len(request.held) != form.line_count or any(len(line) not in {0, form.line_length} for line in request.held):
        raise ValueError(f"held lines are {form.line_count}, each empty or of {form.line_length} characters")
    return {
        number * form.line_length + place: character
        for number, line in enumerate(request.held)
        for place, character in enumerate(line)
    }


def _form_for(request: PoemRequest, what: str) -> Form:
    if request.form is None:
        raise ValueError(f"{what} need a form; choose one of: {' '.join(Form)}")
    return request.form
