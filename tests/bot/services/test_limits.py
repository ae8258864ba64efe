"""Who may ask how often: the buckets alone, and what people are told."""

import sqlite3
from collections import deque
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.app import create_bot
from bot.config import Config
from bot.services.limits import MINUTE, SECOND, SIGN_OF_LIFE, Allowance, Limits, Rate
from bot.services.refusals import OneAtATime, PersonTooOften, ServerTooOften
from bot.store.limits import LimitRepository
from tests.bot.support import command, interact, rows, text
from tests.conftest import World, simulation

NOW = datetime(2026, 1, 1, tzinfo=UTC)
RATES = st.integers(1, 600)
YEARS = 60 * MINUTE * 24 * 365 * 56


@given(RATES, st.lists(st.integers(0, 20 * SECOND), max_size=80))
def test_never_more_than_the_bucket_and_what_flows_in(rate: int, pauses: list[int]) -> None:
    """In any span: at most `rate` at once and `rate` a minute; whoever waits as told may ask."""
    bucket, full, now = Rate(rate), 0, YEARS
    spent: deque[int] = deque()
    for pause in pauses:
        now += pause
        if wait := bucket.wait(full, now):
            assert bucket.wait(full, now + wait - 1)
            now += wait
        assert not bucket.wait(full, now)
        full = bucket.spend(full, now)
        spent.append(now)
    for first in range(len(spent)):
        for last in range(first, len(spent)):
            assert last - first + 1 <= rate + (spent[last] - spent[first]) * rate / MINUTE


@given(RATES)
def test_a_rested_bucket_is_full_and_no_fuller(rate: int) -> None:
    bucket, full = Rate(rate), 0
    for now in (YEARS, YEARS + MINUTE, YEARS + 10 * MINUTE):
        for _ in range(rate):
            assert not bucket.wait(full, now)
            full = bucket.spend(full, now)
        assert 0 < bucket.wait(full, now) <= -(-MINUTE // rate)


@given(RATES, st.lists(st.integers(-3 * MINUTE, MINUTE), max_size=40))
def test_a_clock_that_jumps_locks_nobody_out(rate: int, jumps: list[int]) -> None:
    """Whatever the clock does, nobody waits longer than for one token."""
    bucket, full, now = Rate(rate), 0, YEARS
    for jump in jumps:
        now += jump
        wait = bucket.wait(full, now)
        assert wait <= -(-MINUTE // rate)
        while not bucket.wait(full, now):
            full = bucket.spend(full, now)


def test_who_has_rested_is_forgotten_and_a_clock_put_back_keeps_nobody() -> None:
    allowance, now = Allowance(10), YEARS

    def spend(person: int, now: int) -> None:
        allowance.keep(person, allowance.rate.spend(allowance.full_at(person), now), now)

    for person in range(1000):
        spend(person, now + person)
    assert len(allowance) == 1000
    spend(1, now + MINUTE)
    assert len(allowance) == 1
    for person in range(1000):
        spend(person, now)
    spend(1, now - 2 * MINUTE)
    assert len(allowance) == 1


@pytest.fixture(params=["in memory", "in a file"])
async def pair(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[Limits, Limits]]:
    """Two views of the same limits: of one process, and of two."""
    if request.param == "in memory":
        limits = Limits(person_per_minute=2, server_per_minute=3)
        yield limits, limits
        return
    files = [await LimitRepository.open(tmp_path, name, afresh=name == "one") for name in ("one", "other")]
    one, other = (Limits(person_per_minute=2, server_per_minute=3, shared=file) for file in files)
    yield one, other
    for file in files:
        await file.close()


async def test_people_and_servers_have_their_own(pair: tuple[Limits, Limits]) -> None:
    one, other = pair
    await one.spend(1, 10, NOW)
    await other.spend(1, None, NOW)
    with pytest.raises(PersonTooOften) as told:
        await one.spend(1, 20, NOW)
    assert told.value.values == {"seconds": 30, "at": round(NOW.timestamp()) + 30}
    await other.spend(2, 10, NOW)
    await one.spend(3, 10, NOW)
    with pytest.raises(ServerTooOften) as all_told:
        await other.spend(4, 10, NOW + timedelta(milliseconds=1))
    assert all_told.value.values == {"seconds": 20, "at": round(NOW.timestamp()) + 20}
    # What was refused was not counted.
    await one.spend(4, 20, NOW)
    await other.spend(4, None, NOW)
    await one.spend(1, 20, NOW + timedelta(seconds=30))


async def test_one_request_of_a_person_at_a_time_wherever_it_runs(pair: tuple[Limits, Limits]) -> None:
    one, other = pair
    async with one.one_at_a_time(1, NOW), other.one_at_a_time(2, NOW):
        for limits in pair:
            for person in (1, 2):
                with pytest.raises(OneAtATime):
                    async with limits.one_at_a_time(person, NOW):
                        pass
    with pytest.raises(ZeroDivisionError):
        async with other.one_at_a_time(1, NOW):
            raise ZeroDivisionError
    async with one.one_at_a_time(1, NOW):
        await one.renew(NOW)


async def test_who_has_rested_is_forgotten_in_the_file_too(tmp_path: Path) -> None:
    file = await LimitRepository.open(tmp_path, "one", afresh=True)
    limits = Limits(person_per_minute=1, server_per_minute=1, shared=file)
    for person in range(50):
        await limits.spend(person, None, NOW)
    await limits.spend(1, 2, NOW + timedelta(minutes=1))

    assert file._connection.execute("SELECT is_server, subject FROM buckets").fetchall() == [(0, 1), (1, 2)]
    await limits.renew(NOW + timedelta(minutes=2))  # nobody has to ask for it
    assert file._connection.execute("SELECT * FROM buckets").fetchall() == []
    await file.close()


async def test_a_process_that_ended_holds_up_nobody_for_long(tmp_path: Path) -> None:
    killed, file = [await LimitRepository.open(tmp_path, name, afresh=False) for name in ("killed", "other")]
    gone, limits = (Limits(person_per_minute=9, server_per_minute=9, shared=part) for part in (killed, file))
    unfinished = [gone.one_at_a_time(person, NOW) for person in (1, 2)]
    for request in unfinished:
        await request.__aenter__()
    await gone.renew(NOW + timedelta(seconds=10))
    for later, is_free in ((24, False), (25, True)):
        assert await file.begin(1, NOW + timedelta(seconds=later), SIGN_OF_LIFE) == is_free
    # Its next start knows that it has ended; a clock that was put back is no sign of life either.
    with pytest.raises(OneAtATime):
        async with limits.one_at_a_time(2, NOW):
            pass
    async with limits.one_at_a_time(2, NOW - timedelta(hours=1)):
        pass
    again = await LimitRepository.open(tmp_path, "killed", afresh=False)
    assert await file.begin(2, NOW, SIGN_OF_LIFE)
    for request in unfinished:
        await request.__aexit__(None, None, None)
    assert not await again.begin(2, NOW, SIGN_OF_LIFE)  # what ended late took nothing from others
    for opened in (killed, file, again):
        await opened.close()


async def test_a_file_that_is_damaged_is_thrown_away_by_who_is_alone(tmp_path: Path) -> None:
    (tmp_path / "limits.db").write_bytes(b"damaged" * 1000)
    with pytest.raises(sqlite3.DatabaseError):
        await LimitRepository.open(tmp_path, "one", afresh=False)
    file = await LimitRepository.open(tmp_path, "one", afresh=True)
    assert await file.begin(1, NOW, SIGN_OF_LIFE)
    await file.close()


def strict(config: Config, **limits: int) -> Config:
    return config.model_copy(update={"limits": config.limits.model_copy(update=limits)})


async def started(config: Config) -> World:
    env = simulation(create_bot(config))
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
