"""How a poem is shown: its card, with the picture and the pinyin that its reader wants; and the picture's button."""

import logging
from typing import Any, Final

import discord

from bot.app import PoetBot
from bot.cogs.items import PoemItem
from bot.errors import GONE
from bot.reading import reader_of
from bot.services.refusals import Forgotten, Refusal
from bot.store.poems import PoemRecord
from bot.ui.picture import PictureCard, has_picture, picture_file, with_picture
from bot.ui.poem import PoemCard
from bot.ui.presses import Press, template
from model.forms import Form

log = logging.getLogger(__name__)

Interaction = discord.Interaction[PoetBot]

PICTURE: Final = "picture"
"""The display that shows a poem as a picture besides its text."""


class MayNotAttach(Refusal):
    """The bot may not send files here."""

    key = "error.picture.may_not_attach"


class PictureButton(PoemItem[discord.ui.Button[Any]], template=template(Press.PICTURE)):
    """The poem above it as a picture: on the card for its author, privately for others and where the card has one."""

    name = "poem picture"

    async def press(self, interaction: Interaction) -> None:
        bot, message = interaction.client, interaction.message
        kept = await bot.poems.find(self.poem_id)
        if kept is None or message is None:
            raise Forgotten
        if not may_attach(interaction):
            raise MayNotAttach
        if kept.person_id != interaction.user.id or has_picture(message):
            await interaction.response.defer(ephemeral=True, thinking=True)
            picture = picture_file(await bot.pictures.picture(self.poem_id, kept.poem))
            await interaction.edit_original_response(view=PictureCard(kept.poem), attachments=[picture])
            return
        await interaction.response.defer()
        drawn = await bot.pictures.picture(self.poem_id, kept.poem)
        try:
            await interaction.edit_original_response(
                view=with_picture(message, kept.poem), attachments=[*message.attachments, picture_file(drawn)]
            )
        except discord.HTTPException as error:
            if error.code in GONE:
                raise
            # The card is gone, or Discord lets nobody edit it any more.
            await interaction.followup.send(view=PictureCard(kept.poem), file=picture_file(drawn), ephemeral=True)


async def show_poem(interaction: Interaction, poem_id: int, poem: PoemRecord, *, loved: int = 0) -> None:
    """Put a poem where the answer is awaited, as whoever asked likes to read it."""
    reader = reader_of(interaction)
    picture = await _wanted_picture(interaction, poem_id, poem)
    pinyin = await _pinyin(interaction, poem) if reader.pinyin else None
    card = PoemCard(poem, poem_id, reader.language, loved=loved, pinyin=pinyin, pictured=picture is not None)
    await interaction.edit_original_response(view=card, attachments=[picture] if picture is not None else [])


async def _wanted_picture(interaction: Interaction, poem_id: int, poem: PoemRecord) -> discord.File | None:
    """None where it is not wanted, or cannot be had: the card has the text, and its button says what is amiss."""
    bot = interaction.client
    display = reader_of(interaction).display or bot.config.poem.display
    if display != PICTURE or not may_attach(interaction):
        return None
    try:
        return picture_file(await bot.pictures.picture(poem_id, poem))
    except Refusal as refusal:
        log.info("Poem %d is shown without its picture: %s", poem_id, refusal.key)
        return None


async def _pinyin(interaction: Interaction, poem: PoemRecord) -> dict[str, str]:
    """How each line is read."""
    form = Form(poem.form) if poem.form else None
    craft = await interaction.client.craft.examine(poem.text, form, poem.given, poem.traditional)
    spoken = (" ".join(filter(None, of_line)) for of_line in craft.pinyin)
    return dict(zip((line.text for line in craft.report.lines), spoken, strict=True))


def may_attach(interaction: Interaction) -> bool:
    """Whether the bot may send a file where it was asked; among friends it always may."""
    return interaction.guild_id is None or interaction.app_permissions.attach_files


async def setup(bot: PoetBot) -> None:
    bot.add_dynamic_items(PictureButton)
