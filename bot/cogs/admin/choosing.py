"""People and servers by their ids, which the owner types or chooses."""

import re
from collections.abc import Sequence
from typing import Final

import discord
from discord import app_commands

from bot.app import PoetBot
from bot.services.refusals import Refusal
from bot.store.blocks import Subject
from bot.ui.text import shown

Interaction = discord.Interaction[PoetBot]
Choices = list[app_commands.Choice[str]]

MOST_OFFERED: Final = 25
LONGEST_LABEL: Final = 100
_ID: Final = re.compile(r"(?:<@!?)?([0-9]{15,19})>?")


class NotAnId(Refusal):
    key = "error.admin.id"


def id_in(text: str) -> int:
    """The id that somebody typed, chose, or mentioned.

    Raises:
        NotAnId: there is none.
    """
    found = _ID.fullmatch(text.strip())
    if found is None:
        raise NotAnId(text=shown(text))
    return int(found[1])


async def offer_servers(interaction: Interaction, typed: str) -> Choices:
    """Servers that the bot is in, by a part of their name or the beginning of their id."""
    servers = await interaction.client.whereabouts.all(discord.utils.utcnow())
    return _offered(typed, sorted(((server.id, server.name) for server in servers), key=lambda named: named[1]))


async def offer_blocked_people(interaction: Interaction, typed: str) -> Choices:
    return _offered_blocks(interaction, typed, Subject.PERSON)


async def offer_blocked_servers(interaction: Interaction, typed: str) -> Choices:
    return _offered_blocks(interaction, typed, Subject.SERVER)


def offered_names(typed: str, names: Sequence[str]) -> Choices:
    """Those names that have in them what was typed."""
    wanted = typed.strip().casefold()
    found = [name for name in names if wanted in name.casefold()]
    return [app_commands.Choice(name=name[:LONGEST_LABEL], value=name) for name in found[:MOST_OFFERED]]


def _offered_blocks(interaction: Interaction, typed: str, kind: Subject) -> Choices:
    return _offered(typed, [(block.subject_id, block.reason) for block in interaction.client.blocks.all(kind)])


def _offered(typed: str, named: list[tuple[int, str]]) -> Choices:
    wanted = typed.strip().casefold()
    found = [(number, name) for number, name in named if str(number).startswith(wanted) or wanted in name.casefold()]
    return [
        app_commands.Choice(name=f"{number} · {name}".strip(" ·")[:LONGEST_LABEL], value=str(number))
        for number, name in found[:MOST_OFFERED]
    ]
