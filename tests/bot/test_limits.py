"""Who may ask how often: the buckets alone, and what people are told."""

from collections import deque
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simcord import Env

from bot.app import create_bot
from bot.config import Config
from bot.services.limits import MINUTE, SECOND, Allowance, Limits
from bot.services.refusals import PersonTooOften, ServerTooOften
from tests.bot.support import command, interact, rows, text
from tests.conftest import World

NOW = datetime(2026, 1, 1, tzinfo=UTC)
RATES = st.integers(1, 600)
YEARS = 60 * MINUTE * 24 * 365 * 56


@given(RATES, st.lists(st.integers(0, 20 * SECOND), max_size=80))
def test_never_more_than_the_bucket_and_what_flows_in(rate: int, pauses: list[int]) -> None:
    """In any span: at most `rate` at once and `rate` a minute; whoever waits as told may ask."""
    allowance, now = Allowance(rate), YEARS
    spent: deque[int] = deque()
    for pause in pauses:
        now += pause
        if wait := allowance.wait(1, now):
            assert allowance.wait(1, now + wait - 1)
            now += wait
        assert not allowance.wait(1, now)
        allowance.spend(1, now)
        spent.append(now)
    for first in range(len(spent)):
        for last in range(first, len(spent)):
            assert last - first + 1 <= rate + (spent[last] - spent[first]) * rate / MINUTE


@given(RATES)
def test_a_rested_bucket_is_full_and_no_fuller(rate: int) -> None:
    allowance = Allowance(rate)
    for now in (YEARS, YEARS + MINUTE, YEARS + 10 * MINUTE):
        for _ in range(rate):
            assert not allowance.wait(1, now)
            allowance.spend(1, now)
        assert 0 < allowance.wait(1, now) <= -(-MINUTE // rate)


@given(RATES, st.lists(st.integers(-3 * MINUTE, MINUTE), max_size=40))
def test_a_clock_that_jumps_locks_nobody_out(rate: int, jumps: list[int]) -> None:
    """Whatever the clock does, nobody waits longer than for one token."""
    allowance, now = Allowance(rate), YEARS
    for jump in jumps:
        now += jump
        wait = allowance.wait(1, now)
        assert wait <= -(-MINUTE // rate)
        while not allowance.wait(1, now):
            allowance.spend(1, now)


def test_who_has_rested_is_forgotten_and_a_clock_put_back_keeps_nobody() -> None:
    allowance, now = Allowance(10), YEARS
    for person in range(1000):
        allowance.spend(person, now + person)
    assert len(allowance) == 1000
    allowance.spend(1, now + MINUTE)
    assert len(allowance) == 1
    for person in range(1000):
        allowance.spend(person, now)
    allowance.spend(1, now - 2 * MINUTE)
    assert len(allowance) == 1


def test_people_and_servers_have_their_own() -> None:
    limits = Limits(person_per_minute=2, server_per_minute=3)
    limits.spend(1, 10, NOW)
    limits.spend(1, None, NOW)
    with pytest.raises(PersonTooOften) as told:
        limits.spend(1, 20, NOW)
    assert told.value.values == {"seconds": 30, "at": round(NOW.timestamp()) + 30}
    limits.spend(2, 10, NOW)
    limits.spend(3, 10, NOW)
    with pytest.raises(ServerTooOften) as all_told:
        limits.spend(4, 10, NOW + timedelta(milliseconds=1))
    assert all_told.value.values == {"seconds": 20, "at": round(NOW.timestamp()) + 20}
    # What was refused was not counted.
    limits.spend(4, 20, NOW)
    limits.spend(4, None, NOW)
    limits.spend(1, 20, NOW + timedelta(seconds=30))


def strict(config: Config, **limits: int) -> Config:
    return config.model_copy(update={"limits": config.limits.model_copy(update=limits)})


async def started(config: Config) -> World:
    env = Env(create_bot(config), shard_count=1)
    await env.start()
    guild = env.create_guild()
    alice, bob = (guild.add_member(env.create_user(name)) for name in ("alice", "bob"))
    return World(env, guild, guild.create_text_channel("poems"), alice, bob)


async def stop(world: World) -> None:
    assert world.env.errors
    await world.bot.close()
    await world.env.shutdown()


async def test_whoever_asks_too_often_is_told_when_to_come_back(config: Config) -> None:
    world = await started(strict(config, person_per_minute=4))
    poem = await world.alice.slash(world.channel, "poem", form="五绝")
    assert poem.response is not None
    await world.alice.click(poem.response, label="Another")
    await world.alice.slash(world.channel, "add", a="1", b="1")
    await world.alice.slash(world.channel, "check", text="白日依山尽，黄河入海流。")
    at = round(world.env.now().timestamp()) + 15

    refused = [
        await world.alice.slash(world.channel, "poem"),
        await world.alice.slash(world.channel, "acrostic", heads="月山"),
        await world.alice.slash(world.channel, "check", text="白日依山尽，黄河入海流。"),
        await world.alice.slash(world.channel, "add", a="1", b="1"),
        await world.alice.click(poem.response, label="Another"),
    ]
    for result in refused:
        assert result.response is not None
        assert result.response.ephemeral
        assert f"in 15 s (<t:{at}:R>)" in text(result.response)
    chinese = [
        text((await interact(world, command(world, "poem"), locale=locale)).response) for locale in ("zh-CN", "zh-TW")
    ]
    assert "15 秒后再试" in chinese[0]
    assert "15 秒後再試" in chinese[1]
    # What costs nothing is answered, and so is everyone else; a refusal cost nothing.
    assert "流" in text((await world.alice.slash(world.channel, "rhyme", character="流")).response)
    assert "seed" in text((await world.bob.slash(world.channel, "poem")).response)
    await world.env.advance_time(16)
    assert "seed" in text((await world.alice.slash(world.channel, "poem")).response)
    assert len(await rows(world.bot, "SELECT 1 FROM requests WHERE outcome = 'error.too_often.person'")) == 7
    await stop(world)


async def test_a_server_that_asks_too_often_holds_up_no_other(config: Config) -> None:
    world = await started(strict(config, server_per_minute=1))
    await world.alice.slash(world.channel, "poem")
    refused = await world.bob.slash(world.channel, "poem")
    assert refused.response is not None
    assert refused.response.ephemeral
    assert "This server asks faster" in text(refused.response)
    await world.bob.send_dm("hello")

    assert "seed" in text((await world.bob.user.slash("poem")).response)
    await stop(world)
