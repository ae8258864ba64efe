"""Whom an interaction is answered."""

from typing import Any, Final

import discord

from bot.services.readers import Reader
from bot.store.people import PersonSettings
from bot.store.servers import ServerSettings

_EXTRA: Final = "reader"


def reader_of(interaction: discord.Interaction[Any]) -> Reader:
    """The reader that was found when the request began; before that, what Discord's locale tells."""
    found = interaction.extras.get(_EXTRA)
    if isinstance(found, Reader):
        return found
    return Reader.of(PersonSettings(), interaction.locale.value, ServerSettings())


def note_reader(interaction: discord.Interaction[Any], reader: Reader) -> None:
    """From now on the interaction is answered to this reader."""
    interaction.extras[_EXTRA] = reader
