"""Seeds a database as large as years of use would make it: python -m benchmarks.seeding FILE [--poems N].

Through the real schema: half as many favourites as poems, a tenth as many people, servers and people of very different
size, a year of it.
"""

import argparse
import asyncio
import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice
from pathlib import Path
from typing import Any

from bot.store.database import Database, milliseconds
from model.requests import PoemRequest

FULL = 1_000_000
NOW = datetime(2026, 1, 1, tzinfo=UTC)
YEAR = timedelta(days=365)
ROWS_AT_ONCE = 20_000
# Discord's ids are that great, and SQLite keeps small numbers in fewer bytes.
FIRST_PERSON, FIRST_SERVER, FIRST_REQUEST = 10**18, 2 * 10**18, 3 * 10**18
LARGEST_SERVER = FIRST_SERVER
COLLECTOR, READER = FIRST_PERSON, FIRST_PERSON - 1
SERVER_HAS = 450  # poems, about, of the server that is compared with one of a database of another size
DIRECT = 0.1  # of the poems, without a server
COLLECTORS = 20  # who keep a fifth of all favourites, in the large database thousands each
READER_KEEPS = 250  # favourites of one more person, as many in a database of any size
FORMS = {"五绝": (4, 5), "七绝": (4, 7), "五律": (8, 5), "七律": (8, 7), None: (6, 6)}
CHARACTERS = "".join(map(chr, range(0x4E00, 0x4E00 + 3_000)))


@dataclass(frozen=True)
class Home:
    """A seeded database, and whom it is asked about."""

    database: Database
    poems: int
    people: int
    server: int
    bytes_a_poem: float
    bytes_in_all: int

    def somebody(self) -> int:
        return FIRST_PERSON + random.randrange(COLLECTORS, self.people)

    def some_poem(self) -> int:
        return random.randrange(1, self.poems + 1)


class Weighted:
    """Numbers below a limit, the lower the likelier."""

    def __init__(self, count: int, power: float) -> None:
        self._numbers = range(count)
        self._weights = list(accumulate((rank + 1) ** -power for rank in range(count)))

    def draw(self, chance: random.Random, count: int) -> list[int]:
        return chance.choices(self._numbers, cum_weights=self._weights, k=count)


def verse(chance: random.Random, lines: int, length: int) -> str:
    ends = "，。"
    drawn = ["".join(chance.choices(CHARACTERS, k=length)) + ends[number % 2] for number in range(lines)]
    return "\n".join("".join(drawn[number : number + 2]) for number in range(0, lines, 2))


def poem_rows(count: int, people: int) -> Iterator[dict[str, Any]]:
    """Poems in the order in which they were made."""
    chance = random.Random(1)
    servers = Weighted(max(3, count // 2_000), 1.0)
    authors = Weighted(people, 0.5)
    wish = asdict(PoemRequest(start="月", theme="思乡", candidates=48))
    drawn = zip(servers.draw(chance, count), authors.draw(chance, count), strict=True)
    for number, (server, author) in enumerate(drawn):
        form = chance.choice(list(FORMS))
        text = verse(chance, *FORMS[form])
        seed = chance.randrange(2**53)
        yield {
            "request_id": FIRST_REQUEST + number,
            "person_id": FIRST_PERSON + author,
            "guild_id": None if chance.random() < DIRECT else FIRST_SERVER + server,
            "channel_id": FIRST_SERVER + server + 1,
            "text": text,
            "traditional": text,
            "form": form,
            "pattern": "仄起首句入韵" if form else "",
            "theme": "思乡" if form else "",
            "start": text[0],
            "given": "[0]",
            "unknown": "",
            "broken": "",
            "seed": seed,
            "script": "hans",
            "wish": json.dumps(wish | {"form": form, "seed": seed, "start": text[0]}, ensure_ascii=False),
            "weights": "0123456789abcdef",
            "version": "1.0.0",
            "made_at": milliseconds(NOW - YEAR + YEAR * (number / count)),
        }


def favorite_rows(poems: int, people: int) -> Iterator[tuple[int, int, int]]:
    """Person, poem and time; some pairs come twice."""
    chance = random.Random(2)
    count = poems // 2
    loved = Weighted(poems, 0.6)
    # The most loved are anywhere, not the first that were made.
    places = list(range(1, poems + 1))
    chance.shuffle(places)
    for number, drawn in enumerate(loved.draw(chance, count)):
        collects = number % 5 == 0
        person = chance.randrange(COLLECTORS) if collects else chance.randrange(COLLECTORS, people)
        kept_at = milliseconds(NOW - YEAR * chance.random())
        yield FIRST_PERSON + person, places[drawn], kept_at
    for place in places[: 2 * READER_KEEPS : 2]:
        yield READER, place, milliseconds(NOW - YEAR * chance.random())


def request_rows(poems: int, people: int) -> Iterator[tuple[Any, ...]]:
    """The requests of the poems of the last quarter: older ones are forgotten."""
    chance = random.Random(3)
    for number in range(poems * 3 // 4, poems):
        asked = milliseconds(NOW - YEAR + YEAR * (number / poems))
        person = FIRST_PERSON + chance.randrange(people)
        options = '{"start": "月"}'
        yield FIRST_REQUEST + number, person, FIRST_SERVER, 1, "poem", options, "zh-CN", asked, asked + 900, "done"


async def insert(database: Database, sql: str, rows: Iterable[Sequence[Any]]) -> None:
    waiting = iter(rows)
    while some := list(islice(waiting, ROWS_AT_ONCE)):
        async with database.transaction() as transaction:
            await transaction.execute_many(sql, some)


async def seed(path: Path, poems: int) -> Home:
    """A database with so many poems."""
    people = max(COLLECTORS * 2, poems // 10)
    database = await Database.open(path)
    columns = list(next(poem_rows(1, people)))
    places = ", ".join("?" * len(columns))
    await insert(
        database,
        f"INSERT INTO poems ({', '.join(columns)}) VALUES ({places})",  # noqa: S608 - our own names
        (tuple(row.values()) for row in poem_rows(poems, people)),
    )
    alone = await size_of(database)
    await insert(
        database,
        "INSERT OR IGNORE INTO favorites (person_id, poem_id, guild_id, kept_at, searched)"
        " SELECT ?1, id, guild_id, ?3, replace(text, char(10), '') || char(10) || traditional FROM poems WHERE id = ?2",
        favorite_rows(poems, people),
    )
    await insert(
        database,
        "INSERT INTO requests (id, person_id, guild_id, channel_id, command, options, locale, asked_at, answered_at,"
        " outcome) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        request_rows(poems, people),
    )
    # As after a restart: the log is in the file.
    await database.close()
    database = await Database.open(path)
    server = await database.fetch_one(
        "SELECT guild_id FROM poems WHERE guild_id IS NOT NULL GROUP BY guild_id ORDER BY abs(count(*) - ?) LIMIT 1",
        (SERVER_HAS,),
    )
    assert server is not None
    return Home(database, poems, people, server[0], alone / poems, await size_of(database))


async def size_of(database: Database) -> int:
    row = await database.fetch_one("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size")
    return int(row[0]) if row is not None else 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", type=Path)
    parser.add_argument("--poems", type=int, default=FULL)
    options = parser.parse_args()

    async def fill() -> None:
        await (await seed(options.file, options.poems)).database.close()

    if options.file.exists():
        parser.error(f"{options.file} is there already")
    asyncio.run(fill())


if __name__ == "__main__":
    main()
