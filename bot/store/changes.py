"""What has changed that other processes know by heart."""

from collections.abc import Mapping

from bot.store.database import Database


class ChangeRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def version(self) -> int:
        """Another number as soon as anything was written by anyone; it costs next to nothing."""
        row = await self._database.fetch_one("PRAGMA data_version")
        return int(row[0]) if row is not None else 0

    async def numbers(self) -> Mapping[str, int]:
        """How often each of the topics has changed."""
        rows = await self._database.fetch_all("SELECT topic, number FROM changes")
        return {topic: number for (topic, number) in rows}  # noqa: C416 - the types of what dict() takes are lost
