"""Commands that show how the networks work."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final, Self

import discord
from discord import app_commands
from discord.ext import commands

from bot.app import VERSION, PoetBot
from bot.cogs.pictures import MayNotAttach, may_attach
from bot.cogs.waiting import answered, server_of
from bot.reading import reader_of
from bot.requests import origin_of
from bot.services.refusals import Forgotten
from bot.services.state_pictures import StatesChanged
from bot.store.additions import AdditionRecord
from bot.ui.addition import AdditionCard, addition_file, page_count
from bot.ui.guards import GuardedItem
from bot.ui.picture import has_picture
from bot.ui.states import states_file
from bot.words import Language, say, word
from model.addition.numbers import read_number, true_result
from model.addition.operations import OPERATIONS
from model.recipes import OperationName

if TYPE_CHECKING:
    from model.addition.state_map import StateMap

Interaction = discord.Interaction[PoetBot]

ARROWS: Final = {"first": "⏮", "back": "◀", "on": "▶", "last": "⏭"}
TEXT: Final = "text"
"""The display of people who want no pictures."""


class PageButton(
    GuardedItem[discord.ui.Button[Any]],
    template=r"addition:(?P<addition>[0-9]{1,18}):(?P<arrow>first|back|on|last):(?P<page>[0-9]{1,6})",
):
    """Shows another page of an addition."""

    name = "add page"

    def __init__(self, addition_id: int, arrow: str, page: int, *, disabled: bool = False) -> None:
        self.addition_id = addition_id
        self.page = page
        super().__init__(
            discord.ui.Button(
                label=ARROWS[arrow], custom_id=f"addition:{addition_id}:{arrow}:{page}", disabled=disabled
            )
        )

    @classmethod
    def of(cls, _item: discord.ui.Item[Any], match: re.Match[str]) -> Self:
        return cls(int(match["addition"]), match["arrow"], int(match["page"]))

    async def press(self, interaction: Interaction) -> None:
        await _turn(interaction, self.addition_id, self.page, pictured=has_picture(interaction.message))


class StatesButton(
    GuardedItem[discord.ui.Button[Any]],
    template=r"addition:(?P<addition>[0-9]{1,18}):states:(?P<page>[0-9]{1,6})",
):
    """Puts the picture of the hidden states on the card."""

    name = "add states"

    def __init__(self, button: discord.ui.Button[Any], addition_id: int, page: int) -> None:
        self.addition_id = addition_id
        self.page = page
        super().__init__(button)

    @classmethod
    def of(cls, item: discord.ui.Button[Any], match: re.Match[str]) -> Self:
        return cls(item, int(match["addition"]), int(match["page"]))

    @classmethod
    def below(cls, addition_id: int, page: int, language: Language) -> Self:
        """The button below a page of an addition."""
        label, custom_id = say(language, "addition.states.button"), f"addition:{addition_id}:states:{page}"
        return cls(discord.ui.Button(label=label, emoji="🔬", custom_id=custom_id), addition_id, page)

    async def press(self, interaction: Interaction) -> None:
        if not may_attach(interaction):
            raise MayNotAttach
        await _turn(interaction, self.addition_id, self.page, pictured=True)


class LearningCog(commands.Cog):
    @app_commands.command(name=word("command.add.name"), description=word("command.add.description"))
    @app_commands.rename(a=word("command.add.a.name"), b=word("command.add.b.name"), c=word("command.add.c.name"))
    @app_commands.describe(
        a=word("command.add.a.description"),
        b=word("command.add.b.description"),
        c=word("command.add.c.description"),
    )
    async def add(self, interaction: Interaction, a: str, b: str, c: str | None = None) -> None:
        """What can be wrong with the numbers is said before the deferral, privately."""
        numbers = [read_number(a), read_number(b)]
        if c is None:
            await _show(interaction, "add", numbers)
        else:
            await _show(interaction, "add-3", [*numbers, read_number(c)])

    @app_commands.command(name=word("command.subtract.name"), description=word("command.subtract.description"))
    @app_commands.rename(a=word("command.subtract.a.name"), b=word("command.subtract.b.name"))
    @app_commands.describe(a=word("command.subtract.a.description"), b=word("command.subtract.b.description"))
    async def subtract(self, interaction: Interaction, a: str, b: str) -> None:
        numbers = [read_number(a), read_number(b)]
        true_result(OPERATIONS["subtract"].signs, *numbers)  # refuses what would be below zero
        await _show(interaction, "subtract", numbers)


async def _show(interaction: Interaction, operation: OperationName, numbers: Sequence[str]) -> None:
    bot = interaction.client
    async with bot.limits.one_at_a_time(interaction.user.id, discord.utils.utcnow()):
        server = server_of(interaction)
        bot.adder.admit(server)
        await bot.limits.spend(interaction.user.id, interaction.guild_id, discord.utils.utcnow())
        await interaction.response.defer(thinking=True)
        answer = await answered(interaction, bot.adder.enter(numbers, server, operation))
        addition = AdditionRecord.of(answer.addition, VERSION, answer.certificate)
        addition_id = await bot.additions.add(addition, origin_of(interaction), discord.utils.utcnow())
        picture = await _picture_at_once(interaction, addition, answer.states)
        await _put(interaction, addition, addition_id, picture=picture)


async def _picture_at_once(interaction: Interaction, addition: AdditionRecord, states: "StateMap") -> bytes | None:
    """The picture, where it comes with the card; its button is there in any case.

    It is what the demonstration is about, and takes less time than the way to Discord and back. But nobody waits for
    other people's pictures before the digits are shown, and who chose text gets text.
    """
    bot, reader = interaction.client, reader_of(interaction)
    if not bot.config.picture.sums or reader.display == TEXT or not bot.studio.free or not may_attach(interaction):
        return None
    return await bot.state_pictures.picture(addition, states, reader.language)


async def _turn(interaction: Interaction, addition_id: int, page: int, *, pictured: bool) -> None:
    """Show a page of an addition that is kept. Its states are worked out anew, by the network that knew them."""
    bot = interaction.client
    addition = await bot.additions.get(addition_id)
    if addition is None:
        raise Forgotten
    picture = None
    if pictured:
        ticket = bot.adder.enter(addition.operands, server_of(interaction), addition.operation)
        await interaction.response.defer()
        answer = await answered(interaction, ticket)
        if answer.addition.weights != addition.weights:
            raise StatesChanged(then=addition.weights[:8])
        picture = await bot.state_pictures.picture(addition, answer.states, reader_of(interaction).language)
    await _put(interaction, addition, addition_id, page=min(max(page, 1), page_count(addition)), picture=picture)


async def _put(
    interaction: Interaction, addition: AdditionRecord, addition_id: int, *, page: int = 1, picture: bytes | None
) -> None:
    """Put the card where the answer is awaited, with the files that stand in it."""
    language = reader_of(interaction).language
    card = addition_card(addition, addition_id, language, page, pictured=picture is not None)
    file = addition_file(addition, language)
    files = [file] if file else []
    files += [states_file(picture)] if picture is not None else []
    if interaction.response.is_done():
        await interaction.edit_original_response(view=card, attachments=files)
    else:
        await interaction.response.edit_message(view=card, attachments=files)


def addition_card(
    addition: AdditionRecord, addition_id: int, language: Language, page: int = 1, *, pictured: bool = False
) -> AdditionCard:
    pages = page_count(addition)
    goals = {"first": 1, "back": page - 1, "on": page + 1, "last": pages} if pages > 1 else {}
    buttons: list[discord.ui.Item[Any]] = [
        PageButton(addition_id, arrow, goal, disabled=goal == page or not 1 <= goal <= pages)
        for arrow, goal in goals.items()
    ]
    if not pictured:
        buttons.append(StatesButton.below(addition_id, page, language))
    return AdditionCard(addition, language, page=page, buttons=buttons, pictured=pictured)


async def setup(bot: PoetBot) -> None:
    bot.add_dynamic_items(PageButton, StatesButton)
    await bot.add_cog(LearningCog())
