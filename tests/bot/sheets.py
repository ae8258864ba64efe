"""What the tests of poems' pictures share."""

from dataclasses import replace

from bot.services.pictures import LONGEST_COLUMN, MOST_COLUMNS
from bot.store.poems import PoemRecord
from tests.bot.keeping import POEM

LARGE, SMALL = "月", "山"


def poem(*verses: str, theme: str = "", heads: str | None = None, script: str = "hans") -> PoemRecord:
    return replace(POEM, text="，".join(verses), theme=theme, script=script, wish={**POEM.wish, "heads": heads})


FORMS = {
    "五绝": ["月山风花春"] * 4,
    "七绝": ["月山风花春江水"] * 4,
    "五律": ["月山风花春"] * 8,
    "七律": ["月山风花春江水"] * 8,
    "one": ["月山风花春江水"],
    "single": ["月"],
    "mixed": ["月山风", "月山风花春江水", "月"],
    "long": ["月山风花春江水"] * (2 * MOST_COLUMNS),
    "longest": ["月" * LONGEST_COLUMN] * 8,
}
