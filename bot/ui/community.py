"""What a server's people see together: their most loved poems, the hall of fame, the poem of the day."""

from enum import StrEnum
from typing import Final

import discord
from discord.utils import format_dt

from bot.store.community import LovedPoem
from bot.store.paging import Page, Turn
from bot.store.poems import KeptPoem
from bot.ui.pages import Entry, PoemPage, arrows, menu_of
from bot.ui.poem import PoemCard
from bot.ui.text import shown
from bot.words import Language, say

OPEN: Final = "top:open"
LONGEST_NAME: Final = 32


class Period(StrEnum):
    """Of which time the stars count."""

    WEEK = "week"
    MONTH = "month"
    EVER = "ever"


TURN: Final = rf"top:(?P<period>{'|'.join(Period)}):(?P<turn>on|back):(?P<stars>[0-9]{{1,19}})\.(?P<poem>[0-9]{{1,19}})"


def top_page(page: Page[LovedPoem], period: Period, language: Language) -> PoemPage:
    """A page of the most loved poems."""
    entries = [
        Entry(
            loved.kept.id,
            loved.kept.poem,
            head=f"⭐ {loved.stars}",
            foot=say(language, "top.written", when=format_dt(loved.kept.made_at, "D")),
        )
        for loved in page.rows
    ]
    rows = [
        menu_of(entries, OPEN, f"📜 {say(language, 'top.open')}"),
        arrows(
            _turn_id(period, Turn.BACK, page.rows[0]) if page.before else None,
            _turn_id(period, Turn.ON, page.rows[-1]) if page.behind else None,
        ),
    ]
    return PoemPage(f"### 🏆 {say(language, f'top.title.{period}')}", entries, rows)


def _turn_id(period: Period, turn: Turn, loved: LovedPoem) -> str:
    return f"top:{period}:{turn}:{'.'.join(map(str, loved.key))}"


class PostedCard(PoemCard):
    """A poem that the bot posts by itself, with a line that says why."""

    def __init__(self, kept: KeptPoem, line: str, language: Language, *, pictured: bool = False) -> None:
        super().__init__(kept.poem, kept.id, language, loved=kept.loved, pictured=pictured)
        self.add_item(discord.ui.TextDisplay(f"-# {line}"))


def fame_line(name: str | None, language: Language) -> str:
    """Why a poem is in the hall of fame, and who asked for it, where that can be said."""
    if name is None:
        return f"🏛️ {say(language, 'fame.line')}"
    return f"🏛️ {say(language, 'fame.line_by', name=shown(name, LONGEST_NAME))}"


def daily_line(occasion: str, language: Language) -> str:
    """What day it is."""
    return f"🗓️ {say(language, 'daily.line', occasion=say(language, f'occasion.{occasion}'))}"
