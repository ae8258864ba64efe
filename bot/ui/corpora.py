"""What the owner sees of corpora: the list, what one holds, and what an upload would bring."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

import discord
from discord.utils import escape_markdown

from bot.ui.admin import OwnersCard
from bot.ui.text import shown
from bot.words import Language, count_words, say

CORPUS_BUTTON: Final = r"admin:corpus:(?P<act>keep|drop|remove):(?P<what>[a-z0-9-]{1,32})"
LONGEST_FILE: Final = 60
LONGEST_SAMPLE: Final = 80
MOST_RULES: Final = 8

# The rules of model.corpus.cleaning, by what they are called in the texts.
_RULES: Final = {
    "editorial notes in brackets": "notes",
    "footnote numbers": "footnotes",
    "brackets of restored characters": "restored",
    "enumeration marks": "enumeration",
    "quotation marks": "quotes",
    "unclosed brackets": "unbalanced",
    "lost characters": "lost",
    "characters that no font has": "missing",
    "latin letters and digits": "latin",
    "notes and prose": "prose",
    "other characters": "strange",
    "empty": "empty",
    "too long": "long",
    "duplicates": "duplicate",
}


class Act(StrEnum):
    """What can be done about a corpus; part of custom ids, so never to be renamed."""

    KEEP = "keep"
    DROP = "drop"
    REMOVE = "remove"


def corpus_line(name: str, statistics: Mapping[str, Any] | None, file: str, language: Language, *, ready: bool) -> str:
    """A corpus in the list."""
    parts = [f"**{name}**"]
    if not ready:
        parts.append(say(language, "corpus.unfinished"))
    elif statistics is not None:
        parts.append(count_words(language, "corpus.poems", count=statistics["poems"]))
        parts.append(say(language, f"corpus.script.{statistics['script']}"))
    else:
        parts.append(say(language, "corpus.not_counted"))
    if file:
        parts.append(shown(file, LONGEST_FILE))
    return " · ".join(parts)


def holding_lines(
    statistics: Mapping[str, Any], held_out: int, samples: Sequence[str], language: Language
) -> list[str]:
    """What a corpus holds, what was dropped and why, and a few poems."""
    forms = " · ".join(f"{name} {count:,}" for name, count in statistics["forms"].items() if name != "other" and count)
    lines = [
        say(
            language,
            "corpus.holds",
            poems=f"{statistics['poems']:,}",
            read=f"{statistics['read']:,}",
            characters=f"{statistics['characters']:,}",
            distinct=f"{statistics['distinct']:,}",
            script=say(language, f"corpus.script.{statistics['script']}"),
        ),
        say(language, "corpus.forms", forms=forms or "–", others=f"{statistics['forms']['other']:,}"),
        *_rules("corpus.dropped", statistics["dropped"], language),
        *_rules("corpus.changed", statistics["changed"], language),
        say(language, "corpus.held_out", count=f"{held_out:,}"),
    ]
    return [
        *lines,
        *(f"> {escape_markdown(text[:LONGEST_SAMPLE])}{'…' * (len(text) > LONGEST_SAMPLE)}" for text in samples),
    ]


def taken_card(token: str, name: str, file: str, lines: Sequence[str], language: Language) -> OwnersCard:
    """What an upload would bring; it is kept apart until a button is pressed."""
    title = say(language, "corpus.read", file=shown(file, LONGEST_FILE))
    question = say(language, "corpus.question", name=name)
    buttons = [
        _button(Act.KEEP, token, language, discord.ButtonStyle.primary),
        _button(Act.DROP, token, language, discord.ButtonStyle.secondary),
    ]
    return OwnersCard("\n".join([f"### {title}", *lines, "", f"**{question}**"]), [buttons])


def remove_card(name: str, language: Language) -> OwnersCard:
    """Asks whether a corpus is to be removed."""
    button = _button(Act.REMOVE, name, language, discord.ButtonStyle.danger)
    return OwnersCard(say(language, "corpus.remove_question", name=name), [[button]])


def _button(act: Act, what: str, language: Language, style: discord.ButtonStyle) -> discord.ui.Button[Any]:
    return discord.ui.Button(
        label=say(language, f"corpus.act.{act}"), style=style, custom_id=f"admin:corpus:{act}:{what}"
    )


def _rules(key: str, counts: Mapping[str, int], language: Language) -> list[str]:
    """How often each rule did something, the most frequent first; none where nothing was done."""
    found = sorted(counts.items(), key=lambda entry: -entry[1])[:MOST_RULES]
    named = "; ".join(f"{say(language, f'corpus.rule.{_RULES[rule]}')} {count:,}" for rule, count in found)
    return [say(language, key, rules=named)] if named else []
