"""Commands that look at verse: how a poem keeps its rules, what rhymes with a character."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import discord
from discord import app_commands
from discord.ext import commands

from bot.app import PoetBot
from bot.cogs.items import PoemItem
from bot.cogs.waiting import server_of
from bot.reading import reader_of
from bot.services.craft import Craft
from bot.services.verse import verse_in
from bot.ui.craft import CraftCard
from bot.ui.guards import GuardedModal
from bot.ui.presses import Press, template
from bot.ui.rhyme import RhymeCard
from bot.words import Language, say, word
from model.forms import Form
from model.script import Script, script_of

Interaction = discord.Interaction[PoetBot]

FORM_CHOICES: Final = [app_commands.Choice(name=word(f"form.{form.value}"), value=form.value) for form in Form]
LONGEST_PASTED: Final = 2_000
FORM_SECONDS: Final = 900.0  # as long as Discord lets a form be sent


class CraftButton(PoemItem[discord.ui.Button[Any]], template=template(Press.CRAFT)):
    """The craft of the poem above it, for whoever presses."""

    name = "poem craft"

    async def press(self, interaction: Interaction) -> None:
        bot, poem = interaction.client, await self.poem(interaction)
        form = Form(poem.form) if poem.form else None
        craft = await bot.craft.examine(poem.text, form, poem.given, poem.traditional)
        await interaction.response.send_message(view=craft_card(craft, interaction), ephemeral=True)


class CheckForm(GuardedModal):
    """A field to paste a poem into."""

    name = "check form"

    def __init__(self, language: Language, form: Form | None) -> None:
        super().__init__(title=say(language, "check.title"), timeout=FORM_SECONDS)
        self.form = form
        self.text: discord.ui.TextInput[Any] = discord.ui.TextInput(
            style=discord.TextStyle.paragraph, custom_id="text", max_length=LONGEST_PASTED
        )
        self.add_item(
            discord.ui.Label(
                text=say(language, "check.field"), description=say(language, "check.about"), component=self.text
            )
        )

    async def submit(self, interaction: Interaction) -> None:
        await check(interaction, self.text.value, self.form)


class CraftCog(commands.Cog):
    def __init__(self, bot: PoetBot) -> None:
        self.bot = bot
        self.menu = app_commands.ContextMenu(name=word("menu.check"), callback=self.check_message)

    async def cog_load(self) -> None:
        self.bot.tree.add_command(self.menu)

    async def cog_unload(self) -> None:
        self.bot.tree.remove_command(self.menu.name, type=self.menu.type)

    @app_commands.command(name=word("command.check.name"), description=word("command.check.description"))
    @app_commands.rename(text=word("command.check.text.name"), form=word("command.check.form.name"))
    @app_commands.describe(text=word("command.check.text.description"), form=word("command.check.form.description"))
    @app_commands.choices(form=FORM_CHOICES)
    async def check(self, interaction: Interaction, text: str | None = None, form: str | None = None) -> None:
        wanted = Form(form) if form is not None else None
        if text is None:
            await interaction.response.send_modal(CheckForm(reader_of(interaction).language, wanted))
        else:
            await check(interaction, text, wanted)

    async def check_message(self, interaction: Interaction, message: discord.Message) -> None:
        await check(interaction, text_of(message), None)

    @app_commands.command(name=word("command.rhyme.name"), description=word("command.rhyme.description"))
    @app_commands.rename(character=word("command.rhyme.character.name"))
    @app_commands.describe(character=word("command.rhyme.character.description"))
    async def rhyme(self, interaction: Interaction, character: str) -> None:
        entries = await interaction.client.craft.rhymes(character)
        language = reader_of(interaction).language
        script = terms_script(interaction, script_of(character))
        await interaction.response.send_message(view=RhymeCard(character.strip(), entries, language, script))


async def check(interaction: Interaction, text: str, form: Form | None) -> None:
    """Say privately what the poem in a text keeps and breaks; it may be somebody else's."""
    verse = verse_in(text)
    bot = interaction.client
    async with bot.limits.one_at_a_time(interaction.user.id, discord.utils.utcnow()):
        await bot.limits.spend(interaction.user.id, interaction.guild_id, discord.utils.utcnow())
        await interaction.response.defer(thinking=True, ephemeral=True)
        craft = await bot.craft.mend(await bot.craft.examine(verse, form), server_of(interaction))
        await interaction.edit_original_response(view=craft_card(craft, interaction))


def craft_card(craft: Craft, interaction: Interaction) -> CraftCard:
    return CraftCard(craft, reader_of(interaction).language, terms_script(interaction, craft.script))


def terms_script(interaction: Interaction, own: Script | None) -> Script:
    """In which script Chinese terms are written: the person's, where their language tells, or else the text's own."""
    return reader_of(interaction).script or own or Script(interaction.client.config.poem.script)


def text_of(message: discord.Message) -> str:
    """All that a message says: itself, what it forwards, embeds, and the texts of a layout such as our own cards."""
    parts: list[str | None] = []
    sources: list[discord.Message | discord.MessageSnapshot] = [message, *message.message_snapshots]
    for said in sources:
        parts += [said.content, *(embed.description for embed in said.embeds), *_displayed(said.components)]
    return "\n".join(filter(None, parts))


def _displayed(components: Iterable[Any]) -> Iterator[str]:
    for component in components:
        if isinstance(component, discord.TextDisplay):
            yield component.content
        yield from _displayed(getattr(component, "children", ()))


async def setup(bot: PoetBot) -> None:
    bot.add_dynamic_items(CraftButton)
    await bot.add_cog(CraftCog(bot))
