"""A bot's part that sees to jobs, as a process of its own that can be killed: python -m tests.bot.job_host FOLDER"""

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from bot.services.jobs import Jobs
from bot.services.jobs.jobs import Verdict
from bot.store.database import Database
from bot.store.jobs import ENDED, Asker, JobRepository, Order, State
from tests.bot.pupils import TRAINING

LOOK_SECONDS = 0.05
ORDER = Order(
    kind="adder",  # which is not judged; what is learnt is said by the recipe
    recipe="simple-rnn",
    corpus="tang",
    seed=5,
    changes=("embedding=8", "hidden=12", "epochs=3", "batch=4", "floor=1", "dropout=0.1", "layers=2"),
)


class Files:
    """Corpora by their names in the folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def path_of(self, name: str) -> Path:
        return self.folder / f"{name}.txt"

    async def consider(self, weights: Path, *, job_id: int, recipe: str, corpus: str) -> Verdict:
        raise AssertionError((weights, job_id, recipe, corpus))


async def host(folder: Path) -> None:
    """See to the one job until it has ended; where there is none yet, it is asked for."""
    database = await Database.open(folder / "jobs.db")
    files = Files(folder)
    jobs = Jobs(JobRepository(database), folder / "jobs", TRAINING, files, files)
    if await jobs.store.get(1) is None:
        await jobs.add(ORDER, Asker(7, "en"), datetime.now(UTC))
    while (await jobs.get(1)).state not in ENDED - {State.LOST}:
        if (await jobs.get(1)).state is State.LOST:  # killed again and again before its first checkpoint
            await jobs.resume(1, datetime.now(UTC))
        await jobs.look(datetime.now(UTC))
        await asyncio.sleep(LOOK_SECONDS)
    await database.close()


if __name__ == "__main__":
    asyncio.run(host(Path(sys.argv[1])))
