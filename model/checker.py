"""Whether a poem keeps the rules of regulated verse, by tones and rhymes alone; knows nothing of how poems are made."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from model.forms import Form, Pattern, patterns
from model.metre import BOTH, departures
from model.prosody import Tone, tones
from model.report import TONE_RULES, Fault, Licence, LineReport, PlaceReport, Remark, Report, Rule, Sense, Verdict
from model.rhyming import discords, rhyme_group
from model.script import HAN, Script, convert, unify

__all__ = [
    "Fault",
    "Licence",
    "LineReport",
    "PlaceReport",
    "Remark",
    "Report",
    "Rule",
    "Sense",
    "Verdict",
    "check",
]

_LINE: Final = re.compile(f"[{HAN}]+")
_SENTENCE_MARK: Final = re.compile("[，。！？；：,.!?;]")
_LONGEST_HEADING: Final = 3
_END_RULES: Final = frozenset({Rule.ODD_END, Rule.EVEN_END, Rule.RHYME})


@dataclass(frozen=True, slots=True)
class _Line:
    """A line as it was typed, and in traditional characters; whether it has the form's length."""

    typed: str
    text: str
    fits: bool = True


@dataclass(frozen=True, slots=True)
class _Finding:
    """What is found by one pattern."""

    pattern: Pattern
    faults: tuple[Fault, ...]
    remarks: tuple[Remark, ...]

    @property
    def cost(self) -> tuple[int, ...]:
        """Less is better: what is broken for certain, then in the strict sense; what is accepted.

        A first line that ends in the rhyme is meant to, whatever else it breaks; one that ends level, most likely.
        """
        faults = self.faults
        ends = sum(fault.rule in _END_RULES for fault in faults)
        tone = sum(fault.rule in TONE_RULES for fault in faults)
        return sum(fault.certain for fault in faults), len(faults), ends, tone, len(self.remarks)


def check(text: str, form: Form | str | None = None, traditional: str | None = None) -> Report:
    """Check a poem by the pattern that it breaks least.

    Args:
        text: the poem, in either script; anything but a Han character ends a line. Up to three rows without punctuation
            before the poem are taken for its heading where only the rest has a form.
        form: that the poem should have; None for the one that its lines have.
        traditional: the same text in traditional characters, where it is known; else it is derived from the text, which
            cannot always tell what a simplified character stands for.

    Returns:
        What it keeps and breaks. A poem whose lines have no form, or not the one that is asked for, has faults of
        `Rule.SHAPE`; where the number of lines is right, those of the right length are checked all the same.

    Raises:
        ValueError: there is no such form, or the two texts differ in length.
    """
    text = unify(text)
    # As a whole: the context tells which traditional character a simplified one stands for.
    known = convert(text, Script.HANT) if traditional is None else traditional
    if len(known) != len(text):
        raise ValueError("the text in traditional characters has another length")
    lines, form = _read(text, known, None if form is None else Form(form))
    shape = _shape_faults(lines, form)
    if form is None or len(lines) != form.line_count or len(shape) == len(lines):
        return Report(
            form, None, None, tuple(_line_report(line, index, None) for index, line in enumerate(lines)), shape, ()
        )
    lines = [_Line(line.typed, line.text, len(line.text) == form.line_length) for line in lines]
    group = rhyme_group([line.text[-1] for line in lines[1::2] if line.fits], lines[0].text[-1])
    finding = min((_find(lines, pattern, group) for pattern in patterns(form)), key=lambda finding: finding.cost)
    faults = sorted((*shape, *finding.faults), key=lambda fault: (fault.line or 0, fault.place or 0))
    reports = tuple(_line_report(line, index, finding) for index, line in enumerate(lines))
    return Report(form, finding.pattern, group, reports, tuple(faults), finding.remarks)


def _read(text: str, traditional: str, form: Form | None) -> tuple[list[_Line], Form | None]:
    """The lines, less a heading, and the form: the one asked for, or theirs."""
    rows = [(row.start(), row.end()) for row in re.finditer(r"[^\r\n]+", text) if _LINE.search(row.group())]
    start, heading = 0, set[int]()
    for first, last in rows[: _LONGEST_HEADING + 1]:
        lines = [_Line(line.group(), traditional[slice(*line.span())]) for line in _LINE.finditer(text, start)]
        found = Form.detect([line.text for line in lines])
        if found is not None and form in {None, found} and found.line_length not in heading:
            return lines, found
        if _SENTENCE_MARK.search(text, first, last):
            break
        heading.add(len(_LINE.findall(text, first, last)[0]))
        start = last
    return [_Line(line.group(), traditional[slice(*line.span())]) for line in _LINE.finditer(text)], form


def _shape_faults(lines: list[_Line], form: Form | None) -> tuple[Fault, ...]:
    if form is None or len(lines) != form.line_count:
        return (Fault(Rule.SHAPE),)
    return tuple(
        Fault(Rule.SHAPE, index, characters=line.typed)
        for index, line in enumerate(lines)
        if len(line.text) != form.line_length
    )


def _find(lines: list[_Line], pattern: Pattern, group: str | None) -> _Finding:
    findings = [*_tone_findings(lines, pattern, group), *_rhyme_findings(lines, pattern, group)]
    faults = tuple(finding for finding in findings if isinstance(finding, Fault))
    remarks = sorted((finding for finding in findings if isinstance(finding, Remark)), key=lambda one: one.line)
    return _Finding(pattern, faults, tuple(remarks))


def _tone_findings(lines: list[_Line], pattern: Pattern, group: str | None) -> Iterator[Fault | Remark]:
    # An unknown character may have either tone.
    known = [[tones(char) or BOTH for char in line.text] if line.fits else None for line in lines]
    for found in departures(known, pattern):
        line = lines[found.line]
        typed = line.typed[found.place]
        if found.licence:
            yield Remark(found.licence, found.line, found.place, typed)
        if found.rule:
            rule = found.rule if tones(line.text[found.place]) else Rule.UNKNOWN
            rhyme = group if rule is Rule.EVEN_END else None
            yield Fault(rule, found.line, found.place, typed, found.certain, found.wanted, rhyme)


def _rhyme_findings(lines: list[_Line], pattern: Pattern, group: str | None) -> Iterator[Fault | Remark]:
    rhyming = [index for index, rhymes in enumerate(pattern.rhyming) if rhymes and lines[index].fits]
    for found in discords({index: lines[index].text[-1] for index in rhyming}, group):
        typed, place = lines[found.line].typed[-1], pattern.form.line_length - 1
        if found.borrowed:
            yield Remark(Licence.BORROWED_RHYME, found.line, place, typed, found.borrowed)
        if found.rule:
            yield Fault(found.rule, found.line, place, typed, found.certain, Tone.LEVEL, group)


def _line_report(line: _Line, index: int, finding: _Finding | None) -> LineReport:
    if finding is None or not line.fits:
        unchecked = [
            PlaceReport(typed, tones(char), None, Verdict.UNCHECKED)
            for typed, char in zip(line.typed, line.text, strict=True)
        ]
        return LineReport(tuple(unchecked), None)
    certain = {f.place: f.certain for f in finding.faults if f.line == index and f.rule in TONE_RULES}
    places = [
        PlaceReport(typed, tones(char), wanted, _verdict(tones(char), wanted, certain.get(place)))
        for place, (typed, char, wanted) in enumerate(
            zip(line.typed, line.text, finding.pattern.places[index], strict=True)
        )
    ]
    return LineReport(tuple(places), finding.pattern.types[index])


def _verdict(have: frozenset[Tone], wanted: str, broken_for_certain: bool | None) -> Verdict:  # noqa: FBT001 - private
    if not have:
        return Verdict.UNKNOWN
    if broken_for_certain is not None:
        return Verdict.BROKEN if broken_for_certain else Verdict.DOUBTFUL
    return Verdict.KEPT if wanted == "中" or wanted in have else Verdict.EXCUSED
