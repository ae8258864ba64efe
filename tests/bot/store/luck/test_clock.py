"""Bad luck in the store: the clock jumps, and notes come out of order or find no place."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import discord
import pytest

from bot.services.journal import Journal, Repeated
from bot.store import database as database_module
from bot.store.database import Database
from bot.store.requests import Request, RequestRepository
from tests.bot.store.luck.conftest import NOW, count, held, note
from tests.bot.support import rows, text
from tests.conftest import World


async def test_a_clock_that_jumps_back_changes_no_more_than_the_times(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = [NOW, NOW - timedelta(days=400), NOW + timedelta(days=4000), datetime(1970, 1, 1, tzinfo=UTC)]
    for moment in moments:
        with monkeypatch.context() as patch:
            patch.setattr(discord.utils, "utcnow", lambda moment=moment: moment)
            assert text((await world.alice.slash(world.channel, "about")).response)

    asked = await rows(world.bot, "SELECT asked_at, answered_at, outcome FROM requests ORDER BY id")
    expected = [database_module.milliseconds(moment) for moment in moments]
    assert asked == [(moment, moment, "done") for moment in expected]


async def test_an_answer_before_its_question_is_noted_as_it_is(database: Database) -> None:
    await note(database, 1, asked_at=NOW, answered_at=NOW - timedelta(hours=1))

    [(asked, answered)] = await database.fetch_all("SELECT asked_at, answered_at FROM requests")
    assert asked - answered == 3_600_000


async def test_notes_that_never_found_a_place_are_counted_at_the_end(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    journal = Journal(RequestRepository(database))
    await database._writer.execute("PRAGMA busy_timeout = 10")
    with held(tmp_path / "t.db"):
        for number in (1, 2):
            journal.begin(Request(number, 2, None, 4, "poem", {}, "en-US", NOW))
        await journal.close()

    assert "2 requests and 0 outcomes were never noted" in caplog.text


async def test_only_so_many_requests_are_known_again(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.services.journal.REMEMBERED", 2)
    journal = Journal(RequestRepository(database))
    for number in (1, 2, 3, 1):
        journal.begin(Request(number, 2, None, 4, "poem", {}, "en-US", NOW))
    with pytest.raises(Repeated):
        journal.begin(Request(3, 2, None, 4, "poem", {}, "en-US", NOW))
    await journal.close()

    assert await count(database) == 3
