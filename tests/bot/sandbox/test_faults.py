"""The sandbox where something is missing or goes wrong: time, input, simcord."""

import argparse
import asyncio
import contextlib
import re
import time
from pathlib import Path
from typing import Any

import discord
import pytest
from simcord import Env, SetupError

from bot import sandbox
from bot.config import Config
from bot.sandbox.patience import PatientEnv
from bot.sandbox.world import World
from tests.bot.sandbox.toy import ToyBot, sit


class Hurried(ToyBot):
    async def setup_hook(self) -> None:
        await super().setup_hook()
        self.ticking.change_interval(seconds=0.1)


async def test_time_passes_and_what_happens_meanwhile_is_shown(tmp_path: Path) -> None:
    bot = Hurried()
    posted: list[discord.Message] = []

    async def post() -> None:
        channel = next(channel for channel in bot.get_all_channels() if isinstance(channel, discord.TextChannel))
        posted.append(await channel.send("the poem of the day"))

    async def edit() -> None:
        await posted[0].edit(content="the poem of yesterday")

    sitting = await sit(post, "wait 0.5", edit, "wait 0", "wait 0", "show", folder=tmp_path, make_bot=lambda: bot)
    assert re.search(r"  meanwhile\nthe poem of the day\n", sitting.output)
    assert sitting.output.count("A message above has changed; show prints the last one again.\n") == 1
    assert re.search(r"› show\n.*\(edited\)\nthe poem of yesterday\n", sitting.output)
    assert bot.clock >= 4


async def test_a_start_is_waited_for_as_long_as_anything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float | None] = []
    settle = Env._settle_internal

    async def note(env: Env, *, timeout: float | None = None, **options: Any) -> None:  # noqa: ASYNC109 - SimCord's own
        waited.append(timeout)
        await settle(env, timeout=timeout, **options)

    monkeypatch.setattr(Env, "_settle_internal", note)
    env = PatientEnv(ToyBot(), shard_count=1, settle_timeout=44.0)
    await env.start()
    await env.bot.close()
    await env.shutdown()
    assert waited
    assert {timeout for timeout in waited if timeout is not None} == {44.0}


async def test_a_bot_that_is_long_at_work_does_not_hold_up_the_person(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.sandbox.world.SETTLE_SECONDS", 0.3)
    output = (await sit("/slow", "wait 1.2", folder=tmp_path, make_bot=Slow)).output
    assert "tangpoet is still at work; the answer is shown when it comes.\n" in output
    assert re.search(r"  meanwhile\nat last\n", output)


class Slow(ToyBot):
    async def setup_hook(self) -> None:
        @self.tree.command(description="slow")
        async def slow(interaction: discord.Interaction[Any]) -> None:
            await interaction.response.defer(thinking=True)
            await asyncio.get_running_loop().run_in_executor(None, time.sleep, 0.8)
            await interaction.followup.send("at last")

        await super().setup_hook()


async def test_people_keep_their_ids_and_messages_get_new_ones(tmp_path: Path) -> None:
    seen: list[tuple[int, int, int | None]] = []

    class Watching(ToyBot):
        async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
            seen.append((interaction.user.id, interaction.id, self.application_id))

    for _ in range(2):
        await sit("/echo a", folder=tmp_path, make_bot=Watching)
    (person, first, application), (same, second, another) = seen
    assert person == same
    assert first != second
    assert application != another


async def test_input_may_end_in_the_middle(tmp_path: Path) -> None:
    for steps in (("/card", "6"), ("/card", "1", "杜甫"), ("/survey",)):
        assert (await sit(*steps, folder=tmp_path)).status == 0


async def test_a_fault_of_the_sandbox_is_not_hidden(tmp_path: Path) -> None:
    async def fail() -> None:
        raise ZeroDivisionError

    with pytest.raises(ExceptionGroup) as raised:
        await sit(fail, folder=tmp_path)
    assert raised.group_contains(ZeroDivisionError)


async def test_a_fault_while_time_passes_is_not_hidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(_world: World) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(World, "pass_time", fail)
    monkeypatch.setattr("bot.sandbox.session.TICK_SECONDS", 0.01)
    with pytest.raises(ExceptionGroup) as raised:
        await sit(lambda: asyncio.sleep(30), folder=tmp_path)
    assert raised.group_contains(ZeroDivisionError)


async def test_without_simcord_it_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], config: Config
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    assert sandbox.main(config, argparse.Namespace()) == 69
    assert capsys.readouterr().err == "The sandbox needs SimCord: pip install -e '.[sandbox]', or use make run.\n"


async def test_without_the_page_the_terminal_still_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise SetupError("Preview requires aiohttp")

    monkeypatch.setattr("simcord.preview._require_preview_runtime", missing)
    monkeypatch.setattr("bot.sandbox.start.editing", lambda *_: contextlib.nullcontext())
    sitting = await sit("/echo a", folder=tmp_path, interactive=True)
    assert "There is no page: Preview requires aiohttp\n" in sitting.notes
    assert "a|None" in sitting.output
    assert sitting.status == 0
