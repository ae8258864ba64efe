"""What people keep, in the database: once each, in pages by key, however much there is."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.services.keeping import cleaned, spellings
from bot.store.database import Database
from bot.store.favorites import CHUNK, Favorite, FavoriteRepository, Order, Toggled
from bot.store.origin import Origin
from bot.store.paging import Place, Turn
from bot.store.poems import PoemRepository
from tests.bot.keeping import NOW, POEM

ANN, BEN = 11, 12


class Store:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.favorites = FavoriteRepository(database)
        self.poems = PoemRepository(database)

    async def add(self, text: str = POEM.text, *, guild_id: int | None = 3, **changes: Any) -> int:
        origin = Origin(request_id=1, person_id=ANN, guild_id=guild_id, channel_id=4)
        return await self.poems.add(replace(POEM, text=text, **changes), origin, NOW)

    async def toggle(self, person_id: int, poem_id: int, now: datetime = NOW) -> Toggled | None:
        return await self.favorites.toggle(person_id, poem_id, now)

    async def ids(self, person_id: int, order: Order = Order.NEWEST, **options: Any) -> list[int]:
        return [favorite.id for favorite in (await self.favorites.page(person_id, order, **options)).rows]


@pytest.fixture
def store(database: Database) -> Store:
    return Store(database)


async def test_a_poem_is_kept_once_and_let_go_again(store: Store) -> None:
    poem = await store.add()

    assert await store.toggle(ANN, poem) == Toggled(kept=True, loved=1)
    assert await store.toggle(BEN, poem) == Toggled(kept=True, loved=2)
    assert await store.favorites.keep(BEN, poem, NOW + timedelta(days=1)) == Toggled(kept=True, loved=2)
    assert (found := await store.favorites.get(BEN, poem)) is not None
    assert (found.kept_at, found.kept.loved, found.kept.poem) == (NOW, 2, POEM)
    assert await store.toggle(ANN, poem) == Toggled(kept=False, loved=1)
    await store.favorites.let_go(BEN, poem)
    await store.favorites.let_go(BEN, poem)
    assert await store.toggle(ANN, poem) == Toggled(kept=True, loved=1)


async def test_a_poem_that_is_gone_cannot_be_kept_and_takes_its_stars_along(store: Store) -> None:
    poem = await store.add()
    await store.toggle(ANN, poem)
    async with store.database.transaction() as transaction:
        await transaction.execute("DELETE FROM poems")

    assert await store.toggle(ANN, poem) is None
    assert await store.favorites.keep(ANN, poem, NOW) is None
    assert await store.favorites.get(ANN, poem) is None
    assert await store.favorites.count(ANN) == 0


async def test_the_server_of_a_favorite_is_the_poems(store: Store) -> None:
    poems = [await store.add(guild_id=guild) for guild in (3, None)]
    for poem in poems:
        await store.toggle(BEN, poem)

    assert await store.database.fetch_all("SELECT poem_id, guild_id FROM favorites ORDER BY poem_id") == [
        (poems[0], 3),
        (poems[1], None),
    ]


@settings(max_examples=20)
@given(
    moments=st.lists(st.integers(0, 5), min_size=1, max_size=12), size=st.integers(1, 5), order=st.sampled_from(Order)
)
def test_pages_show_every_favorite_once_in_both_directions(
    moments: list[int], size: int, order: Order, tmp_path_factory: pytest.TempPathFactory
) -> None:
    async def walk() -> None:
        database = await Database.open(tmp_path_factory.mktemp("store") / "t.db")
        store = Store(database)
        poems = {await store.add(): moment for moment in moments}
        for poem, moment in poems.items():
            await store.toggle(ANN, poem, NOW + timedelta(milliseconds=moment))
            if moment % 2:
                await store.toggle(BEN, poem)
        wanted = sorted(poems, key=lambda poem: (poems[poem] if order is Order.NEWEST else poems[poem] % 2, poem))[::-1]

        page = await store.favorites.page(ANN, order, size=size)
        assert not page.before
        seen = [[favorite.id for favorite in page.rows]]
        while page.behind:
            page = await store.favorites.page(ANN, order, Place(Turn.ON, page.rows[-1].key(order)), size=size)
            assert page.before
            seen.append([favorite.id for favorite in page.rows])
        assert [poem for ids in seen for poem in ids] == wanted
        for ids in seen[-2::-1]:
            assert page.before
            page = await store.favorites.page(ANN, order, Place(Turn.BACK, page.rows[0].key(order)), size=size)
            assert page.behind
            assert [favorite.id for favorite in page.rows] == ids
        assert not page.before
        behind = Place(Turn.ON, (0, 0))
        assert (await store.favorites.page(ANN, order, behind, size=size)).rows == []
        await database.close()

    asyncio.run(walk())


async def test_a_search_finds_either_script_and_takes_signs_as_they_are(store: Store) -> None:
    simple = await store.add("春风又绿江南岸，明月何时照我还。")
    full = await store.add("春風又綠江南岸，明月何時照我還。", script="hant")
    both = await store.add("里外春风。", traditional="裏外春風。")
    odd = await store.add("100%_月*")
    for poem in (simple, full, both, odd):
        await store.toggle(ANN, poem)

    async def found(typed: str) -> set[int]:
        return set(await store.ids(ANN, search=spellings(cleaned(typed))))

    assert await found("春风") == await found("春風") == await found(" 春 风\u200b") == {simple, full, both}
    assert await found("明月") == {simple, full}
    assert await found("裏") == {both}
    assert await found("%_") == {odd}
    assert await found("%") == await found("100") == {odd}
    assert await found("月*") == {odd}
    assert await found("岸，明") == {simple, full}
    assert await found("龙") == await found("_%") == await found("'; DROP TABLE poems; --") == set()
    assert await found("") == await found(" \n") == await found("\ud800") == {simple, full, both, odd}


async def test_a_search_reaches_over_line_breaks(store: Store) -> None:
    poem = await store.add("白日依山尽，黄河入海流。\n欲穷千里目，更上一层楼。")
    await store.toggle(ANN, poem)

    assert await store.ids(ANN, search=spellings(cleaned("海流。\n欲穷"))) == [poem]


async def test_the_most_loved_come_first(store: Store) -> None:
    few, many, none = [await store.add() for _ in range(3)]
    for person in (ANN, BEN, 13):
        await store.toggle(person, many)
    for person in (ANN, BEN):
        await store.toggle(person, few)
    await store.toggle(ANN, none)

    assert await store.ids(ANN, Order.LOVED) == [many, few, none]
    assert await store.ids(13, Order.LOVED) == [many]
    assert await store.ids(ANN, Order.NEWEST) == [none, many, few]


async def test_random_takes_every_one_in_time_and_nobody_elses(store: Store) -> None:
    poems = {await store.add() for _ in range(3)}
    for poem in poems:
        await store.toggle(ANN, poem)
    await store.toggle(BEN, await store.add())

    found = [await store.favorites.random(ANN) for _ in range(60)]

    assert {favorite.id for favorite in found if favorite is not None} == poems
    assert await store.favorites.random(13) is None


async def test_every_favorite_comes_in_chunks(store: Store) -> None:
    async with store.database.transaction() as transaction:
        await transaction.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?)"
            " INSERT INTO poems (id, request_id, person_id, text, start, unknown, seed, script, wish, weights, version,"
            " made_at) SELECT i, 1, 1, '月', '', '', 1, 'hans', '{}', '', '', 0 FROM n",
            (2 * CHUNK,),
        )
        await transaction.execute("INSERT INTO favorites SELECT ?, id, NULL, id % 7, '' FROM poems", (ANN,))

    chunks: list[list[Favorite]] = [list(chunk) async for chunk in store.favorites.every(ANN)]

    assert [len(chunk) for chunk in chunks] == [CHUNK, CHUNK]
    keys = [favorite.key(Order.NEWEST) for chunk in chunks for favorite in chunk]
    assert keys == sorted(keys, reverse=True)
    assert len(set(keys)) == 2 * CHUNK == await store.favorites.count(ANN)
    assert [chunk async for chunk in store.favorites.every(BEN)] == []


@pytest.mark.parametrize("search", [(), ("月", "月光")])
@pytest.mark.parametrize("turn", Turn)
@pytest.mark.parametrize("order", Order)
async def test_no_page_reads_more_than_the_persons_own_rows(
    store: Store, monkeypatch: pytest.MonkeyPatch, order: Order, turn: Turn, search: tuple[str, ...]
) -> None:
    async def work() -> None:
        place = Place(turn, (1, 1))
        await store.favorites.page(ANN, order, place, search=search)
        await store.favorites.random(ANN)
        await store.favorites.count(ANN)
        await store.poems.of_person(ANN, Place(turn, (1,)))

    page, random, count, history = await plans(store, monkeypatch, work)

    assert history == [
        f"SEARCH poems USING INDEX poems_by_person (person_id=? AND id{'<' if turn is Turn.ON else '>'}?)"
    ]
    for step in random + count:
        assert "SCAN poems" not in step
        assert not step.startswith("SCAN favorites USING")
        assert "TEMP" not in step
    shown = ["SCAN favorites", "SEARCH poems USING INTEGER PRIMARY KEY (rowid=?)", "USE TEMP B-TREE FOR ORDER BY"]
    assert page[-3:] == shown
    read = [step for step in page[:-3] if not step.startswith("CO-ROUTINE")]
    if order is Order.NEWEST and not search:
        key = f"(kept_at,poem_id){'<' if turn is Turn.ON else '>'}(?,?)"
        assert read == [f"SEARCH favorites USING COVERING INDEX favorites_by_person (person_id=? AND {key})"]
        return
    if search:  # in the order in which they stand
        assert read[0] == "SEARCH favorites USING PRIMARY KEY (person_id=?)"
    # The most loved of one person are sorted: as many rows as that person keeps, and no more of a poem than its count.
    assert read[0].startswith("SEARCH favorites USING ")
    assert read[0].endswith("(person_id=?)")
    if order is Order.LOVED:
        assert read.pop(1).startswith("SEARCH poems USING COVERING INDEX poems_loved (id=?")
    assert read[1:] == ["USE TEMP B-TREE FOR ORDER BY"]


async def plans(store: Store, monkeypatch: pytest.MonkeyPatch, work: Any) -> list[list[str]]:
    """How SQLite goes about each statement that is read in some work."""
    seen: list[list[str]] = []
    fetch_all = Database.fetch_all

    async def explain(database: Database, sql: str, parameters: Any = ()) -> list[Any]:
        steps = await fetch_all(database, f"EXPLAIN QUERY PLAN {sql}", parameters)
        seen.append([step[3] for step in steps])
        return await fetch_all(database, sql, parameters)

    async def explain_one(database: Database, sql: str, parameters: Any = ()) -> Any:
        return next(iter(await explain(database, sql, parameters)), None)

    monkeypatch.setattr(Database, "fetch_all", explain)
    monkeypatch.setattr(Database, "fetch_one", explain_one)
    await work()
    monkeypatch.undo()
    return seen
