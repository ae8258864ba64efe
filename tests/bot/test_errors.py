"""Whatever goes wrong: what the person hears, what the log says, and what is noted."""

import sqlite3
from typing import Any, get_args

import aiohttp
import discord
import pytest
from discord import app_commands

from bot.errors import explain
from bot.services.refusals import Refusal
from bot.store.poems import PoemRepository
from bot.ui.guards import GuardedItem, GuardedLayout, GuardedModal, GuardedView
from bot.words import Language, texts
from model.errors import BadNumber, BadStart, NumberFault, StartFault
from tests.bot.support import command, emit, interact, rows, text
from tests.conftest import World


def test_every_refusal_and_fault_has_words() -> None:
    errors: list[BaseException] = [
        *(BadStart(reason, "月") for reason in get_args(StartFault)),
        *(BadNumber(reason, "月") for reason in get_args(NumberFault)),
        ZeroDivisionError(),
        sqlite3.OperationalError("database is locked"),
        aiohttp.ClientError(),
        app_commands.CommandNotFound("old", []),
        app_commands.TransformerError("x", discord.AppCommandOptionType.string, app_commands.Transformer()),
    ]
    keys = {kind.key for kind in Refusal.__subclasses__()} | {explain(error).key for error in errors}
    for language in Language:
        assert keys <= texts(language).keys()


def test_the_cause_inside_a_commands_error_counts(world: World) -> None:
    [poem] = [found for found in world.bot.tree.get_commands() if found.name == "poem"]
    assert isinstance(poem, app_commands.Command)

    assert explain(app_commands.CommandInvokeError(poem, BadStart("empty"))).key == "error.start.empty"


async def test_a_database_that_fails_costs_nobody_the_reason(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: Any) -> int:
        raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr(PoemRepository, "add", fail)
    result = await world.alice.slash(world.channel, "poem")

    [told] = result.followups
    assert told.ephemeral
    assert "cannot reach my memory" in told.content
    [(outcome, reference)] = await rows(world.bot, "SELECT outcome, reference FROM requests")
    assert outcome == "error.store"
    assert reference in told.content
    assert world.env.errors


async def test_an_expired_interaction_is_only_logged(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.env.inject_error("POST", "/interactions/*/callback", status=404, code=10062)
    result = await world.alice.slash(world.channel, "poem")

    assert not result.acknowledged
    assert "too late to answer" in caplog.text
    assert "Traceback" not in caplog.text
    assert await rows(world.bot, "SELECT outcome FROM requests") == [("expired",)]
    assert world.env.errors


async def test_an_error_that_cannot_be_told_is_logged(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.env.inject_error("POST", "/interactions/*/callback", status=400, code=50035, times=None)
    await world.alice.slash(world.channel, "poem", start="moon")

    assert "could not be told" in caplog.text
    assert world.env.errors


async def test_discord_not_taking_the_card_is_told(world: World) -> None:
    world.env.inject_error("PATCH", "/webhooks/*", status=503)
    result = await world.alice.slash(world.channel, "poem")

    [told] = result.followups
    assert told.ephemeral
    assert world.env.errors


async def test_a_command_that_is_no_more_is_told(world: World) -> None:
    data = command(world, "poem") | {"name": "ode"}
    result = await interact(world, data)

    assert result.response is not None
    assert result.response.ephemeral
    assert "has changed" in result.response.content
    assert world.env.errors


@pytest.mark.parametrize("options", [{"seed": -1}, {"temperature": 99.0}, {"form": "limerick"}, {"seed": 2**60}])
async def test_options_that_discord_would_not_send_are_answered(world: World, options: dict[str, Any]) -> None:
    result = await interact(world, command(world, "poem", **options))

    assert result.response is not None
    assert result.response.ephemeral or "seed" in text(result.response)
    assert isinstance(world.env.errors, list)


async def test_errors_before_a_command_begins_are_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(world.bot.journal, "begin", fail)
    result = await world.alice.slash(world.channel, "help")

    assert result.response is not None
    assert "Something went wrong" in result.response.content


class _Fails(GuardedItem[discord.ui.Button[Any]], template="test:fails"):
    name = "test fails"

    def __init__(self) -> None:
        super().__init__(discord.ui.Button(label="fail", custom_id="test:fails"))

    @classmethod
    async def from_custom_id(cls, *_: Any) -> "_Fails":
        return cls()

    async def press(self, interaction: discord.Interaction[Any]) -> None:
        await interaction.response.defer()
        raise ZeroDivisionError


class _FailingButton(discord.ui.Button[Any]):
    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        await interaction.response.send_message("done, but", ephemeral=True)
        raise ZeroDivisionError


class _FailingModal(GuardedModal, title="fails"):
    name = "test form"
    field: discord.ui.TextInput[Any] = discord.ui.TextInput(label="text", custom_id="text")

    async def submit(self, interaction: discord.Interaction[Any]) -> None:
        del interaction
        raise ZeroDivisionError


async def test_errors_behind_buttons_take_the_same_path(world: World) -> None:
    layout = GuardedLayout()
    layout.add_item(discord.ui.ActionRow(_Fails(), _FailingButton(label="layout")))
    view = GuardedView()
    view.add_item(_FailingButton(label="view"))
    channel = world.bot.get_channel(world.channel.id)
    assert isinstance(channel, discord.TextChannel)
    with world.env._bot_scope():
        first = await channel.send(view=layout)
        second = await channel.send(view=view)

    for message, label in ((first, "fail"), (first, "layout"), (second, "view")):
        result = await world.alice.click(message, label=label)
        told = result.followups[-1]
        assert told.ephemeral
        assert "Something went wrong" in told.content
    assert world.env.errors


async def test_errors_behind_forms_take_the_same_path(world: World) -> None:
    @world.bot.tree.command(name="form", description="a form that fails")
    async def form(interaction: discord.Interaction[Any]) -> None:
        await interaction.response.send_modal(_FailingModal())

    await world.bot.sync_commands()
    opened = await world.alice.slash(world.channel, "form")
    result = await world.alice.submit_modal(opened, {"text": "x"})

    assert result.response is not None
    assert result.response.ephemeral
    assert "Something went wrong" in result.response.content
    [(outcome,)] = await rows(world.bot, "SELECT outcome FROM requests WHERE command = 'test form'")
    assert outcome == "error.unexpected"
    assert world.env.errors


async def test_a_form_that_is_sent_while_the_bot_stops_is_refused(world: World) -> None:
    opened = await world.alice.slash(world.channel, "check")
    world.bot.requests.refusing = True
    result = await world.alice.submit_modal(opened, {"text": "x"})

    assert result.response is not None
    assert "being restarted" in result.response.content
    assert world.env.errors


async def test_an_error_after_the_answer_leaves_the_answer(world: World) -> None:
    @world.bot.tree.command(name="late", description="fails after its answer")
    async def late(interaction: discord.Interaction[Any]) -> None:
        await interaction.response.defer(thinking=True)
        await interaction.followup.send("the answer")
        raise ZeroDivisionError

    await world.bot.sync_commands()
    result = await world.alice.slash(world.channel, "late")

    assert result.response is not None
    assert result.response.content == "the answer"
    [told] = result.followups
    assert told.ephemeral
    assert world.env.errors


async def test_a_button_without_a_press_is_a_fault_of_ours(world: World) -> None:
    button, form = GuardedItem.__new__(GuardedItem), GuardedModal.__new__(GuardedModal)
    for work in (button.press, form.submit):
        with pytest.raises(NotImplementedError):
            await work(emit(world, command(world, "help")))  # type: ignore[arg-type]
    await world.env.settle()
