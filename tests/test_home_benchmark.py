"""The benchmark of what people keep: its database is sound, and its table has every row."""

from pathlib import Path

from benchmarks.home import LARGEST, SAME, compare
from benchmarks.seeding import COLLECTOR, READER, READER_KEEPS, seed
from bot.store.favorites import FavoriteRepository


async def test_the_seeded_database_is_sound(tmp_path: Path) -> None:
    home = await seed(tmp_path / "home.db", 1_000)
    database = home.database
    try:
        assert await database.fetch_all("PRAGMA integrity_check") == [("ok",)]
        [(poems, loved)] = await database.fetch_all("SELECT count(*), sum(loved) FROM poems")
        [(favorites, people)] = await database.fetch_all("SELECT count(*), count(DISTINCT person_id) FROM favorites")
        assert (poems, favorites) == (1_000, loved)
        assert 500 < favorites <= 500 + READER_KEEPS
        assert 80 < people <= 101
        kept = FavoriteRepository(database)
        assert await kept.count(READER) == READER_KEEPS
        assert await kept.count(COLLECTOR) > 0
        assert {home.some_poem() for _ in range(100)} <= set(range(1, 1_001))
    finally:
        await database.close()


async def test_every_operation_is_measured(tmp_path: Path) -> None:
    table = await compare(2_000, 2, tmp_path)

    assert table.row_count == len(SAME) + len(LARGEST) + 4
    assert set(table.columns[4]._cells) <= {"yes", "no", ""}
