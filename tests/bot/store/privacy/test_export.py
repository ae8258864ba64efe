"""What is kept about a person, all of it as a file."""

import gzip
import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from bot.services.privacy import Privacy
from bot.store import privacy as store
from bot.store.database import Database
from bot.store.privacy import COVERAGE, KINDS
from tests.bot.personal import ME, NOW, OTHER, TYPED, fill, insert, poem


async def test_the_export_has_every_column_of_every_row(database: Database, privacy: Privacy) -> None:
    await fill(database)
    await fill(database, OTHER, 2)

    async with privacy.export(ME, 10**6, NOW) as pieces:
        [piece] = pieces
        exported = json.loads(piece.content.read())

    assert piece.name == "tangpoet.json"
    assert exported.pop("person_id") == str(ME)
    assert exported.pop("made_at") == "2026-05-06T07:08:09+00:00"
    assert list(exported) == [kind.table for kind in KINDS]
    for table, rows in exported.items():
        assert [sorted(row) for row in rows] == [sorted(COVERAGE[table])], table
    assert str(OTHER) not in str(exported)
    assert exported["poems"][0]["wish"]["start"] == exported["poems"][0]["start"] == TYPED
    assert exported["poems"][0]["made_at"] == "1970-01-01T00:00:00.000+00:00"
    assert exported["poems"][0]["person_id"] == str(ME)
    assert exported["additions"][0]["margins"] == [1.0]
    assert exported["additions"][0]["operands"] == ["123", "456"]
    assert exported["requests"][0]["options"] == {"start": f"{TYPED}\ud800"}
    assert exported["requests"][0]["answered_at"] is None
    assert exported["reports"][0]["reason"] == exported["faults"][0]["trace"] == TYPED


async def test_an_export_without_anything_is_a_file_as_well(privacy: Privacy) -> None:
    async with privacy.export(ME, 10**6, NOW) as [piece]:
        exported = json.loads(piece.content.read())

    assert all(exported[kind.table] == [] for kind in KINDS)


async def test_an_export_reads_page_by_page(
    database: Database, privacy: Privacy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "PAGE", 3)
    read: list[int] = []
    fetch_all = Database.fetch_all

    async def note(self: Database, *arguments: Any) -> Any:
        rows = await fetch_all(self, *arguments)
        read.append(len(rows))
        return rows

    for number in range(1, 8):
        await poem(database, number)
        await insert(database, "favorites", person_id=ME, poem_id=number, kept_at=0)
        for server in (1, 2):
            values = {"channel_id": 4, "message_id": None, "state": "shown", "posted_at": 0}
            await insert(database, "fame_posts", poem_id=number, guild_id=server, **values)
    monkeypatch.setattr(Database, "fetch_all", note)
    async with privacy.export(ME, 10**6, NOW) as [piece]:
        exported = json.loads(piece.content.read())

    assert max(read) == 3
    assert [row["id"] for row in exported["poems"]] == [str(number) for number in range(1, 8)]
    assert [row["poem_id"] for row in exported["favorites"]] == [str(number) for number in range(1, 8)]
    posts = [(row["poem_id"], row["guild_id"]) for row in exported["fame_posts"]]
    assert posts == [(str(number), server) for number in range(1, 8) for server in "12"]


@pytest.mark.parametrize(("limit", "count"), [(4_000, 1), (900, None), (50, None)])
async def test_a_large_export_is_compressed_and_cut_where_it_has_to_be(
    database: Database, privacy: Privacy, tmp_path: Path, limit: int, count: int | None
) -> None:
    for number in range(1, 60):
        await poem(database, number, text=f"{number * 7919 % 104_729}" * 3)

    async with privacy.export(ME, limit, NOW) as pieces:
        contents = [piece.content.read() for piece in pieces]
        names = [piece.name for piece in pieces]

    exported = json.loads(gzip.GzipFile(fileobj=BytesIO(b"".join(contents))).read())
    assert [row["id"] for row in exported["poems"]] == [str(number) for number in range(1, 60)]
    assert max(map(len, contents)) <= limit
    if count == 1:
        assert names == ["tangpoet.json.gz"]
    else:
        assert len(names) > 1
        assert names == [f"tangpoet.json.gz.{number:03}" for number in range(1, len(names) + 1)]
        assert set(map(len, contents[:-1])) == {limit}
    assert [path.name for path in tmp_path.iterdir() if not path.name.startswith("t.db")] == []  # noqa: ASYNC240
