"""Commands that show how the networks work."""

import re
from collections.abc import Sequence
from typing import Any, Final, Self

import discord
from discord import app_commands
from discord.ext import commands

from bot.app import VERSION, PoetBot, origin_of
from bot.cogs.waiting import answered, server_of
from bot.reading import reader_of
from bot.services.refusals import Forgotten
from bot.store.additions import AdditionRecord
from bot.ui.addition import AdditionCard, addition_file, page_count
from bot.ui.guards import GuardedItem
from bot.words import Language, word
from model.addition.numbers import read_number, true_result
from model.addition.operations import OPERATIONS
from model.recipes import OperationName

Interaction = discord.Interaction[PoetBot]

ARROWS: Final = {"first": "⏮", "back": "◀", "on": "▶", "last": "⏭"}


class PageButton(
    GuardedItem[discord.ui.Button[Any]],
    template=r"addition:(?P<addition>[0-9]{1,18}):(?P<arrow>[a-z]+):(?P<page>[0-9]{1,6})",
):
    """Shows another page of an addition."""

    name = "add page"

    def __init__(self, addition_id: int, arrow: str, page: int, *, disabled: bool = False) -> None:
        self.addition_id = addition_id
        self.page = page
        super().__init__(
            discord.ui.Button(
                label=ARROWS.get(arrow), custom_id=f"addition:{addition_id}:{arrow}:{page}", disabled=disabled
            )
        )

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], _item: discord.ui.Item[Any], match: re.Match[str]
    ) -> Self:
        return cls(int(match["addition"]), match["arrow"], int(match["page"]))

    async def press(self, interaction: Interaction) -> None:
        addition = await interaction.client.additions.get(self.addition_id)
        if addition is None:
            raise Forgotten
        page = min(max(self.page, 1), page_count(addition))
        language = reader_of(interaction).language
        file = addition_file(addition, language)
        await interaction.response.edit_message(
            view=addition_card(addition, self.addition_id, language, page), attachments=[file] if file else []
        )


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
        found = answer.addition
        addition = AdditionRecord(
            operands=found.operands,
            text=found.text,
            digits=found.digits,
            carries=found.carries,
            margins=found.margins,
            confidences=found.confidences,
            expected=found.expected,
            weights=found.weights,
            version=VERSION,
            operation=operation,
            certificate=answer.certificate,
        )
        addition_id = await bot.additions.add(addition, origin_of(interaction), discord.utils.utcnow())
        language = reader_of(interaction).language
        file = addition_file(addition, language)
        card = addition_card(addition, addition_id, language)
        await interaction.edit_original_response(view=card, attachments=[file] if file else [])


def addition_card(addition: AdditionRecord, addition_id: int, language: Language, page: int = 1) -> AdditionCard:
    pages = page_count(addition)
    goals = {"first": 1, "back": page - 1, "on": page + 1, "last": pages}
    buttons = [
        PageButton(addition_id, arrow, goal, disabled=goal == page or not 1 <= goal <= pages)
        for arrow, goal in goals.items()
    ]
    return AdditionCard(addition, language, page=page, buttons=buttons)


async def setup(bot: PoetBot) -> None:
    bot.add_dynamic_items(PageButton)
    await bot.add_cog(LearningCog())
