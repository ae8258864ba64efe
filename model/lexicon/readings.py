"""Makes the tables of prosody, from the dictionaries and from how Tang poets use them:

python -m model.lexicon.readings CORPUS > model/readings.txt
python -m model.lexicon.readings CORPUS --rhyme-words > model/rhyme_words.txt
python -m model.lexicon.readings CORPUS --tones       # in which tone poets have characters of two, to look at

The tables are files of their own and not derived anew: a run needs no corpus and no tshet-uinh (`make test` does, which
is why it is an extra for development), and the slots of trained weights rest on them. Poems held out for validation and
testing are not looked at.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final

from model.corpus import load_corpus, split_corpus
from model.lexicon.attestation import LEAST_SEEN, Evidence, attested
from model.lexicon.dictionary import dictionary_readings, glyphs, standard_forms
from model.prosody import GROUPS, LEVEL_GROUPS, Tone

_LEAST_RHYMES: Final = 3
"""So often a character must stand as a rhyme word to be listed."""
_FOR_ITSELF: Final = 30
"""A character that its traditional forms outnumber by this factor has no readings of its own: 听, but not 几."""

_READINGS_HEADING: Final = (
    "# model/lexicon/readings.py with tshet-uinh {tshet_uinh} and OpenCC {opencc}: a character and the groups of its "
    "readings that Tang poets use, by {poems:,} poems; or a glyph = what it is written for\n"
)
_RHYMES_HEADING: Final = (
    "# model/lexicon/readings.py with tshet-uinh {tshet_uinh} and OpenCC {opencc}: a group and the characters that "
    "Tang poets rhyme with, the most used first, by {poems:,} poems\n"
)


def candidates(used: Mapping[str, int]) -> dict[str, str]:
    """All readings that dictionaries have for each character, as its groups joined.

    A glyph that they lack, and that poems use often, has those of the characters that it is written for. A character
    that poems hardly use but for its simplified sense has none.

    Args:
        used: how often each character occurs in the poems.
    """
    readings = dictionary_readings()
    for character, forms in standard_forms(readings).items():
        if used.get(character, 0) * _FOR_ITSELF < sum(used.get(form, 0) for form in forms):
            readings.pop(character, None)
    for glyph, forms in glyphs(readings).items():
        if glyph not in readings and used.get(glyph, 0) >= LEAST_SEEN:
            readings[glyph] = "".join(dict.fromkeys(name for form in forms for name in readings[form]))
    return readings


def readings_table(readings: Mapping[str, str], evidence: Evidence) -> str:
    """The text of `readings.txt`."""
    forms = glyphs(readings)
    entries = [f"{character} {names}\n" for character, names in readings.items()]
    aliases = [f"{glyph}={characters}\n" for glyph, characters in forms.items()]
    return _heading(_READINGS_HEADING, evidence) + "".join(sorted(entries) + sorted(aliases))


def rhyme_words_table(readings: Mapping[str, str], evidence: Evidence) -> str:
    """The text of `rhyme_words.txt`."""
    words: dict[str, Counter[str]] = {group: Counter() for group in LEVEL_GROUPS}
    for character, seen in evidence.rhymes.items():
        for group, times in seen.items():
            if times >= _LEAST_RHYMES and group in readings[character]:
                words[group][character] = times
    ranked = {group: sorted(seen, key=lambda word: (-seen[word], word)) for group, seen in words.items()}
    return _heading(_RHYMES_HEADING, evidence) + "".join(
        f"{group} {''.join(characters)}\n" for group, characters in ranked.items()
    )


def tones_table(readings: Mapping[str, str], evidence: Evidence) -> str:
    """Each character of two tones with how often it stands in level and in other places, the most used first."""
    seen = sorted(((evidence.tones[char], char) for char in _of_two_tones(readings)), key=lambda one: -one[0].total())
    return "".join(f"{char} {tones[Tone.LEVEL]} {tones[Tone.OBLIQUE]}\n" for tones, char in seen if tones)


def _heading(text: str, evidence: Evidence) -> str:
    return text.format(tshet_uinh=version("tshet-uinh"), opencc=version("opencc"), poems=evidence.poems)


def main(arguments: Sequence[str] | None = None) -> None:
    """Write a table to the output, and what it changes to the errors."""
    parser = argparse.ArgumentParser(prog="python -m model.lexicon.readings", description="Make the tables of prosody.")
    parser.add_argument("corpus", type=Path, help="chinese-poetry: a folder or an archive")
    other = parser.add_mutually_exclusive_group()
    other.add_argument("--rhyme-words", action="store_true", help="the table of rhyme words, not that of readings")
    other.add_argument("--tones", action="store_true", help="the places in which characters of two tones stand")
    options = parser.parse_args(arguments)
    poems = split_corpus(load_corpus(options.corpus, dynasties=("tang",)).poems).train
    used = Counter(character for poem in poems for line in poem.lines for character in line)
    before = candidates(used)
    after, evidence = attested(poems, before)
    make = rhyme_words_table if options.rhyme_words else tones_table if options.tones else readings_table
    sys.stdout.buffer.write(make(after, evidence).encode())
    shares = (_share(used, which) for which in ([*after, *glyphs(after)], _of_two_tones(before), _of_two_tones(after)))
    print("known {:.2%}; of two tones by the dictionaries {:.1%}, by the poets {:.1%}".format(*shares), file=sys.stderr)


def _of_two_tones(readings: Mapping[str, str]) -> list[str]:
    return [character for character, names in readings.items() if len({GROUPS[name].tone for name in names}) > 1]


def _share(used: Mapping[str, int], characters: Iterable[str]) -> float:
    """Of all characters of the poems, as often as they come, the share that these are."""
    return sum(used.get(character, 0) for character in set(characters)) / max(1, sum(used.values()))


if __name__ == "__main__":
    main()
