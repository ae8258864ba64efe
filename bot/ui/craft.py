"""The craft of a poem: tones against the pattern, pinyin, rhymes, and what breaks which rule."""

from collections.abc import Iterator
from typing import Final

import discord

from bot.services.craft import Craft, Outcome
from bot.ui.guards import GuardedLayout
from bot.ui.terms import group_title, sign_of, sign_of_place
from bot.words import Language, count_words, say
from model.prosody import Tone
from model.report import Fault, LineReport, Remark, Verdict
from model.script import Script, convert

COLOURS: Final = {
    Outcome.STRICT: discord.Colour(0x3F7D5C),
    Outcome.LENIENT: discord.Colour(0x3F7D5C),
    Outcome.GIVEN: discord.Colour(0x3F7D5C),
    Outcome.BROKEN: discord.Colour(0xA6382E),
    Outcome.SHAPELESS: discord.Colour(0x4A4E69),
}
MOST_CHARACTERS: Final = 4_000
"""Discord's limit over all texts of a layout."""
MOST_LINES: Final = 16
MOST_NOTES: Final = 7
"""Notes on one line."""
LONGEST_LINE: Final = 24
MOST_LENGTHS: Final = 12
"""Lines whose lengths are listed one by one."""
_FEET: Final = {5: (2, 2, 1), 7: (2, 2, 2, 1)}
_SPACE: Final = "\N{IDEOGRAPHIC SPACE}"


class CraftCard(GuardedLayout):
    """A poem line by line."""

    def __init__(self, craft: Craft, language: Language, script: Script) -> None:
        super().__init__(timeout=None)
        words = _Words(craft, language, script)
        head, small_print = "\n".join(words.head()), "\n".join(f"-# {line}" for line in words.small_print())
        container: discord.ui.Container[CraftCard] = discord.ui.Container(accent_colour=COLOURS[craft.outcome])
        container.add_item(discord.ui.TextDisplay(head))
        container.add_item(discord.ui.Separator())
        for line in words.lines(MOST_CHARACTERS - len(head) - len(small_print)):
            container.add_item(discord.ui.TextDisplay(line))
        container.add_item(discord.ui.Separator())
        container.add_item(discord.ui.TextDisplay(small_print))
        self.add_item(container)
        self.stop()


class _Words:
    """Says what was found. All characters of the poem are Han, and no sign of Markdown."""

    def __init__(self, craft: Craft, language: Language, script: Script) -> None:
        self.craft = craft
        self.report = craft.report
        self.language = language
        self.script = script

    def say(self, key: str, **values: object) -> str:
        return say(self.language, key, **values)

    def head(self) -> Iterator[str]:
        """Form and pattern, the verdict, the rhyme."""
        report, outcome = self.report, self.craft.outcome
        if report.form is None or report.pattern is None:
            yield f"### {self.shape()}"
        else:
            pattern = self.say(f"pattern.{report.pattern.name}")
            yield f"### {self.say(f'form_name.{report.form.value}')} · {pattern}"
        count = sum(fault.certain for fault in self.craft.own_faults)
        if report.form is not None and outcome is Outcome.SHAPELESS:
            form = report.form
            yield self.say(
                "craft.outcome.other_form",
                form=self.say(f"form_name.{form.value}"),
                lines=form.line_count,
                length=form.line_length,
            )
        else:
            yield self.say(f"craft.outcome.{outcome.value}", count=count)
        if self.craft.shared is not None:
            yield self.say("craft.rhyme", group=group_title(self.craft.shared, self.script))

    def shape(self) -> str:
        """How many lines of how many characters."""
        lengths = [len(line.places) for line in self.report.lines]
        if len(set(lengths)) == 1:
            return self.say("craft.shape.even", lines=len(lengths), length=lengths[0])
        listed = " · ".join(map(str, lengths[:MOST_LENGTHS])) + " …" * (len(lengths) > MOST_LENGTHS)
        return self.say("craft.shape.mixed", lines=len(lengths), lengths=listed)

    def lines(self, room: int) -> list[str]:
        """The lines, with as many notes to each as there is room for."""
        shown = range(min(len(self.report.lines), MOST_LINES))
        for notes in range(MOST_NOTES, 0, -1):
            lines = ["\n".join(self.line(index, notes)) for index in shown]
            if sum(map(len, lines)) <= room:
                return lines
        return ["\n".join(self.line(index, notes=0)) for index in shown]

    def line(self, index: int, notes: int) -> Iterator[str]:
        """The characters and their pinyin; tones; what is to be said of the line, so many notes at the most."""
        line = self.report.lines[index]
        pinyin = " ".join(filter(None, self.craft.pinyin[index][:LONGEST_LINE]))
        yield f"**{self.characters(index, line)}**" + (f"{_SPACE}*{pinyin}*" if pinyin else "")
        yield self.tones(line)
        said = [self.fault(fault) for fault in self.report.faults if fault.line == index]
        said += [f"◇ {self.remark(remark)}" for remark in self.report.remarks if remark.line == index]
        yield from (f"-# {note}" for note in said[:notes])
        if said[notes:]:
            yield f"-# … +{len(said[notes:])}"

    def characters(self, index: int, line: LineReport) -> str:
        """The line, those that are given in brackets."""
        shown = ""
        for place, character in enumerate(line.text[:LONGEST_LINE]):
            given = (index, place) in self.craft.given
            shown += "〔" * (given and (index, place - 1) not in self.craft.given) + character
            shown += "〕" * (given and (index, place + 1) not in self.craft.given)
        return shown + "…" * (len(line.places) > LONGEST_LINE)

    def tones(self, line: LineReport) -> str:
        """The tones that the line has, those that break the pattern in brackets; then those that the pattern wants."""
        have = [sign_of(place.tones) for place in line.places[:LONGEST_LINE]]
        wanted = [sign_of_place(place.wanted) for place in line.places if place.wanted is not None]
        if not wanted:
            return _in_feet(have)
        marked = [
            f"【{sign}】" if place.verdict is Verdict.BROKEN else sign
            for sign, place in zip(have, line.places, strict=True)
        ]
        return f"{_in_feet(marked)}{_SPACE}（{_in_feet(wanted)}）"

    def fault(self, fault: Fault) -> str:
        said = self.say(f"rule.{fault.rule.value}", **self.values(fault))
        if self.craft.exempt(fault):
            return f"◇ {self.say('craft.exempt', fault=said)}"
        if not fault.certain:
            said = self.say("craft.uncertain" if self.is_known(fault) else "craft.unread", fault=said)
        mends = convert(" ".join(self.craft.mends.get(fault, ())), self.craft.script or self.script)
        return f"{'❌' if fault.certain else '❔'} {said}" + (f"\n-# → {mends}" if mends else "")

    def is_known(self, fault: Fault) -> bool:
        """Whether the character at fault has readings."""
        return fault.line is None or bool(self.report.lines[fault.line].places[fault.place or 0].tones)

    def values(self, fault: Fault) -> dict[str, object]:
        form = self.report.form
        return {
            "place": (fault.place or 0) + 1,
            "characters": fault.characters[:LONGEST_LINE],
            "length": len(fault.characters),
            "wanted_length": form.line_length if form is not None else 0,
            "wanted": self.say(f"tone.{'oblique' if fault.wanted is Tone.OBLIQUE else 'level'}"),
            "group": group_title(fault.group, self.script) if fault.group else self.say("craft.one_group"),
        }

    def remark(self, remark: Remark) -> str:
        group = group_title(remark.group, self.script) if remark.group is not None else ""
        return self.say(f"licence.{remark.kind.value}", characters=remark.characters, group=group)

    def small_print(self) -> Iterator[str]:
        hidden = len(self.report.lines) - MOST_LINES
        if hidden > 0:
            yield count_words(self.language, "craft.more_lines", count=hidden)
        if self.craft.unasked:
            yield self.say("craft.unasked")
        if any(self.craft.mends.values()):
            yield self.say("craft.mends")
        if self.craft.given:
            yield self.say("craft.given")
        yield self.say("craft.legend" if self.report.pattern is not None else "craft.legend_without_pattern")


def _in_feet(signs: list[str]) -> str:
    """Signs in twos and one, as a line is read."""
    feet = _FEET.get(len(signs))
    if feet is None:
        return "".join(signs)
    parts, start = [], 0
    for foot in feet:
        parts.append("".join(signs[start : start + foot]))
        start += foot
    return " ".join(parts)
