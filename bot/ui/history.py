"""What people see of the poems they asked for, and of one that was made again."""

from typing import Final

from discord.utils import escape_markdown, format_dt

from bot.store.paging import Page, Turn
from bot.store.poems import KeptPoem, PoemRecord
from bot.ui.pages import Entry, PoemPage, arrows, menu_of
from bot.ui.poem import SHORT_WEIGHTS
from bot.words import Language, say

TURN: Final = r"history:(?P<turn>on|back):(?P<poem>[0-9]{1,19})"
OPEN: Final = "history:open"
AGAIN: Final = "history:again"


def history_page(page: Page[KeptPoem], language: Language) -> PoemPage:
    """A page of what somebody asked for."""
    entries = [
        Entry(kept.id, kept.poem, head=format_dt(kept.made_at, "f"), foot=_made_from(kept.poem, language))
        for kept in page.rows
    ]
    rows = [
        menu_of(entries, OPEN, f"📜 {say(language, 'history.open')}"),
        menu_of(entries, AGAIN, f"🔂 {say(language, 'history.again')}"),
        arrows(
            f"history:{Turn.BACK}:{page.rows[0].id}" if page.before else None,
            f"history:{Turn.ON}:{page.rows[-1].id}" if page.behind else None,
        ),
    ]
    return PoemPage(f"### 📜 {say(language, 'history.title')}", entries, rows)


def _made_from(poem: PoemRecord, language: Language) -> str:
    heads = poem.wish.get("heads")
    parts = [
        say(language, f"form_name.{poem.wish['form'] or 'free'}"),
        *([say(language, "poem.acrostic", heads=heads)] if heads else []),
        *([escape_markdown(poem.start)] if poem.start else []),
        say(language, "poem.seed", seed=poem.seed),
        say(language, "poem.weights", weights=poem.weights[:SHORT_WEIGHTS]),
    ]
    return " · ".join(parts)


def differences(old: PoemRecord, new: PoemRecord, language: Language) -> list[str]:
    """What is not as it was when the old poem was made, as far as anything tells why the new one reads differently."""
    told = []
    if old.weights != new.weights:
        told.append(say(language, "history.differs.weights", old=old.weights, new=new.weights))
    if old.version != new.version:
        told.append(say(language, "history.differs.version", old=old.version, new=new.version))
    if old.wish.get("candidates", 1) != new.wish["candidates"]:
        count = new.wish["candidates"]
        told.append(say(language, "history.differs.candidates", old=old.wish.get("candidates", 1), new=count))
    return told or [say(language, "history.differs.nothing")]
