"""What is done about trainings: /admin jobs, the buttons below one, the form that tries an adder while it learns."""

import asyncio
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, Self

import discord
from discord import app_commands

from bot.app import VERSION, PoetBot
from bot.cogs.admin.choosing import LONGEST_LABEL, MOST_OFFERED
from bot.cogs.admin.family import PRESSED, Family
from bot.cogs.craft import FORM_SECONDS
from bot.cogs.jobs import LiveMessages
from bot.operations.logs import without_secrets
from bot.reading import reader_of
from bot.services.jobs.jobs import NothingToTry, NotNow
from bot.store.additions import AdditionRecord
from bot.store.jobs import Job, State
from bot.ui.addition import AdditionCard
from bot.ui.admin import OwnersCard
from bot.ui.guards import GuardedItem, GuardedModal
from bot.ui.jobs import JOB_BUTTON, JobAct, list_line, title
from bot.words import Language, say, word
from model.addition.numbers import read_number

Interaction = discord.Interaction[PoetBot]
Numbers = list[app_commands.Choice[int]]

LISTED: Final = 12
LONGEST_LOG: Final = 1 << 20
"""Bytes of a log that are sent: of a longer one, the end."""
LONGEST_NUMBER: Final = 18
"""Characters of a number that is tried: what has more would need pages."""
_STOPPABLE: Final = frozenset({State.QUEUED, State.RUNNING, State.STOPPING})


class JobButton(GuardedItem[discord.ui.Button[Any]], template=JOB_BUTTON):
    """Stops a job, lets it go on, tries what it has learnt, or shows it in a direct message."""

    name = f"{PRESSED}job"

    def __init__(self, button: discord.ui.Button[Any], job_id: int, act: JobAct) -> None:
        self.job_id = job_id
        self.act = act
        super().__init__(button)

    @classmethod
    def of(cls, item: discord.ui.Button[Any], match: re.Match[str]) -> Self:
        return cls(item, int(match["job"]), JobAct(match["act"]))

    async def press(self, interaction: Interaction) -> None:
        match self.act:
            case JobAct.CANCEL:
                await interaction.response.defer()
                await cancel_job(interaction, self.job_id)
            case JobAct.RESUME:
                await interaction.response.defer()
                await resume_job(interaction, self.job_id)
            case JobAct.TRY:
                await interaction.response.send_modal(TryForm(self.job_id, reader_of(interaction).language))
            case JobAct.DIRECT:
                await show_directly(interaction, self.job_id)


class TryForm(GuardedModal):
    """Two numbers for a network that still learns."""

    name = f"{PRESSED}try"

    def __init__(self, job_id: int, language: Language) -> None:
        super().__init__(title=say(language, "jobs.try_title"), timeout=FORM_SECONDS)
        self.job_id = job_id
        self.numbers: list[discord.ui.TextInput[Any]] = [
            discord.ui.TextInput(custom_id=name, default=usual, max_length=LONGEST_NUMBER)
            for name, usual in (("a", "9876"), ("b", "5432"))
        ]
        for key, field in zip(("jobs.first_number", "jobs.second_number"), self.numbers, strict=True):
            self.add_item(discord.ui.Label(text=say(language, key), component=field))

    async def submit(self, interaction: Interaction) -> None:
        bot, language = interaction.client, reader_of(interaction).language
        numbers = [read_number(field.value) for field in self.numbers]
        job = await bot.jobs.get(self.job_id)
        weights = bot.jobs.folder(job.id).weights
        if not weights.exists():
            raise NothingToTry
        await interaction.response.defer(ephemeral=True, thinking=True)
        attempt = await bot.adder.attempt(weights, numbers)
        addition = AdditionRecord.of(attempt.addition, VERSION)
        card = AdditionCard(addition, language)
        card.add_item(discord.ui.TextDisplay(f"-# {say(language, 'jobs.tried', step=f'{attempt.step:,}')}"))
        await interaction.edit_original_response(view=card)


async def offer_any(interaction: Interaction, typed: str) -> Numbers:
    return await _offered(interaction, typed, lambda _: True)


async def offer_stoppable(interaction: Interaction, typed: str) -> Numbers:
    return await _offered(interaction, typed, lambda job: job.state in _STOPPABLE)


async def offer_resumable(interaction: Interaction, typed: str) -> Numbers:
    return await _offered(interaction, typed, lambda job: job.may_go_on)


async def _offered(interaction: Interaction, typed: str, fits: Callable[[Job], bool]) -> Numbers:
    language = reader_of(interaction).language
    jobs = [job for job in await interaction.client.jobs.store.latest(4 * MOST_OFFERED) if fits(job)]
    wanted = str(typed).strip()
    return [
        app_commands.Choice(name=title(job, language)[:LONGEST_LABEL], value=job.id)
        for job in jobs
        if str(job.id).startswith(wanted)
    ][:MOST_OFFERED]


class JobsGroup(app_commands.Group):
    def __init__(self) -> None:
        super().__init__(name=word("command.admin_jobs.name"), description=word("command.admin_jobs.description"))

    @app_commands.command(
        name=word("command.admin_jobs.status.name"), description=word("command.admin_jobs.status.description")
    )
    @app_commands.rename(job=word("command.admin_jobs.job.name"))
    @app_commands.describe(job=word("command.admin_jobs.job.description"))
    @app_commands.autocomplete(job=offer_any)
    async def status(self, interaction: Interaction, job: int | None = None) -> None:
        """One in full, or the latest of all in a line each."""
        bot, language = interaction.client, reader_of(interaction).language
        if job is None:
            latest = await bot.jobs.store.latest(LISTED)
            lines = [list_line(one, await bot.jobs.store.before(one.id), language) for one in latest]
            lines = lines or [say(language, "jobs.none")]
            text = "\n".join([f"### {say(language, 'jobs.list')}", *lines])
            await interaction.response.send_message(view=OwnersCard(text), ephemeral=True)
            return
        found = await bot.jobs.get(job)
        await interaction.response.defer(ephemeral=True, thinking=True)
        live = LiveMessages(bot)
        sight = await live.sight(found, discord.utils.utcnow())
        card, files = await live.card(sight, language, private=True)
        await interaction.edit_original_response(view=card, attachments=files)

    @app_commands.command(
        name=word("command.admin_jobs.cancel.name"), description=word("command.admin_jobs.cancel.description")
    )
    @app_commands.rename(job=word("command.admin_jobs.job.name"))
    @app_commands.describe(job=word("command.admin_jobs.job.description"))
    @app_commands.autocomplete(job=offer_stoppable)
    async def cancel(self, interaction: Interaction, job: int) -> None:
        if (await interaction.client.jobs.get(job)).state not in _STOPPABLE:
            raise NotNow(job=job)
        await interaction.response.defer(ephemeral=True, thinking=True)
        state = await cancel_job(interaction, job)
        text = say(reader_of(interaction).language, f"jobs.now.{state}", job=job)
        await interaction.edit_original_response(content=text)

    @app_commands.command(
        name=word("command.admin_jobs.resume.name"), description=word("command.admin_jobs.resume.description")
    )
    @app_commands.rename(job=word("command.admin_jobs.job.name"))
    @app_commands.describe(job=word("command.admin_jobs.job.description"))
    @app_commands.autocomplete(job=offer_resumable)
    async def resume(self, interaction: Interaction, job: int) -> None:
        await resume_job(interaction, job)
        text = say(reader_of(interaction).language, "jobs.now.queued", job=job)
        await interaction.response.send_message(text, ephemeral=True)

    @app_commands.command(
        name=word("command.admin_jobs.log.name"), description=word("command.admin_jobs.log.description")
    )
    @app_commands.rename(job=word("command.admin_jobs.job.name"))
    @app_commands.describe(job=word("command.admin_jobs.job.description"))
    @app_commands.autocomplete(job=offer_any)
    async def log(self, interaction: Interaction, job: int) -> None:
        bot = interaction.client
        folder = bot.jobs.folder((await bot.jobs.get(job)).id)
        await interaction.response.defer(ephemeral=True, thinking=True)
        texts = await asyncio.to_thread(lambda: [_tail(path) for path in (folder.output, folder.log.path)])
        files = [
            discord.File(io.BytesIO(without_secrets(text, bot.http.token).encode()), f"job-{job}-{name}")
            for text, name in zip(texts, ("log.txt", "events.jsonl"), strict=True)
        ]
        content = say(reader_of(interaction).language, "jobs.log", job=job)
        await interaction.edit_original_response(content=content, attachments=files)


def _tail(path: Path) -> str:
    """The end of a file; nothing where it is not there yet."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - LONGEST_LOG))
            return file.read().decode(errors="replace")
    except FileNotFoundError:
        return ""


async def cancel_job(interaction: Interaction, job_id: int) -> State:
    bot = interaction.client
    state = await bot.jobs.cancel(job_id, discord.utils.utcnow())
    bot.dispatch("job_changed", job_id)
    return state


async def resume_job(interaction: Interaction, job_id: int) -> None:
    bot = interaction.client
    await bot.jobs.resume(job_id, discord.utils.utcnow())
    bot.dispatch("job_changed", job_id)


async def show_directly(interaction: Interaction, job_id: int) -> None:
    """From now on the job's message is a direct one to whoever pressed.

    Raises:
        NotNow: the person had all about them deleted, so that nobody is known to have asked for it.
    """
    bot, language = interaction.client, reader_of(interaction).language
    await bot.jobs.get(job_id)
    if await bot.jobs.store.watch(job_id) is None:
        raise NotNow(job=job_id)
    channel = await bot.create_dm(interaction.user)
    await channel.send(say(language, "jobs.here", job=job_id))  # whoever takes none hears so now
    await bot.jobs.store.place(job_id, None, channel.id)
    bot.dispatch("job_changed", job_id)
    await interaction.response.edit_message(view=OwnersCard(say(language, "jobs.sent", job=job_id)))


JOBS: Final = Family(commands=lambda: [JobsGroup()], items=[JobButton])
