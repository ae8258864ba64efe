"""A small bot with one of everything that a terminal has to show, and a person who types at it."""

import argparse
import asyncio
import io
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import discord
from discord import app_commands, ui
from discord.ext import commands, tasks
from PIL import Image
from rich.console import Console, RenderableType

from bot.sandbox.start import Desk, play

Interaction = discord.Interaction[Any]
CARD_SECONDS = 900.0


def answers(modal: ui.Modal) -> str:
    """What every field was answered with."""
    found: dict[str, Any] = {}
    for child in modal.children:
        item: Any = child.component if isinstance(child, ui.Label) else child
        if isinstance(item, ui.TextInput | ui.Checkbox | ui.RadioGroup):
            found[item.custom_id] = item.value
        elif not isinstance(item, ui.TextDisplay):
            names = [getattr(value, "name", getattr(value, "filename", value)) for value in item.values]
            found[item.custom_id] = names
    return " ".join(f"{key}={value!r}" for key, value in found.items())


class Answered(ui.Modal, title=""):
    async def on_submit(self, interaction: Interaction) -> None:
        await interaction.response.send_message(answers(self))


class Form(Answered, title="About a poem"):
    """Texts, a menu, a file."""

    note = ui.TextDisplay[Any]("Fill **this** in.")
    name = ui.TextInput[Any](label="Name", default="李白", max_length=4, custom_id="name")
    text = ui.Label[Any](
        text="Poem",
        description="line by line",
        component=ui.TextInput(style=discord.TextStyle.paragraph, required=False, custom_id="text"),
    )
    shape = ui.Label[Any](
        text="Shape",
        component=ui.Select(options=[discord.SelectOption(label="五绝", value="5")], custom_id="shape"),
    )
    scan = ui.Label[Any](text="Scan", component=ui.FileUpload(required=False, custom_id="scan"))


class Survey(Answered, title="About you"):
    """Members, and boxes to tick."""

    reader = ui.Label[Any](text="Reader", component=ui.UserSelect(required=False, custom_id="reader"))
    agreed = ui.Label[Any](text="Agreed", component=ui.Checkbox(custom_id="agreed"))
    mood = ui.Label[Any](
        text="Mood",
        component=ui.RadioGroup(
            options=[discord.RadioGroupOption(label=label, value=label) for label in ("calm", "sad")],
            custom_id="mood",
        ),
    )
    seasons = ui.Label[Any](
        text="Seasons",
        component=ui.CheckboxGroup(
            options=[discord.CheckboxGroupOption(label=label, value=label) for label in ("spring", "autumn")],
            required=False,
            custom_id="seasons",
        ),
    )


class Press(ui.Button[Any]):
    def __init__(self, label: str, action: Callable[[Interaction], Awaitable[None]], **options: Any) -> None:
        super().__init__(label=label, **options)
        self.action = action

    async def callback(self, interaction: Interaction) -> None:
        await self.action(interaction)


class Which(ui.Select[Any]):
    async def callback(self, interaction: Interaction) -> None:
        await interaction.response.send_message(f"chosen: {','.join(self.values)}", ephemeral=True)


class Pages(ui.LayoutView):
    """A card with pages, a form, a menu, a link."""

    def __init__(self, number: int = 1) -> None:
        super().__init__(timeout=CARD_SECONDS)
        self.number = number
        buttons = (
            Press("Back", self.turn, disabled=number == 1),
            Press("On", self.turn, emoji="▶️"),
            Press("Quiet", self.quiet),
            ui.Button[Any](label="Source", url="https://example.com/poem"),
        )
        options = [
            discord.SelectOption(label="五绝", value="a", description="short"),
            discord.SelectOption(label="七律", value="b"),
        ]
        self.add_item(
            ui.Container(
                ui.TextDisplay(f"# 第{number}页\n床前明月光\n-# seed 7"),
                ui.Separator(),
                ui.Section("Anything to say?", accessory=Press("Fill in", self.fill)),
                ui.ActionRow(*buttons),
                ui.ActionRow(Which(placeholder="Which form", options=options, max_values=2)),
                accent_colour=0xAA3344,
            )
        )

    async def turn(self, interaction: Interaction) -> None:
        await interaction.response.edit_message(view=Pages(self.number + 1))

    async def fill(self, interaction: Interaction) -> None:
        await interaction.response.send_modal(Form())

    async def quiet(self, interaction: Interaction) -> None:
        await interaction.response.defer()


class ToyBot(commands.AutoShardedBot):
    """Commands are added below, as a bot's are."""

    def __init__(self) -> None:
        super().__init__(command_prefix=commands.when_mentioned, intents=discord.Intents.default(), help_command=None)
        self.clock = 0
        add_commands(self)

    async def setup_hook(self) -> None:
        await self.tree.sync()
        self.ticking.start()

    @tasks.loop(seconds=10)
    async def ticking(self) -> None:
        self.clock += 1

    async def close(self) -> None:
        self.ticking.cancel()
        await super().close()


def add_commands(bot: ToyBot) -> None:  # noqa: C901  a list of commands
    tree = bot.tree

    @tree.command(description="a card with pages")
    async def card(interaction: Interaction) -> None:
        await interaction.response.defer(thinking=True)
        await interaction.followup.send(view=Pages())

    @tree.command(name=app_commands.locale_str("echo"), description="say it back")
    @app_commands.describe(text="what to say", times="how often")
    async def echo(
        interaction: Interaction,
        text: str,
        form: Literal["五绝", "七绝"] | None = None,
        times: app_commands.Range[int, 1, 9] = 1,
        part: float = 0.0,
        hidden: bool = False,  # noqa: FBT001, FBT002  Discord's own kind of option
        who: discord.Member | None = None,
    ) -> None:
        answer = f"{text}|{form}|{times}|{part}|{who and who.name}|{interaction.locale}"
        await interaction.response.send_message(answer, ephemeral=hidden)

    @tree.command(description="an embed")
    async def embed(interaction: Interaction) -> None:
        card = discord.Embed(title="Sum", description="```\n 123\n+456\n```", colour=0x3366AA)
        for name, value in (("carry", "0 0"), ("margin", "2.3")):
            card.add_field(name=name, value=value)
        card.add_field(name="all", value="below", inline=False)
        await interaction.response.send_message(
            embed=card.set_footer(text="written by a network").set_author(name="adder")
        )

    @tree.command(description="a picture and a text")
    async def files(interaction: Interaction) -> None:
        picture = io.BytesIO()
        Image.new("RGB", (8, 8), "red").save(picture, "PNG")
        picture.seek(0)
        view = ui.LayoutView()
        view.add_item(ui.MediaGallery(discord.MediaGalleryItem("attachment://plot.png", description="a plot")))
        view.add_item(ui.File("attachment://long.txt"))
        sent = [discord.File(picture, "plot.png"), discord.File(io.BytesIO(b"579"), "long.txt")]
        await interaction.response.send_message(view=view, files=sent)

    @tree.command(description="name things")
    async def point(
        interaction: Interaction,
        role: discord.Role | None = None,
        channel: discord.TextChannel | None = None,
        anyone: discord.Member | discord.Role | None = None,
    ) -> None:
        named = [thing.mention for thing in (role, channel, anyone, interaction.user) if thing is not None]
        await interaction.response.send_message(" ".join([*named, "<#1> <@2> <@&3>"]))

    @tree.command(description="take a file")
    async def take(interaction: Interaction, file: discord.Attachment, note: str = "") -> None:
        await interaction.response.send_message(f"{file.filename} {len(await file.read())} {note}", ephemeral=True)

    @tree.command(description="a form")
    async def survey(interaction: Interaction) -> None:
        await interaction.response.send_modal(Survey())

    @tree.command(description="fail")
    async def crash(_: Interaction) -> None:
        raise RuntimeError("a fault of the toy's")

    @tree.command(description="tell in private, later")
    async def later(interaction: Interaction) -> None:
        await interaction.response.send_message("soon", ephemeral=True)
        view = ui.View()
        view.add_item(Press("Thanks", _thanked))
        await interaction.user.send("a direct word", view=view)

    kept = app_commands.Group(name="kept", description="kept poems")

    @kept.command(name="show", description="one of them")
    @app_commands.describe(name="which")
    async def show(interaction: Interaction, name: str) -> None:
        await interaction.response.send_message(f"shown {name}")

    @show.autocomplete("name")
    async def names(_: Interaction, current: str) -> list[app_commands.Choice[str]]:
        return [app_commands.Choice(name=f"{current}{tail}", value=tail) for tail in "春秋"]

    tree.add_command(kept)

    @tree.context_menu(name="Keep this poem")
    async def keep(interaction: Interaction, message: discord.Message) -> None:
        await interaction.response.send_message(f"kept {message.author.name}'s", ephemeral=True)


async def _thanked(interaction: Interaction) -> None:
    await interaction.response.edit_message(content="thanked", view=None)


def plain(*parts: RenderableType, width: int = 100) -> str:
    """What a terminal without colours would show."""
    output = io.StringIO()
    console = Console(file=output, width=width)
    for part in parts:
        console.print(part)
    return "\n".join(line.rstrip() for line in output.getvalue().splitlines())


Step = str | Callable[[], Awaitable[None]]


@dataclass
class Script:
    """A keyboard whose lines are known beforehand; between them, anything may be done."""

    steps: list[Step]
    prompts: list[str] = field(default_factory=list)

    async def read(self, prompt: str) -> str | None:
        while self.steps:
            step = self.steps.pop(0)
            if isinstance(step, str):
                self.prompts.append(prompt)
                return step
            await step()
        return None


@dataclass
class Sitting:
    """What was said, and how it ended."""

    output: str
    notes: str
    status: int


async def sit(
    *steps: Step,
    folder: Path,
    locale: str = "en-US",
    port: int | None = None,
    make_bot: Callable[[], discord.Client] = ToyBot,
    notes: io.StringIO | None = None,
    interactive: bool = False,
) -> Sitting:
    """Type at a bot in the sandbox."""
    output, remarks = io.StringIO(), notes or io.StringIO()
    console, asides = Console(file=output, width=100), Console(file=remarks, width=100)
    desk = Desk(Script(list(steps)), console, asides, interactive)
    options = argparse.Namespace(port=port, no_page=port is None and not interactive, locale=locale)
    async with asyncio.timeout(60):
        status = await play(make_bot, folder, options, desk, "info")
    return Sitting(output.getvalue(), remarks.getvalue(), status)
