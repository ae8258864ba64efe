"""What is kept about a person: where it stands, how it is read, deleted and forgotten."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from bot.store.database import Database, Transaction, milliseconds
from bot.store.fame import NOBODY

PAGE: Final = 100
"""Rows that are read at once."""


class Fate(StrEnum):
    """What happens to a column when a person has everything deleted."""

    GOES = "goes"  # with its row
    EMPTIED = "emptied"  # with its row; of a poem that others keep it is emptied
    LEFT = "left"  # with its row; of a poem that others keep it is left
    WITHDRAWN = "withdrawn"  # with its row, as soon as the message that it stands for is deleted
    STAYS = "stays"
    NOBODYS = "nobody's"  # it tells nothing of a person


def _columns(fate: Fate, names: str) -> dict[str, Fate]:
    return dict.fromkeys(names.split(), fate)


COVERAGE: Final[Mapping[str, Mapping[str, Fate]]] = {
    "requests": _columns(
        Fate.GOES,
        "id person_id guild_id channel_id command options locale asked_at answered_at outcome reference",
    ),
    "poems": _columns(Fate.EMPTIED, "request_id person_id channel_id start unknown theme broken given wish")
    | _columns(Fate.LEFT, "id guild_id text traditional form pattern seed script weights version made_at loved"),
    "additions": _columns(
        Fate.GOES,
        "id request_id person_id guild_id channel_id operands sum digits carries margins confidences expected weights"
        " version made_at operation certificate",
    ),
    "contests": _columns(
        Fate.GOES,
        "id request_id person_id guild_id channel_id start seed unknown entries version made_at",
    ),
    "ballots": _columns(Fate.GOES, "contest_id person_id cell voted_at"),
    "favorites": _columns(Fate.GOES, "person_id poem_id guild_id kept_at searched"),
    "people": _columns(Fate.GOES, "person_id language script form display pinyin changed_at"),
    "fame_posts": _columns(Fate.WITHDRAWN, "poem_id guild_id channel_id message_id state posted_at"),
    "reports": _columns(
        Fate.GOES,
        "id reporter_id poem_id guild_id channel_id message_id reason reported_at told_at settled_at",
    ),
    "faults": _columns(Fate.GOES, "reference request_id person_id guild_id command trace happened_at"),
    "blocks": _columns(Fate.STAYS, "kind subject_id reason blocked_at"),
    "counts": _columns(Fate.NOBODYS, "name value"),
    "servers": _columns(
        Fate.NOBODYS,
        "guild_id language script form display fame_channel_id fame_stars daily_channel_id daily_minute daily_zone"
        " daily_done left_at changed_at learning",
    ),
    "daily_posts": _columns(Fate.NOBODYS, "guild_id channel_id day poem_id begun_at"),
    "server_words": _columns(Fate.NOBODYS, "guild_id word"),
    "votes": _columns(Fate.GOES, "comparison_id number person_id choice voted_at"),
    "comparisons": _columns(Fate.NOBODYS, "id one other made_at"),
    "comparison_pairs": _columns(Fate.NOBODYS, "comparison_id number one other swapped"),
    "versions": _columns(Fate.NOBODYS, "name weights job_id recipe corpus bytes figures verdict made_at told_at"),
    "version_processes": _columns(Fate.NOBODYS, "process name fault noted_at"),
    "version_uses": _columns(Fate.NOBODYS, "id name reason previous begun_at"),
    "command_syncs": _columns(Fate.NOBODYS, "application_id guild_id payload_hash commands synced_at"),
    "jobs": _columns(
        Fate.NOBODYS,
        "id kind recipe corpus origin changes seed state reason detail starts step event_offset result asked_at"
        " began_at ended_at",
    ),
    "job_messages": _columns(
        Fate.GOES,
        "job_id person_id language guild_id channel_id message_id posts posted_at tell told settled",
    ),
    "changes": _columns(Fate.NOBODYS, "topic number"),
    "fame_calls": _columns(Fate.NOBODYS, "poem_id guild_id"),
    "process_servers": _columns(Fate.NOBODYS, "holder servers"),
    "leases": _columns(Fate.NOBODYS, "name holder number until"),
}
"""Every column of every table."""

# What stands in the emptied columns of a poem that others keep. Its wish keeps what was chosen, not what was typed.
_EMPTIED: Final = {
    "request_id": "0",
    "person_id": str(NOBODY),
    "channel_id": "NULL",  # a direct message's channel is a person's
    "start": "''",
    "unknown": "''",
    "theme": "''",
    "broken": "''",
    "given": "'[]'",
    "wish": "(SELECT json_group_object(key, value) FROM json_each(poems.wish) WHERE key IN"
    " ('form', 'seed', 'temperature', 'top_k', 'top_p', 'script', 'rules', 'on_unknown', 'candidates'))",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """A table with rows of a person.

    `whose` has one place for the person's id; `key` are the columns by which its rows are told apart and put in order;
    `aged` has the time from which on they are forgotten, where they are.
    """

    table: str
    key: tuple[str, ...] = ("id",)
    whose: str = "person_id = ?"
    aged: str | None = None

    @property
    def goes(self) -> bool:
        """Whether all its rows go at once."""
        return set(COVERAGE[self.table].values()) == {Fate.GOES}


_OF_OWN_POEMS: Final = "poem_id IN (SELECT id FROM poems WHERE person_id = ?)"
POEMS: Final = Kind("poems")
FAME_POSTS: Final = Kind("fame_posts", ("poem_id", "guild_id"), _OF_OWN_POEMS)
KINDS: Final = (
    POEMS,
    Kind("favorites", ("poem_id",)),
    Kind("people", ("person_id",)),
    FAME_POSTS,
    Kind("additions", aged="made_at"),
    Kind("ballots", ("contest_id", "person_id"), aged="voted_at"),
    Kind("contests", aged="made_at"),
    Kind("requests", aged="asked_at"),
    Kind("reports", whose="reporter_id = ?", aged="reported_at"),
    Kind("faults", ("reference",), aged="happened_at"),
    Kind("votes", ("comparison_id", "number")),
    Kind("job_messages", ("job_id",)),
    Kind("blocks", ("subject_id",), "kind = 'person' AND subject_id = ?"),
)
"""All that a person can stand in, as it is told and exported."""


@dataclass(frozen=True, slots=True)
class Deleted:
    """What went: rows by table; poems that stay without their author; those to be taken out of halls of fame."""

    rows: Mapping[str, int]
    left: int
    posted: Sequence[int]


class PrivacyRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def count(self, person_id: int) -> dict[str, int]:
        """How many rows of each kind are the person's."""
        found = {}
        for kind in KINDS:
            row = await self._database.fetch_one(
                f"SELECT count(*) FROM {kind.table} WHERE {kind.whose}",  # noqa: S608 - our own names, as all here
                (person_id,),
            )
            found[kind.table] = int(row[0]) if row is not None else 0
        return found

    async def rows(self, kind: Kind, person_id: int) -> AsyncIterator[list[dict[str, Any]]]:
        """All rows of a person with all columns, a page at a time; others take their turns between."""
        columns, key = tuple(COVERAGE[kind.table]), ", ".join(kind.key)
        behind, last = "", ()
        while True:
            page = [
                dict(zip(columns, row, strict=True))
                for row in await self._database.fetch_all(
                    f"SELECT {', '.join(columns)} FROM {kind.table} WHERE {kind.whose}{behind}"  # noqa: S608
                    f" ORDER BY {key} LIMIT {PAGE}",
                    (person_id, *last),
                )
            ]
            if page:
                yield page
            if len(page) < PAGE:
                return
            behind = f" AND ({key}) > ({', '.join('?' * len(kind.key))})"
            last = tuple(page[-1][name] for name in kind.key)

    async def delete(self, person_id: int) -> Deleted:
        """Delete what is the person's, at once; a poem that others keep stays without author and what was typed.

        Posts in halls of fame are marked in the same transaction, and taken down by whoever can reach Discord.
        """
        async with self._database.transaction() as transaction:
            posted = await transaction.execute(
                f"UPDATE fame_posts SET state = 'withdrawn' WHERE {FAME_POSTS.whose} RETURNING poem_id",  # noqa: S608
                (person_id,),
            )
            poem_ids = [int(row[0]) for row in await posted.fetchall()]
            # Poems come last: from then on `loved` counts others only.
            gone = {kind.table: await _delete(transaction, kind, person_id) for kind in KINDS if kind.goes}
            gone[POEMS.table] = await _delete(transaction, POEMS, person_id, " AND loved = 0")
            assignments = ", ".join(f"{name} = {empty}" for name, empty in _EMPTIED.items())
            left = await transaction.execute(f"UPDATE poems SET {assignments} WHERE {POEMS.whose}", (person_id,))  # noqa: S608
        await self._database.fetch_all("PRAGMA wal_checkpoint(TRUNCATE)")
        return Deleted(gone, left.rowcount, poem_ids)

    async def forget(self, kind: Kind, before: datetime, most: int) -> int:
        """Delete rows of all people that are older, some at a time. Returns how many went."""
        key = ", ".join(kind.key)
        async with self._database.transaction() as transaction:
            cursor = await transaction.execute(
                f"DELETE FROM {kind.table} WHERE ({key}) IN"  # noqa: S608
                f" (SELECT {key} FROM {kind.table} WHERE {kind.aged} < ? ORDER BY {kind.aged} LIMIT ?)",
                (milliseconds(before), most),
            )
            return cursor.rowcount

    async def forget_unkept(self, most: int) -> int:
        """Delete poems without an author that were left because others kept them, where nobody does any more."""
        async with self._database.transaction() as transaction:
            cursor = await transaction.execute(
                # The bot's own poems have no author either, but the channel that they were written for.
                "DELETE FROM poems WHERE id IN"
                " (SELECT id FROM poems WHERE person_id = ? AND channel_id IS NULL AND loved = 0 LIMIT ?)",
                (NOBODY, most),
            )
            return cursor.rowcount


async def _delete(transaction: Transaction, kind: Kind, person_id: int, condition: str = "") -> int:
    cursor = await transaction.execute(f"DELETE FROM {kind.table} WHERE {kind.whose}{condition}", (person_id,))  # noqa: S608
    return cursor.rowcount
