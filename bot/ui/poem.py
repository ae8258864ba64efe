"""The card of a poem."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import discord
from discord.utils import escape_markdown

from bot.store.poems import PoemRecord
from bot.ui.guards import GuardedLayout
from bot.ui.picture import gallery
from bot.ui.presses import Press, custom_id
from bot.words import Language, say
from model.script import HAN

VERMILION: Final = discord.Colour(0xA6382E)  # of a seal's ink
SHORT_WEIGHTS: Final = 8
MOST_CHARACTERS: Final = 4_000  # over all texts of a layout
_VERSE: Final = re.compile(r"(?P<characters>[^，。\s]+)[，。]?")
_FIRST_OF_LINE: Final = re.compile(f"(?<![{HAN}])[{HAN}]")


class PoemCard(GuardedLayout):
    """The poem, what it was made from, and what can be pressed."""

    def __init__(
        self,
        poem: PoemRecord,
        poem_id: int,
        language: Language,
        *,
        loved: int = 0,
        pinyin: Mapping[str, str] | None = None,
        pictured: bool = False,
    ) -> None:
        """Nothing is sent yet.

        Args:
            poem: what is shown.
            poem_id: under which its buttons find it.
            language: of the small print and the buttons.
            loved: how many keep it.
            pinyin: to be shown below each line that it has.
            pictured: whether its picture is sent with it.
        """
        super().__init__(timeout=None)
        if pictured:
            self.add_item(gallery(poem))
        container: discord.ui.Container[PoemCard] = discord.ui.Container(accent_colour=VERMILION)
        if poem.theme:
            container.add_item(discord.ui.TextDisplay(f"### 《{escape_markdown(poem.theme)}》"))
        small_print = "\n".join(f"-# {line}" for line in _small_print(poem, language))
        text = _with_pinyin(poem, pinyin) if pinyin else _text(poem)
        if container.content_length() + len(text) + len(small_print) > MOST_CHARACTERS:
            text = _text(poem)
        container.add_item(discord.ui.TextDisplay(text))
        container.add_item(discord.ui.TextDisplay(small_print))
        for row in _rows(poem, poem_id, language, loved):
            container.add_item(row)
        self.add_item(container)
        self.stop()  # its buttons need no view in memory


def lines_of(poem: PoemRecord) -> list[str]:
    return [line for line in re.split(r"[，。\s]+", poem.text) if line]


def _rows(poem: PoemRecord, poem_id: int, language: Language, loved: int) -> Iterator[discord.ui.ActionRow[Any]]:
    """A line can be written anew where there is a form to hold."""
    yield discord.ui.ActionRow(
        _button(poem_id, Press.KEEP, "⭐", count_label(loved)),
        _button(poem_id, Press.ANOTHER, "🔁", say(language, "poem.another")),
        _button(poem_id, Press.CRAFT, "📖", say(language, "poem.craft")),
        _button(poem_id, Press.PICTURE, "🖼️", say(language, "picture.button")),
        _button(poem_id, Press.REMOVE, "🗑️"),
    )
    if poem.wish["form"]:
        lines = [
            discord.SelectOption(label=f"{number} · {line}", value=str(number - 1))
            for number, line in enumerate(lines_of(poem), start=1)
        ]
        menu: discord.ui.Select[Any] = discord.ui.Select(
            placeholder=f"✏️ {say(language, 'poem.line')}", custom_id=custom_id(poem_id, Press.LINE), options=lines
        )
        yield discord.ui.ActionRow(menu)


def count_label(loved: int) -> str | None:
    """How many keep a poem, beside the star; in no language, so that anybody's press may change it."""
    return str(loved) if loved else None


def _button(poem_id: int, press: Press, emoji: str, label: str | None = None) -> discord.ui.Button[Any]:
    return discord.ui.Button(label=label, emoji=emoji, custom_id=custom_id(poem_id, press))


def _text(poem: PoemRecord, part: str | None = None) -> str:
    text = escape_markdown(part or poem.text)
    return _FIRST_OF_LINE.sub(r"**\g<0>**", text) if poem.wish.get("heads") else text


def _with_pinyin(poem: PoemRecord, pinyin: Mapping[str, str]) -> str:
    """Each line of verse on a line of its own, and below it how it is read."""
    verses = [(verse.group(), pinyin.get(verse["characters"])) for verse in _VERSE.finditer(poem.text)]
    return "\n".join(_text(poem, verse) + (f"\n-# {said}" if said else "") for verse, said in verses)


def _small_print(poem: PoemRecord, language: Language) -> list[str]:
    """What makes the poem again when it is given to the command; and what was odd about the wish."""
    asked = poem.wish["form"]
    form = say(language, f"form_name.{asked or 'free'}")
    if asked is None and poem.form is not None:
        form = f"{form} ({say(language, f'form_name.{poem.form}')})"
    heads, candidates = poem.wish.get("heads"), poem.wish.get("candidates", 1)
    parts = [
        *([say(language, "poem.acrostic", heads=heads)] if heads else []),
        *([poem.start] if poem.start else []),
        form,
        say(language, "poem.temperature", temperature=poem.wish["temperature"]),
        say(language, "poem.seed", seed=poem.seed),
        *([say(language, "poem.best_of", candidates=candidates)] if candidates > 1 else []),
        say(language, "poem.weights", weights=poem.weights[:SHORT_WEIGHTS]),
    ]
    lines = [" · ".join(parts)]
    if (theme := poem.wish.get("theme")) and not poem.theme:
        lines.append(say(language, "poem.unheeded", theme=escape_markdown(theme)))
    if poem.unknown:
        lines.append(say(language, "poem.unknown", characters=poem.unknown))
    if poem.broken:
        lines.append(say(language, "poem.broken", characters=poem.broken))
    return lines
