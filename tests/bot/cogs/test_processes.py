"""What processes that share the work see of each other: blocks, halls of fame, servers."""

import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.cogs.processes import ProcessesCog
from bot.cogs.processes import setup as set_up_processes
from bot.services.blocks import Blocks, PersonBlocked
from bot.services.changes import Changes
from bot.services.fame import FameService
from bot.share import Share
from bot.store.blocks import BlockRepository, Subject
from bot.store.changes import ChangeRepository
from bot.store.community import PresenceRepository
from bot.store.database import Database, StoreError
from bot.store.fame import FamePost, FameRepository, PostState, Renown
from tests.conftest import World

NOW = datetime(2026, 1, 1, tzinfo=UTC)
FIRST, SECOND = Share((0,), 2), Share((1,), 2)
OF_FIRST, OF_SECOND = 2 << 22, 3 << 22


@pytest.fixture
async def pair(tmp_path: Path) -> AsyncIterator[tuple[Database, Database]]:
    """The database as two processes have it open."""
    databases = [await Database.open(tmp_path / "t.db", may_migrate=first) for first in (True, False)]
    yield databases[0], databases[1]
    for database in databases:
        await database.close()


async def test_whoever_is_blocked_by_one_is_kept_out_by_the_other(pair: tuple[Database, Database]) -> None:
    here, there = [await Blocks.load(BlockRepository(database)) for database in pair]
    told = []

    async def reload() -> None:
        told.append("blocks")
        await there.reload()

    changes = Changes(ChangeRepository(pair[1]), {"blocks": reload})
    await changes.look()
    await here.add(Subject.PERSON, 7, "why", NOW)
    there.check(7, None)
    await changes.look()
    with pytest.raises(PersonBlocked):
        there.check(7, None)
    await here.remove(Subject.PERSON, 7)
    await changes.look()
    there.check(7, None)
    await changes.look()
    assert told == ["blocks"] * 3  # and at the first look, whatever was before


async def test_what_could_not_be_told_is_told_the_next_time(pair: tuple[Database, Database]) -> None:
    told = []

    async def tell() -> None:
        told.append("tried")
        if len(told) == 1:
            raise sqlite3.OperationalError("locked")

    changes = Changes(ChangeRepository(pair[0]), {"fame": tell})
    with pytest.raises(sqlite3.OperationalError):
        await changes.look()
    for _ in range(3):
        await changes.look()
    await FameRepository(pair[1]).call(1, OF_FIRST)
    await changes.look()
    assert told == ["tried"] * 3


async def test_a_process_that_is_not_alone_changes_no_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await (await Database.open(tmp_path / "t.db")).close()
    with sqlite3.connect(tmp_path / "t.db") as old:
        old.execute("PRAGMA user_version = 3")
    old.close()
    with pytest.raises(StoreError, match="has version 3 and would have to become"):
        await Database.open(tmp_path / "t.db", may_migrate=False)


async def test_a_process_knows_nothing_of_the_others_servers(pair: tuple[Database, Database]) -> None:
    here, there = (PresenceRepository(*both) for both in zip(pair, (FIRST, SECOND), strict=True))
    async with pair[0].transaction() as transaction:
        await transaction.execute_many(
            "INSERT INTO servers (guild_id, changed_at) VALUES (?, 0)", [(OF_FIRST,), (OF_SECOND,)]
        )
    await here.compare([OF_FIRST], NOW)
    assert await pair[1].fetch_all("SELECT guild_id FROM servers WHERE left_at IS NOT NULL") == []
    await there.compare([], NOW)
    assert await pair[0].fetch_all("SELECT guild_id FROM servers WHERE left_at IS NOT NULL") == [(OF_SECOND,)]


async def test_each_says_in_how_many_servers_it_sees_the_bot(pair: tuple[Database, Database]) -> None:
    here, there = (PresenceRepository(*both) for both in zip(pair, (FIRST, SECOND), strict=True))
    for count in (3, 3, 4):
        await here.note_count(count)
    await there.note_count(10)
    assert (await here.elsewhere(), await there.elsewhere()) == (10, 4)
    await PresenceRepository(pair[0], FIRST).begin(alone=False)  # it comes back after it was killed
    assert (await here.elsewhere(), await there.elsewhere()) == (10, 0)
    await PresenceRepository(pair[0], FIRST).begin(alone=True)
    assert await here.elsewhere() == 0


class Wall:
    """A hall of fame that takes everything."""

    def __init__(self) -> None:
        self.done: list[tuple[object, ...]] = []

    async def post(self, channel_id: int, renown: Renown) -> int:
        self.done.append(("post", channel_id, renown.poem_id))
        return 77

    async def change(self, channel_id: int, message_id: int, renown: Renown) -> None:
        self.done.append(("change", channel_id, message_id, renown.loved))

    async def remove(self, channel_id: int, message_id: int) -> None:
        self.done.append(("remove", channel_id, message_id))

    async def find(self, post: FamePost) -> int | None:
        self.done.append(("find", post))
        return None


async def famous_poem(database: Database, guild_id: int) -> int:
    async with database.transaction() as transaction:
        await transaction.execute(
            "INSERT INTO servers (guild_id, fame_channel_id, fame_stars, changed_at) VALUES (?, 5, 2, 0)", (guild_id,)
        )
        cursor = await transaction.execute(
            "INSERT INTO poems (request_id, person_id, guild_id, text, start, unknown, seed, script, wish, weights,"
            " version, made_at, loved) VALUES (1, 9, ?, '月', '', '', 1, 'hans', '{}', '', '', 0, 2)",
            (guild_id,),
        )
        assert cursor.lastrowid is not None
        return cursor.lastrowid


async def rested(*services: FameService) -> None:
    for service in services:
        while (task := service._task) is not None:
            await task


async def test_a_star_from_elsewhere_is_seen_to_by_who_sees_the_server(pair: tuple[Database, Database]) -> None:
    """Somebody keeps a poem of a server in a direct message, which another process answers."""
    poem_id = await famous_poem(pair[0], OF_SECOND)
    here, there = (
        FameService(FameRepository(database), lambda: NOW, share)
        for database, share in zip(pair, (FIRST, SECOND), strict=True)
    )
    walls = Wall(), Wall()
    for service, wall in zip((here, there), walls, strict=True):
        await service.start(wall)
    changes = Changes(ChangeRepository(pair[1]), {"fame": there.answer_calls})
    await changes.look()
    await here.consider(poem_id)
    await here.consider(poem_id)
    await rested(here, there)
    assert not walls[0].done
    assert not walls[1].done
    await changes.look()
    await rested(there)
    assert walls[1].done == [("post", 5, poem_id)]
    assert await pair[0].fetch_all("SELECT * FROM fame_calls") == []

    await here.withdraw([poem_id])
    await here.refresh()
    await rested(here)
    await changes.look()
    await rested(there)
    assert not walls[0].done
    assert walls[1].done == [("post", 5, poem_id), ("remove", 5, 77)]
    assert await FameRepository(pair[0]).unsettled(list(PostState), 9) == []


async def test_a_poem_that_is_not_famous_elsewhere_is_nobodys_business(pair: tuple[Database, Database]) -> None:
    poem_id = await famous_poem(pair[0], OF_SECOND)
    async with pair[0].transaction() as transaction:
        await transaction.execute("UPDATE poems SET loved = 1")
    here, wall = FameService(FameRepository(pair[0]), lambda: NOW, FIRST), Wall()
    await here.start(wall)
    await here.consider(poem_id)
    await rested(here)
    assert await pair[0].fetch_all("SELECT * FROM fame_calls") == []


async def test_who_is_alone_looks_at_nobody(world: World) -> None:
    assert world.bot.get_cog("ProcessesCog") is None


async def test_a_round_that_fails_is_followed_by_the_next(
    world: World, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.bot.share = FIRST
    await set_up_processes(world.bot)
    cog = world.bot.get_cog("ProcessesCog")
    assert isinstance(cog, ProcessesCog)
    failures = [sqlite3.OperationalError("locked")]
    looks = []

    async def look() -> None:
        looks.append("look")
        if failures:
            raise failures.pop()

    monkeypatch.setattr(world.bot.changes, "look", look)
    for _ in range(3):
        await cog.look_around()
    assert len(looks) >= 3
    assert caplog.text.count("out of sight (locked)") == 1
