"""The hall of fame without Discord: what is posted while something happens to it, and what is claimed."""

import asyncio

import pytest
from discord.utils import utcnow

from bot.services import fame
from bot.services.fame import FameService, Unclear
from bot.store.database import Database
from bot.store.fame import FamePost, FameRepository, Renown
from tests.bot.halls import idle


@pytest.fixture
async def database(database: Database) -> Database:
    """With a poem that has the id 1 and a star more than its server wants."""
    async with database.transaction() as transaction:
        await transaction.execute(
            "INSERT INTO poems (request_id, person_id, guild_id, text, start, unknown, seed, script, wish, weights,"
            " version, made_at, loved) VALUES (1, 2, 3, '月', '', '', 3, 'hans', '{}', 'abc', '1', 0, 2)"
        )
        await transaction.execute(
            "INSERT INTO servers (guild_id, fame_channel_id, fame_stars, changed_at) VALUES (3, 4, 1, 0)"
        )
    return database


class Slow:
    """A poster whose messages are sent only when it is told so."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()
        self.posted = 0
        self.removed: list[int] = []

    async def post(self, _channel_id: int, _renown: Renown) -> int:
        self.begun.set()
        await self.go_on.wait()
        self.posted += 1
        return 77

    async def change(self, _channel_id: int, _message_id: int, _renown: Renown) -> None:
        raise NotImplementedError

    async def remove(self, _channel_id: int, message_id: int) -> None:
        self.removed.append(message_id)

    async def find(self, _post: FamePost) -> int | None:
        raise Unclear("silence")


async def states(database: Database) -> list[str]:
    return [state for (state,) in await database.fetch_all("SELECT state FROM fame_posts")]


@pytest.mark.parametrize("how", ["withdrawn", "deleted"])
async def test_what_is_withdrawn_while_it_is_posted_goes_right_after(database: Database, how: str) -> None:
    service, poster = FameService(FameRepository(database), utcnow), Slow()
    await service.start(poster)
    await service.consider(1)
    await poster.begun.wait()
    if how == "withdrawn":
        await service.withdraw([1])
    else:
        async with database.transaction() as transaction:
            await transaction.execute("DELETE FROM poems")
    poster.go_on.set()
    await idle(service)
    await service.refresh()
    await idle(service)

    assert (poster.posted, poster.removed) == (1, [77])
    assert not await states(database)


async def test_closing_finishes_what_is_being_posted_and_takes_no_more(database: Database) -> None:
    service, poster = FameService(FameRepository(database), utcnow), Slow()
    await service.start(poster)
    await service.consider(1)
    await poster.begun.wait()
    await service.consider(2)
    asyncio.get_running_loop().call_soon(poster.go_on.set)
    await service.close()
    await service.close()

    assert await states(database) == ["shown"]
    await service.consider(1)
    assert service._task is None


async def test_a_star_before_the_start_counts_once_it_has_started(database: Database) -> None:
    service, poster = FameService(FameRepository(database), utcnow), Slow()
    poster.go_on.set()
    await service.consider(1)
    assert not await states(database)
    await service.start(poster)
    await idle(service)

    assert (poster.posted, await states(database)) == (1, ["shown"])


async def test_silence_while_looking_for_a_post_leaves_it_for_later(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async with database.transaction() as transaction:
        await transaction.execute("INSERT INTO fame_posts VALUES (1, 3, 4, NULL, 'posting', 0)")
    service, poster = FameService(FameRepository(database), utcnow), Slow()
    await service.start(poster)
    await idle(service)

    assert "poem 1 in channel 4 waits: silence" in caplog.text
    assert (poster.posted, await states(database)) == (0, ["posting"])


async def test_too_many_poems_do_not_fill_the_memory(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(fame, "MOST_WAITING", 2)
    service = FameService(FameRepository(database), utcnow)
    for poem in (1, 2, 3):
        await service.consider(poem)

    assert "poem 3 is passed over" in caplog.text
    assert len(service._waiting) == 2


async def test_a_claim_is_given_once_and_for_no_poem_that_is_gone(database: Database) -> None:
    posts = FameRepository(database)
    renown = await posts.renown(1)
    assert renown is not None
    claims = await asyncio.gather(*(posts.claim(renown, utcnow()) for _ in range(5)))
    assert sorted(claims) == [False, False, False, False, True]
    async with database.transaction() as transaction:
        await transaction.execute("DELETE FROM poems")
        await transaction.execute("DELETE FROM fame_posts")
    assert not await posts.claim(renown, utcnow())


async def test_a_poem_that_is_in_a_hall_already_is_not_claimed_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    posts = FameRepository(database)
    renown = await posts.renown(1)
    assert renown is not None
    assert await posts.claim(renown, utcnow())

    async def none(*_: object) -> list[FamePost]:
        return []  # as it was before somebody else claimed it

    monkeypatch.setattr(FameRepository, "posts", none)
    service, poster = FameService(posts, utcnow), Slow()
    await service.start(poster)
    await service.consider(1)
    await idle(service)
    assert not poster.begun.is_set()


async def test_what_is_to_be_done_is_found_without_reading_all_posts(database: Database) -> None:
    plan = await database.fetch_all(
        "EXPLAIN QUERY PLAN SELECT poem_id FROM fame_posts WHERE state IN ('stale', 'withdrawn')"
        " AND state != 'shown' ORDER BY state, poem_id LIMIT 50"
    )
    assert ["USING COVERING INDEX fame_posts_unsettled" in row[3] for row in plan] == [True]
