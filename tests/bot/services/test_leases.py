"""What only one process may do: taken, renewed, given back, and taken over from one that is gone."""

import asyncio
import logging
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.services.leases import TERM, Leases
from bot.share import ALL, Share
from bot.store.database import Database
from bot.store.leases import LeaseRepository
from tests.conftest import World

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SECOND = timedelta(seconds=1)
FIRST, SECOND_SHARE = Share((0,), 2), Share((1,), 2)


@pytest.fixture
def repository(database: Database) -> LeaseRepository:
    return LeaseRepository(database)


@pytest.fixture
def both(repository: LeaseRepository) -> tuple[Leases, Leases]:
    return Leases(repository, FIRST), Leases(repository, SECOND_SHARE)


async def test_one_has_it_until_it_gives_it_back(both: tuple[Leases, Leases]) -> None:
    one, other = both
    lease = await one.hold("backup", NOW)
    assert lease is not None
    assert await other.hold("backup", NOW + SECOND) is None
    assert await one.hold("backup", NOW + SECOND) == lease
    assert await other.hold("training", NOW)
    await one.release("backup")
    await one.release("backup")

    taken = await other.hold("backup", NOW + SECOND)
    assert taken is not None
    assert taken.number == lease.number + 1
    assert await one.hold("backup", NOW + SECOND) is None


async def test_who_shows_no_sign_of_life_loses_it_and_learns_so(
    both: tuple[Leases, Leases], caplog: pytest.LogCaptureFixture
) -> None:
    one, other = both
    await one.hold("daily", NOW)
    for seconds in range(0, 300, 15):
        await one.renew(NOW + seconds * SECOND)
        assert await other.hold("daily", NOW + seconds * SECOND) is None
    dead = NOW + 270 * SECOND + TERM  # half of the rounds come before it is time
    assert await other.hold("daily", dead - SECOND) is None
    assert await other.hold("daily", dead)

    await one.renew(dead + SECOND)
    assert "Another process has taken over: daily" in caplog.text
    await one.close()  # it leaves alone what is no longer its own
    assert await other.hold("daily", dead + SECOND)
    assert await one.hold("daily", dead + SECOND) is None


async def test_what_a_stopped_process_gives_back_is_no_longer_its_own(
    both: tuple[Leases, Leases], repository: LeaseRepository
) -> None:
    one, other = both
    old = await one.hold("training", NOW)
    new = await other.hold("training", NOW + TERM)
    assert old is not None
    assert new is not None
    await one.release("training")
    assert [(lease.holder, lease.number) for lease in await repository.all()] == [("1 of 2", old.number + 1)]


async def test_a_process_that_was_killed_has_its_own_back_at_once(
    both: tuple[Leases, Leases], repository: LeaseRepository
) -> None:
    one, other = both
    killed = await one.hold("daily", NOW)
    await other.hold("backup", NOW)
    again = Leases(repository, FIRST)
    await again.start(alone=False)

    back = await again.hold("daily", NOW + SECOND)
    assert killed is not None
    assert back is not None
    assert back.number == killed.number + 1
    assert await again.hold("backup", NOW + SECOND) is None
    assert [(lease.name, lease.holder) for lease in await repository.all()] == [
        ("backup", "1 of 2"),
        ("daily", "0 of 2"),
    ]


async def test_who_is_alone_has_all_and_for_good(both: tuple[Leases, Leases], repository: LeaseRepository) -> None:
    await both[0].hold("daily", NOW)
    alone = Leases(repository, Share())
    await alone.start(alone=True)
    lease = await alone.hold("daily", NOW)

    assert lease is not None
    assert await alone.hold("daily", NOW + timedelta(days=365)) is lease


async def test_a_clock_that_was_far_ahead_blocks_nobody(both: tuple[Leases, Leases]) -> None:
    one, other = both
    assert await one.hold("daily", NOW + timedelta(days=400))
    assert await other.hold("daily", NOW)
    assert await one.hold("daily", NOW) is None


async def test_a_renewal_that_the_disk_refuses_is_tried_again(
    both: tuple[Leases, Leases], repository: LeaseRepository, caplog: pytest.LogCaptureFixture
) -> None:
    one, _ = both
    await one.hold("daily", NOW)
    await repository._database._writer.execute("PRAGMA query_only = ON")
    await one.renew(NOW + 30 * SECOND)
    await repository._database._writer.execute("PRAGMA query_only = OFF")
    await one.renew(NOW + 45 * SECOND)

    assert caplog.text.count("Could not renew the lease daily") == 1
    [lease] = await repository.all()
    assert lease.until == NOW + 45 * SECOND + TERM


async def test_at_the_end_all_is_given_back(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    repository = world.bot.leases._repository
    assert await world.bot.leases.hold("something", NOW)
    await world.bot.leases.close()

    assert not [lease for lease in await repository.all() if lease.name == "something"]
    assert "This process (shards: 0 of 1) does: something" in caplog.text


async def test_each_server_is_seen_to_by_the_process_that_sees_it(both: tuple[Leases, Leases]) -> None:
    one, other = both
    servers = [1 << 22, 2 << 22, 3 << 22, 4 << 22]
    assert [(await one.in_servers("daily", NOW))(server) for server in servers] == [False, True, False, True]
    assert [(await other.in_servers("daily", NOW))(server) for server in servers] == [True, False, True, False]


async def test_what_each_does_is_done_one_after_another(both: tuple[Leases, Leases]) -> None:
    done = []

    async def take_turn(leases: Leases) -> None:
        async with leases.turn("sync", lambda: NOW):
            done.append("begun")
            await asyncio.sleep(0)
            done.append("ended")

    await asyncio.gather(*map(take_turn, both))
    assert done == ["begun", "ended", "begun", "ended"]


@given(st.integers(1, 64), st.integers(0, 2**63 - 1))
def test_each_server_is_one_shards(count: int, guild_id: int) -> None:
    shares = [Share((number,), count) for number in range(count)]
    [owner] = [share for share in shares if share.has(guild_id)]

    assert owner.ids == ((guild_id >> 22) % count,)
    assert owner.is_all == (count == 1)
    assert Share(tuple(range(count)), count).is_all
    assert ALL.has(guild_id)
    with closing(sqlite3.connect(":memory:")) as connection:
        for share in (*shares, ALL):
            sql, values = share.condition("guild")
            [[ours]] = connection.execute(f"SELECT {sql} FROM (SELECT ? AS guild)", (*values, guild_id))  # noqa: S608 - ours
            assert ours == share.has(guild_id)
