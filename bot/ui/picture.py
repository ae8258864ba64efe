"""A poem's picture on a card, and alone; its text stands in it for those who hear it."""

import io
from typing import Any, Final

import discord

from bot.services.fonts import Typeface
from bot.services.pictures import Sheet
from bot.store.poems import PoemRecord
from bot.ui.guards import GuardedLayout

FILE_NAME: Final = "poem.png"
LONGEST_ALT_TEXT: Final = 1_024


class PictureCard(GuardedLayout):
    """The picture alone."""

    def __init__(self, poem: PoemRecord) -> None:
        super().__init__(timeout=None)
        self.add_item(gallery(poem))
        self.stop()


def draw(sheet: Sheet, typeface: Typeface) -> bytes:
    """The sheet as a PNG. It computes, so it belongs beside the event loop."""
    from bot.ui import drawing  # noqa: PLC0415 - Pillow takes a moment, and the start does not wait for it

    return drawing.draw(sheet, typeface)


def gallery(poem: PoemRecord) -> discord.ui.MediaGallery[Any]:
    """Where the picture stands in a layout; the file goes with it."""
    return discord.ui.MediaGallery(discord.MediaGalleryItem(f"attachment://{FILE_NAME}", description=alt_text(poem)))


def picture_file(picture: bytes) -> discord.File:
    return discord.File(io.BytesIO(picture), FILE_NAME)


def alt_text(poem: PoemRecord) -> str:
    """The poem in full, as far as Discord lets it."""
    text = f"《{poem.theme}》\n{poem.text}" if poem.theme else poem.text
    return text if len(text) <= LONGEST_ALT_TEXT else f"{text[: LONGEST_ALT_TEXT - 1]}…"


def has_picture(message: discord.Message | None) -> bool:
    """Whether a card shows its picture already, above what it consists of or in it."""
    return message is not None and any(map(_shows_pictures, message.components))


def _shows_pictures(component: object) -> bool:
    if isinstance(component, discord.Container):
        return any(map(_shows_pictures, component.children))
    return isinstance(component, discord.MediaGalleryComponent)


def with_picture(message: discord.Message, poem: PoemRecord) -> discord.ui.LayoutView:
    """A card as it is, in its language and with its counts, and the picture above it."""
    layout = discord.ui.LayoutView.from_message(message, timeout=None)
    parts = layout.children
    layout.clear_items()
    for part in (gallery(poem), *parts):
        layout.add_item(part)
    layout.stop()
    return layout
