"""One person and another, and rows of theirs in every table of the database."""

import json
from datetime import UTC, datetime
from typing import Any

from bot.store.database import Database

NOW = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)

ME, OTHER, SERVER = 777_000_111_222_333_444, 888_000_111_222_333_444, 999_000_111_222_333_444

TYPED = "秘密"  # in everything that a person can type


async def insert(database: Database, table: str, **values: Any) -> None:
    async with database.transaction() as transaction:
        await transaction.execute(
            f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})",  # noqa: S608
            tuple(values.values()),
        )


async def poem(database: Database, poem_id: int, person_id: int = ME, text: str = "月") -> None:
    wish = {"start": TYPED, "theme": TYPED, "heads": TYPED, "held": [TYPED], "form": "五绝", "temperature": 0.5}
    await insert(
        database,
        "poems",
        id=poem_id,
        request_id=person_id + 1,
        person_id=person_id,
        guild_id=SERVER,
        channel_id=person_id + 2,
        text=text,
        form="五绝",
        start=TYPED,
        unknown=TYPED,
        theme=TYPED,
        broken=TYPED,
        given="[0, 1]",
        seed=3,
        script="hans",
        wish=json.dumps(wish | {"seed": 3, "script": None, "later": TYPED}),
        weights="abc",
        version="1",
        made_at=0,
    )


async def fill(database: Database, person_id: int = ME, number: int = 1) -> None:
    """A row of the person in every table that can have one."""
    await poem(database, number, person_id, text=f"{TYPED}{person_id}")
    await insert(database, "favorites", person_id=person_id, poem_id=number, kept_at=0)
    await insert(database, "people", person_id=person_id, language="en", changed_at=0)
    await insert(
        database,
        "fame_posts",
        poem_id=number,
        guild_id=SERVER,
        channel_id=4,
        message_id=person_id + 5,
        state="shown",
        posted_at=0,
    )
    await insert(
        database,
        "additions",
        request_id=person_id + 6,
        person_id=person_id,
        operands='["123", "456"]',
        sum=TYPED,
        digits="975",
        carries="000",
        margins=b"\x00\x00\x80\x3f",
        confidences=b"\x00\x00\x00\x3f",
        expected="579",
        weights="abc",
        version="1",
        made_at=0,
    )
    await insert(
        database,
        "contests",
        id=number,
        request_id=person_id + 9,
        person_id=person_id,
        start=TYPED,
        seed=5,
        unknown="",
        entries=json.dumps([{"cell": "rnn", "text": TYPED}]),
        version="1",
        made_at=0,
    )
    await insert(database, "ballots", contest_id=number, person_id=person_id, cell="rnn", voted_at=0)
    await insert(
        database,
        "requests",
        id=person_id + 7,
        person_id=person_id,
        command="poem",
        options=json.dumps({"start": f"{TYPED}\ud800"}),
        locale="en",
        asked_at=0,
    )
    await insert(database, "reports", reporter_id=person_id, poem_id=number, reason=TYPED, reported_at=0)
    await insert(
        database,
        "faults",
        reference=f"{number:08x}",
        request_id=person_id + 8,
        person_id=person_id,
        command="poem",
        trace=TYPED,
        happened_at=0,
    )
    await insert(
        database,
        "jobs",
        id=number,
        kind="adder",
        recipe="adder",
        corpus="",
        origin="",
        changes="[]",
        seed=1,
        state="done",
        asked_at=0,
    )
    await insert(database, "job_messages", job_id=number, person_id=person_id, language="en", tell=0)
    await insert(database, "blocks", kind="person", subject_id=person_id, reason="", blocked_at=0)
    await insert(database, "comparisons", id=number, one="a", other="b", made_at=0)
    await insert(database, "comparison_pairs", comparison_id=number, number=0, one="月", other="山", swapped=0)
    await insert(database, "votes", comparison_id=number, number=0, person_id=person_id, choice="one", voted_at=0)
