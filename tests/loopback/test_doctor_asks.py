"""What `doctor` finds out from Discord: each check in a world where it fails, and one in which all is well."""

import asyncio
import json
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from bot.__main__ import main
from bot.config import Config
from bot.operations import checks_of_discord as asking
from bot.operations.checks import Check, State
from bot.store.database import DATABASE, Database
from bot.store.servers import ServerRepository
from bot.store.syncs import Sync, SyncRepository
from loopback.faults import Refused
from loopback.payloads import BOT_ID
from loopback.people import Channel
from loopback.rest import TOKEN
from loopback.server import StandIn

NOW = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)
NAMES = ["Discord", "clock by Discord", "login", "intents", "connections", "commands", "permissions"]
POSTING = 1 << 10 | 1 << 11  # View Channel, Send Messages
HISTORY, FILES = 1 << 16, 1 << 15


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "PATIENCE_SECONDS", 2.0)


async def ask(config: Config, token: str = TOKEN) -> dict[str, Check]:
    return {check.name: check for check in await asking.ask_discord(config, SecretStr(token))}


async def open_database(config: Config) -> Database:
    return await Database.open(config.storage.dir / DATABASE)


async def post_in(config: Config, daily: Channel | None, fame: Channel | None = None, **more: Any) -> None:
    """Have the server of the channels want its poems there."""
    database = await open_database(config)
    [server] = {channel.server.id for channel in (daily, fame) if channel is not None and channel.server is not None}
    changes = {"daily_channel_id": daily and daily.id, "fame_channel_id": fame and fame.id, **more}
    await ServerRepository(database).choose(server, changes, NOW)
    await database.close()


def assert_is(check: Check, state: State, *said: str) -> None:
    assert check.state is state, check
    assert bool(check.mend) is (state is not State.OK)
    for part in said:
        assert part in f"{check.found} {check.mend}", check


async def test_all_is_well(stand_in: StandIn, config: Config, poems: Channel) -> None:
    await post_in(config, poems, poems)
    found = await ask(config)

    assert list(found) == NAMES
    for check in found.values():
        assert_is(check, State.OK)
        assert TOKEN not in check.found
    assert not stand_in.gateway.identified


async def test_the_command_tells_what_discord_says(
    stand_in: StandIn,
    config: Config,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for place in ("bot.operations.doctor.load_token", "bot.operations.checks.load_token"):
        monkeypatch.setattr(f"{place}.__defaults__", (tmp_path,))
    monkeypatch.setattr("bot.operations.doctor.load_config.__defaults__", (None, None, tmp_path))
    monkeypatch.setattr("bot.__main__.leave", lambda code, _: code)
    settings = tmp_path / "settings.toml"
    settings.write_text(
        f'[storage]\ndir = "{config.storage.dir}"\n[model]\ndir = "{config.model.dir}"\ndevice = "cpu"\n'
        f'[discord]\napi = "{stand_in.base}"\n'
    )
    arguments = ["doctor", "--json", "--config", str(settings)]
    codes = {}
    for token in (TOKEN, "another.one.altogether"):
        monkeypatch.setenv("DISCORD_TOKEN", token)
        codes[token] = await asyncio.to_thread(main, arguments)
        printed = capsys.readouterr().out
        assert TOKEN not in printed
        found = {check["name"]: check["state"] for check in json.loads(printed)}
        assert found["login"] == ("ok" if token == TOKEN else "fail")
    assert codes["another.one.altogether"] == 1


async def test_without_a_token_discord_is_not_asked(
    stand_in: StandIn, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for place in ("bot.operations.doctor.load_token", "bot.operations.checks.load_token"):
        monkeypatch.setattr(f"{place}.__defaults__", (tmp_path,))
    monkeypatch.setattr("bot.operations.doctor.load_config.__defaults__", (None, None, tmp_path))
    monkeypatch.setattr("bot.__main__.leave", lambda code, _: code)
    for name, value in (("DISCORD_TOKEN", ""), ("DISCORD_TOKEN_FILE", str(tmp_path / "none"))):
        monkeypatch.setenv(name, value)
        assert await asyncio.to_thread(main, ["doctor", "--json"]) == 1
        assert "login" not in capsys.readouterr().out

    assert stand_in.calls == []


# One after another.


async def test_a_discord_that_is_not_there_fails(config: Config) -> None:
    away = config.model_copy(update={"discord": config.discord.model_copy(update={"api": "http://127.0.0.1:9/api"})})
    found = await ask(away)

    assert list(found) == ["Discord"]
    assert_is(found["Discord"], State.FAIL, "http://127.0.0.1:9/api does not answer", "firewall")


async def test_a_discord_that_is_down_or_silent_fails(
    stand_in: StandIn, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in.refuses("GET", "gateway", Refused(503))
    assert_is((await ask(config))["Discord"], State.FAIL, "503")
    monkeypatch.setattr(asking, "PATIENCE_SECONDS", 0.2)
    stand_in.is_silent("GET", "gateway")

    assert_is((await ask(config))["Discord"], State.FAIL, "TimeoutError")


@pytest.mark.parametrize(("seconds", "said"), [(-3600.0, "ahead"), (3600.0, "behind")])
async def test_a_clock_that_is_wrong_is_told(stand_in: StandIn, seconds: float, said: str) -> None:
    _, clock = await asking.check_reach(lambda: time.time() + seconds)

    assert clock is not None
    assert clock.state is State.WARN
    assert said in clock.found
    assert 3500 < int(clock.found.split()[3]) < 3700
    assert "timedatectl" in clock.mend


async def test_a_token_that_discord_refuses_fails(stand_in: StandIn, config: Config) -> None:
    found = await ask(config, "wrong.token.here")

    assert list(found) == ["Discord", "clock by Discord", "login"]
    assert_is(found["login"], State.FAIL, "does not accept the token", "Bot page")
    assert "wrong.token" not in f"{found['login']}"


async def test_a_login_that_is_not_answered_fails(
    stand_in: StandIn, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "PATIENCE_SECONDS", 0.3)
    stand_in.is_silent("GET", "users/@me")

    assert_is((await ask(config))["login"], State.FAIL, "TimeoutError")


async def test_privileged_intents_that_are_on_for_nothing_are_told(stand_in: StandIn, config: Config) -> None:
    stand_in.rest.application["flags"] = 1 << 12 | 1 << 15 | 1 << 18

    assert_is((await ask(config))["intents"], State.WARN, "presence, server members, message content", "Turn them off")


@pytest.mark.parametrize(("left", "state"), [(999, State.OK), (5, State.WARN), (0, State.FAIL)])
async def test_connections_that_run_out_are_told(stand_in: StandIn, config: Config, left: int, state: State) -> None:
    stand_in.rest.starts_left = left

    assert_is((await ask(config))["connections"], state, f"{left} of 1000")


async def test_commands_that_somebody_else_changed_are_told(stand_in: StandIn, config: Config) -> None:
    database = await open_database(config)
    await SyncRepository(database).record(BOT_ID, Sync("x", {"poem": 1, "add": 2}), NOW)
    await database.close()
    stand_in.rest.commands[None] = [{"id": "1", "name": name} for name in ("poem", "add")]
    assert_is((await ask(config))["commands"], State.OK, "the 2")
    stand_in.rest.commands[None] = [{"id": "1", "name": name} for name in ("poem", "other")]

    assert_is((await ask(config))["commands"], State.WARN, "add, other", "python -m bot sync", "another program")


async def test_commands_that_are_never_registered_are_told(stand_in: StandIn, config: Config) -> None:
    off = config.model_copy(update={"discord": config.discord.model_copy(update={"sync_commands": False})})

    assert_is((await ask(off))["commands"], State.WARN, "sync_commands is off", "python -m bot sync")


async def test_permissions_that_are_lacking_are_told(stand_in: StandIn, config: Config) -> None:
    server = stand_in.server("poets")
    daily, fame = server.channel("daily"), server.channel("fame")
    await post_in(config, daily, fame, display="picture")
    server.permissions = str(POSTING | HISTORY | FILES)
    assert_is((await ask(config))["permissions"], State.OK, "2 channels")
    server.permissions = str(POSTING)
    assert_is(
        (await ask(config))["permissions"],
        State.WARN,
        "#daily in poets: attach_files; #fame in poets: read_message_history, attach_files",
    )
    server.permissions = str(POSTING | HISTORY | FILES)
    daily.forbidden = True

    assert_is((await ask(config))["permissions"], State.WARN, "#daily in poets: send_messages", "/server daily")


async def test_a_channel_or_server_that_is_gone_is_told(stand_in: StandIn, config: Config, poems: Channel) -> None:
    await post_in(config, poems)
    poems.gone = True
    assert_is((await ask(config))["permissions"], State.WARN, f"channel {poems.id} in poets: it is gone")
    assert poems.server is not None
    poems.server.installed = False

    assert_is((await ask(config))["permissions"], State.WARN, f"server {poems.server.id}: the bot is not in it")


async def test_what_discord_does_not_say_is_told_and_the_rest_is_looked_at(
    stand_in: StandIn, config: Config, poems: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    await post_in(config, poems)
    stand_in.refuses("GET", "applications/*/commands", Refused(400))
    stand_in.refuses("GET", "guilds/*", Refused(404, 10004))
    found = await ask(config)

    assert_is(found["commands"], State.WARN, "Discord does not say", "Try again later")
    assert_is(found["permissions"], State.WARN, "not in it")
    assert found["connections"].state is State.OK


async def test_a_database_that_is_damaged_is_anothers_matter(stand_in: StandIn, config: Config) -> None:
    config.storage.dir.mkdir()
    (config.storage.dir / DATABASE).write_bytes(b"no database" * 1000)
    found = await ask(config)

    assert found["permissions"].state is State.OK
    assert found["commands"].state is State.OK
