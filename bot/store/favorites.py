"""Which poems people keep: once per person and poem, however often it is asked for."""

import sqlite3
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from bot.store.database import Database, milliseconds
from bot.store.paging import PAGE_SIZE, Page, Place
from bot.store.poems import POEM_COLUMNS, KeptPoem, moment

CHUNK: Final = 100
"""Rows that are read at once where all are wanted."""
# The join is crossed so that SQLite begins with the person's rows, whatever it believes of the tables.
_KEPT: Final = (
    f"SELECT favorites.kept_at, {POEM_COLUMNS} FROM favorites CROSS JOIN poems ON poems.id = favorites.poem_id"  # noqa: S608 - our own names
    " WHERE favorites.person_id = ?"
)
_KEEP: Final = (
    "INSERT OR IGNORE INTO favorites (person_id, poem_id, guild_id, kept_at, searched) SELECT ?, id, guild_id, ?,"
    " replace(text, char(10), '') || char(10) || replace(coalesce(traditional, ''), char(10), '')"
    " FROM poems WHERE id = ?"
)


class Order(StrEnum):
    """What comes first."""

    NEWEST = "newest"
    LOVED = "loved"


# What is on a page is found first, out of little: of thousands of poems only those that are shown are read.
# Most loved: a person's own rows are looked up and sorted, no more. An index would need each poem's count in all the
# rows of those who keep it, to be rewritten at every press.
_FOUND: Final = {
    Order.NEWEST: "favorites",
    Order.LOVED: "favorites CROSS JOIN poems INDEXED BY poems_loved"
    " ON poems.id = favorites.poem_id AND poems.loved > 0",
}
_KEYS: Final = {
    Order.NEWEST: ("favorites.kept_at", "favorites.poem_id"),
    Order.LOVED: ("poems.loved", "poems.id"),
}


@dataclass(frozen=True, slots=True)
class Toggled:
    """Whether the person keeps the poem now, and how many do."""

    kept: bool
    loved: int


@dataclass(frozen=True, slots=True)
class Favorite:
    """A poem, and when the person began to keep it."""

    kept_at: datetime
    kept: KeptPoem

    @property
    def id(self) -> int:
        return self.kept.id

    def key(self, order: Order) -> tuple[int, int]:
        """Where it stands in that order."""
        return (milliseconds(self.kept_at) if order is Order.NEWEST else self.kept.loved, self.id)


class FavoriteRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def toggle(self, person_id: int, poem_id: int, now: datetime) -> Toggled | None:
        """Keep the poem, or let it go if it was kept. Returns None where there is no such poem any more."""

        def work(connection: sqlite3.Connection) -> Toggled | None:
            if not _let_go(connection, person_id, poem_id):
                connection.execute(_KEEP, (person_id, milliseconds(now), poem_id))
            return _now(connection, person_id, poem_id)

        return await self._database.write(work)

    async def keep(self, person_id: int, poem_id: int, now: datetime) -> Toggled | None:
        """Keep the poem, since then if it is kept already. Returns None where there is no such poem any more."""

        def work(connection: sqlite3.Connection) -> Toggled | None:
            connection.execute(_KEEP, (person_id, milliseconds(now), poem_id))
            return _now(connection, person_id, poem_id)

        return await self._database.write(work)

    async def let_go(self, person_id: int, poem_id: int) -> None:
        await self._database.write(lambda connection: _let_go(connection, person_id, poem_id))

    async def get(self, person_id: int, poem_id: int) -> Favorite | None:
        """A poem, if the person keeps it."""
        row = await self._database.fetch_one(f"{_KEPT} AND favorites.poem_id = ?", (person_id, poem_id))
        return _favorite(row) if row is not None else None

    async def random(self, person_id: int) -> Favorite | None:
        """Any of the poems that somebody keeps, each as likely as the others."""
        row = await self._database.fetch_one(
            f"SELECT favorites.kept_at, {POEM_COLUMNS} FROM"  # noqa: S608
            " (SELECT kept_at, poem_id FROM favorites WHERE person_id = ? ORDER BY kept_at, poem_id LIMIT 1 OFFSET"
            " (SELECT abs(random()) % max(count(*), 1) FROM favorites WHERE person_id = ?)) AS favorites"
            " CROSS JOIN poems ON poems.id = favorites.poem_id",
            (person_id, person_id),
        )
        return _favorite(row) if row is not None else None

    async def count(self, person_id: int) -> int:
        row = await self._database.fetch_one("SELECT count(*) FROM favorites WHERE person_id = ?", (person_id,))
        return int(row[0]) if row is not None else 0

    async def page(
        self,
        person_id: int,
        order: Order = Order.NEWEST,
        place: Place | None = None,
        *,
        search: Sequence[str] = (),
        size: int = PAGE_SIZE,
    ) -> Page[Favorite]:
        """A page of what somebody keeps; where something is searched, of the poems that have one of these spellings.

        The key of a place is `Favorite.key`.
        """
        at = place or Place.start(2)
        first, second = _KEYS[order]
        searched = " OR ".join(["instr(favorites.searched, ?)"] * len(search))
        ordered = f"ORDER BY {first} {at.direction}, {second} {at.direction}"
        # What is searched is read in the order in which it stands, then sorted: by the index, each would be looked up.
        read = "+" if search else ""
        rows = await self._database.fetch_all(
            f"SELECT favorites.kept_at, {POEM_COLUMNS} FROM (SELECT favorites.kept_at, favorites.poem_id"  # noqa: S608
            f" FROM {_FOUND[order]} WHERE favorites.person_id = ? AND ({read}{first}, {second}) {at.comparison} (?, ?)"
            f" {f'AND ({searched})' if searched else ''}"
            f" ORDER BY {read}{first} {at.direction}, {second} {at.direction} LIMIT ?) AS favorites"
            f" CROSS JOIN poems ON poems.id = favorites.poem_id {ordered}",
            (person_id, *at.key, *search, size + 1),
        )
        return Page.of([_favorite(row) for row in rows], size, place)

    async def every(self, person_id: int) -> AsyncIterator[Sequence[Favorite]]:
        """All that somebody keeps, the newest first, some rows at a time; others take their turns between."""
        place, behind = None, True
        while behind:
            page = await self.page(person_id, place=place, size=CHUNK)
            behind = page.behind
            if page.rows:
                place = Place(Place.start(2).turn, page.rows[-1].key(Order.NEWEST))
                yield page.rows


def _let_go(connection: sqlite3.Connection, person_id: int, poem_id: int) -> bool:
    """Returns whether it was kept."""
    sql = "DELETE FROM favorites WHERE person_id = ? AND poem_id = ?"
    return bool(connection.execute(sql, (person_id, poem_id)).rowcount)


def _now(connection: sqlite3.Connection, person_id: int, poem_id: int) -> Toggled | None:
    row = connection.execute(
        "SELECT EXISTS (SELECT 1 FROM favorites WHERE person_id = ? AND poem_id = poems.id), loved"
        " FROM poems WHERE id = ?",
        (person_id, poem_id),
    ).fetchone()
    return Toggled(bool(row[0]), row[1]) if row is not None else None


def _favorite(row: Sequence[Any]) -> Favorite:
    kept_at, *values = row
    return Favorite(moment(kept_at), KeptPoem.of(values))
