"""Who owns the bot, and where the owner's commands are."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import discord
import pytest
from simcord import Env

from bot.app import create_bot
from bot.config import Config, ConfigError, load_config
from bot.operations.registration import owners_by_discord
from bot.services.owners import NotTheOwner, Owners
from tests.bot.support import rows
from tests.conftest import World, simulation

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def owning(config: Config, **changes: tuple[int, ...]) -> Config:
    return config.model_copy(update={"owner": config.owner.model_copy(update=changes)})


async def start(config: Config, *guild_ids: int) -> Env:
    env = simulation(create_bot(config), strict_sync=False)
    for guild_id in guild_ids:
        env.create_guild(id=guild_id)
    await env.start()
    return env


async def stop(env: Env) -> None:
    await env.bot.close()
    await env.shutdown()


def puts(env: Env) -> list[str]:
    """Which registrations reached Discord: the servers' ids, or "everywhere"."""
    paths = [entry.path.split("/") for entry in env.http_requests if entry.method == "PUT"]
    return [path[path.index("guilds") + 1] if "guilds" in path else "everywhere" for path in paths]


async def test_named_people_are_the_owners_and_discord_is_not_asked() -> None:
    async def ask() -> frozenset[int]:
        raise AssertionError

    owners = Owners([7], ask)

    await owners.check(7, NOW)
    with pytest.raises(NotTheOwner):
        await owners.check(8, NOW)


async def test_discord_is_asked_once_an_hour_where_nobody_is_named() -> None:
    asked: list[frozenset[int]] = [frozenset({1}), frozenset({2})]

    async def ask() -> frozenset[int]:
        return asked.pop(0)

    owners = Owners([], ask)

    assert await owners.all(NOW) == await owners.all(NOW + timedelta(minutes=59)) == {1}
    assert await owners.all(NOW + timedelta(hours=1)) == {2}


async def test_a_clock_that_jumps_back_makes_nobody_an_owner_for_ever() -> None:
    asked = [frozenset({1}), frozenset({2})]

    async def ask() -> frozenset[int]:
        return asked.pop(0)

    owners = Owners([], ask)

    assert await owners.all(NOW) == {1}
    assert await owners.all(NOW - timedelta(days=300)) == {2}


async def test_an_answer_that_did_not_come_counts_for_nothing() -> None:
    answers: list[Any] = [OSError("no network"), frozenset({1})]

    async def ask() -> frozenset[int]:
        answer = answers.pop(0)
        if isinstance(answer, OSError):
            raise answer
        return frozenset(answer)

    owners = Owners([], ask)

    with pytest.raises(OSError, match="no network"):
        await owners.check(1, NOW)
    await owners.check(1, NOW)


def member(person_id: int, role: str, state: str = "accepted") -> SimpleNamespace:
    return SimpleNamespace(
        id=person_id, role=discord.TeamMemberRole(role), membership_state=discord.TeamMembershipState[state]
    )


@pytest.mark.parametrize(
    ("application", "expected"),
    [
        (SimpleNamespace(owner=SimpleNamespace(id=5), team=None), {5}),
        (
            SimpleNamespace(
                owner=SimpleNamespace(id=99),  # which is the team's own account
                team=SimpleNamespace(
                    owner_id=1,
                    members=[
                        member(1, "admin"),
                        member(2, "admin"),
                        member(3, "developer"),
                        member(4, "read_only"),
                        member(6, "admin", "invited"),
                    ],
                ),
            ),
            {1, 2, 3},
        ),
        (SimpleNamespace(owner=None, team=SimpleNamespace(owner_id=None, members=[member(3, "developer")])), {3}),
    ],
)
async def test_whom_discord_names(application: SimpleNamespace, expected: set[int]) -> None:
    async def application_info() -> SimpleNamespace:
        return application

    client: Any = SimpleNamespace(application_info=application_info)

    assert await owners_by_discord(client) == expected


async def test_without_settings_the_application_is_asked(world: World) -> None:
    """The simulated one belongs to the bot."""
    assert world.bot.user is not None
    assert await world.bot.owners.all(NOW) == {world.bot.user.id}


async def test_the_settings_name_owners(config: Config) -> None:
    async with create_bot(owning(config, users=(7, 8))) as bot:
        assert await bot.owners.all(NOW) == {7, 8}


@pytest.mark.parametrize(("key", "value"), [("owner.users", [0]), ("owner.servers", ["x"]), ("owner.users", [2**63])])
def test_what_is_no_id_is_named_with_its_key(key: str, value: object) -> None:
    with pytest.raises(ConfigError, match=key.replace(".", r"\.")):
        load_config(overrides={key: value})


async def test_without_listed_servers_the_commands_are_everywhere_for_nobody_by_default(world: World) -> None:
    [admin] = [entry for entry in world.env.backend.commands[None].values() if entry["name"] == "admin"]

    assert admin["default_member_permissions"] in (0, "0")
    assert admin["contexts"] == [0]
    assert admin["integration_types"] == [0]
    assert "admin" not in world.alice.available_commands(world.channel)


async def test_with_listed_servers_the_commands_are_only_there(config: Config) -> None:
    env = await start(owning(config, servers=(111,)), 111, 222)

    assert puts(env) == ["everywhere", "111"]
    assert "admin" not in {entry["name"] for entry in env.backend.commands[None].values()}
    assert {entry["name"] for entry in env.backend.commands[111].values()} == {"admin"}
    assert not env.backend.commands.get(222)
    assert "admin" not in env.bot.command_ids  # type: ignore[attr-defined]
    await env.bot.close()
    await env.restart_bot(create_bot(owning(config, servers=(111,))))
    assert puts(env) == ["everywhere", "111"]
    await stop(env)


async def test_a_server_that_is_listed_no_longer_loses_the_commands(config: Config) -> None:
    env = await start(owning(config, servers=(111, 222)), 111, 222)
    await env.bot.close()
    await env.restart_bot(create_bot(owning(config, servers=(222,))))

    assert puts(env) == ["everywhere", "111", "222", "111"]
    assert not env.backend.commands[111]
    assert env.backend.commands[222]
    assert await rows(env.bot, "SELECT guild_id FROM command_syncs ORDER BY guild_id") == [(0,), (222,)]  # type: ignore[arg-type]
    await stop(env)


@pytest.mark.parametrize(("status", "code"), [(403, 50001), (404, 10004)])
async def test_a_listed_server_that_the_bot_is_not_in_is_logged_and_not_fatal(
    config: Config, caplog: pytest.LogCaptureFixture, status: int, code: int
) -> None:
    env = simulation(create_bot(owning(config, servers=(111, 222))), strict_sync=False)
    env.create_guild(id=222)
    env.inject_error("PUT", "/applications/*/guilds/111/commands", status=status, code=code)
    await env.start()

    assert "cannot be put into server 111" in caplog.text
    assert env.backend.commands[222]
    await stop(env)
