"""Whether the lines of a poem that rhyme do so in one level group of 平水韵."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from model.prosody import LEVEL_GROUPS, groups, neighbours
from model.report import Rule

_LEVEL_GROUPS: Final = frozenset(LEVEL_GROUPS)


@dataclass(frozen=True, slots=True)
class Discord:
    """A rhyming line that does not end in the group, or need not.

    Attributes:
        line: index of the line.
        rule: that is broken; None where a neighbouring group is accepted whatever the reading.
        certain: whether the rule is broken whatever the reading.
        borrowed: the neighbouring group in which the first line ends; None where it ends in none.
    """

    line: int
    rule: Rule | None
    certain: bool = False
    borrowed: str | None = None


def rhyme_group(words: Sequence[str], first: str = "") -> str | None:
    """The level group that most of the words have, and of several such the one that most of them have alone.

    Where this does not decide, the first line's word does, then the first of the words.

    Args:
        words: the last characters of the even lines, in traditional script.
        first: that of the first line, whether it rhymes or not.

    Returns:
        The group's name; None where no word has a level reading.
    """
    level = [groups(word) & _LEVEL_GROUPS for word in words]
    votes = {
        group: (
            sum(group in of_word for of_word in level),
            sum(of_word == {group} for of_word in level),
            group in groups(first),
            [group in of_word for of_word in level],
        )
        for group in LEVEL_GROUPS
    }
    best = max(LEVEL_GROUPS, key=lambda group: votes[group])
    return best if votes[best][0] else None


def discords(words: Mapping[int, str], group: str | None) -> Iterator[Discord]:
    """Where the rhyme is broken, or may be.

    A word that has no level reading is left to the tones: its line ends oblique.

    Args:
        words: the last character, in traditional script, of each line that should rhyme, by the line's index.
        group: in which they should rhyme; None where none of the even lines' words has a level reading.
    """
    seen: set[str] = set()
    for line, word in words.items():
        if word in seen:
            yield Discord(line, Rule.REPEATED_RHYME, certain=True)
        seen.add(word)
        found = groups(word)
        level = found & _LEVEL_GROUPS
        if not found:
            yield Discord(line, Rule.RHYME)
        elif level and group is not None:
            yield from _discord(line, level, group)


def _discord(line: int, level: frozenset[str], group: str) -> Iterator[Discord]:
    near = neighbours(group) if line == 0 else frozenset[str]()
    borrowed = min(level & near, default=None) if group not in level else None
    rule = None if level <= near | {group} else Rule.RHYME
    if rule or borrowed:
        yield Discord(line, rule, certain=group not in level and borrowed is None, borrowed=borrowed)
