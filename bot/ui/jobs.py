"""What is seen of trainings: the card that lives while one runs, and the list of them."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

import discord
from discord.utils import escape_markdown, format_dt

from bot.services.jobs import Progress
from bot.store.jobs import Job, State
from bot.ui.guards import GuardedLayout
from bot.ui.plots import draw_learning, draw_losses
from bot.ui.text import shown
from bot.words import Language, say

PLOT: Final = "curve.png"
BAR_CELLS: Final = 20
LONGEST_SAMPLE: Final = 400
JOB_BUTTON: Final = r"admin:job:(?P<job>[0-9]{1,18}):(?P<act>cancel|resume|try|direct)"
_COLOURS: Final = {
    State.DONE: discord.Colour(0x3F7D5C),
    State.FAILED: discord.Colour(0xA6382E),
    State.LOST: discord.Colour(0xA6382E),
    State.STOPPED: discord.Colour(0x8C8C8C),
}
_BUSY: Final = discord.Colour(0x3B6EA5)
_SIGNS: Final = {
    State.QUEUED: "⏳",
    State.RUNNING: "🏃",
    State.STOPPING: "✋",
    State.JUDGING: "⚖️",
    State.DONE: "✅",
    State.STOPPED: "⏹️",
    State.FAILED: "❌",
    State.LOST: "❓",
}


class JobAct(StrEnum):
    """What can be pressed below a job; part of a custom id, so never to be renamed."""

    CANCEL = "cancel"
    RESUME = "resume"
    TRY = "try"
    DIRECT = "direct"


@dataclass(frozen=True, slots=True)
class Sight:
    """All that is shown of a job."""

    job: Job
    progress: Progress
    waits_for: int
    """How many jobs have to end before it begins."""
    now: datetime
    silent_since: datetime | None = None
    """Since when its process gives no sign of life; None where it does."""


class JobCard(GuardedLayout):
    """A job as it is; its buttons need no view in memory."""

    def __init__(self, sight: Sight, language: Language, *, pictured: bool, private: bool = False) -> None:
        """Where nobody else sees it, what the process said of a failure is shown, too: it may name folders."""
        super().__init__(timeout=None)
        job = sight.job
        container: discord.ui.Container[JobCard] = discord.ui.Container(accent_colour=_COLOURS.get(job.state, _BUSY))
        container.add_item(discord.ui.TextDisplay("\n".join(_lines(sight, language))))
        if pictured:
            legend = say(language, f"jobs.legend.{job.kind}")
            curve = discord.MediaGalleryItem(f"attachment://{PLOT}", description=legend)
            container.add_item(discord.ui.MediaGallery(curve))
            container.add_item(discord.ui.TextDisplay(f"-# {legend}"))
        if sample := _sample(sight, language):
            container.add_item(discord.ui.TextDisplay(sample))
        if private and job.detail:
            detail = job.detail.replace("`", "'")
            container.add_item(discord.ui.TextDisplay(f"```\n{detail}\n```"))
        container.add_item(discord.ui.TextDisplay(f"-# {_small_print(sight, language)}"))
        if buttons := [_button(job.id, act, language) for act in _acts(sight)]:
            container.add_item(discord.ui.ActionRow(*buttons))
        self.add_item(container)
        self.stop()


class NoPlaceCard(GuardedLayout):
    """Says that a job cannot be shown where it was asked for, and offers a direct message."""

    def __init__(self, job_id: int, missing: str, language: Language) -> None:
        super().__init__(timeout=None)
        self.add_item(discord.ui.TextDisplay(say(language, "jobs.no_place", job=job_id, missing=missing)))
        self.add_item(discord.ui.ActionRow(_button(job_id, JobAct.DIRECT, language)))
        self.stop()


def plot_of(job: Job, progress: Progress) -> bytes:
    """The job's curves as a PNG; this takes a while."""
    if job.kind == "retrain":
        return draw_losses(_curve(progress.losses, "loss"), _curve(progress.closed, "loss"))
    plain, handed, exact = (_curve(progress.closed, name) for name in ("plain", "handed", "exact"))
    return draw_learning(plain, handed, exact, progress.found_at)


def has_plot(job: Job, progress: Progress) -> bool:
    """Whether there is anything to draw yet."""
    return len(progress.losses if job.kind == "retrain" else progress.closed) > 1


def _curve(events: Sequence[dict[str, Any]], name: str) -> list[tuple[int, float]]:
    return [(int(event["step"]), float(event[name])) for event in events if name in event]


def plot_file(picture: bytes) -> discord.File:
    return discord.File(io.BytesIO(picture), PLOT)


def _lines(sight: Sight, language: Language) -> list[str]:
    job, progress = sight.job, sight.progress
    lines = [f"### {_SIGNS[job.state]} {title(job, language)}", f"**{_begun(_state(sight, language))}**"]
    if job.result:
        lines.append(say(language, f"version.verdict.{job.result['reason']}"))
    if progress.steps:
        lines.append(f"`{bar(progress.share)}` {progress.share:.0%}")
        counts = {name: f"{getattr(progress, name):,}" for name in ("step", "steps", "epoch", "epochs")}
        lines.append(say(language, f"jobs.position.{job.kind}", **counts))
    if job.state is State.RUNNING and (going := _going(sight, language)):
        lines.append(going)
    if sight.silent_since is not None:
        lines.append(say(language, "jobs.silent", when=format_dt(sight.silent_since, "R")))
    if figures := _figures(sight, language):
        lines.append(figures)
    return lines


def _begun(text: str) -> str:
    """As a line begins; the same words stand inside of lines as well."""
    return text[:1].upper() + text[1:]


def _state(sight: Sight, language: Language) -> str:
    match sight.job.state:
        case State.QUEUED:
            return _waiting(sight.waits_for, language)
        case State.RUNNING:
            return say(language, f"jobs.stage.{sight.progress.stage or 'loading'}")
    return outcome(sight.job, language)


def _waiting(waits_for: int, language: Language) -> str:
    return say(language, "jobs.state.behind" if waits_for else "jobs.state.queued", count=waits_for)


def _going(sight: Sight, language: Language) -> str:
    """When it will be done, and how fast it is."""
    progress, parts = sight.progress, []
    if progress.left is not None:
        parts.append(say(language, "jobs.ready", when=format_dt(sight.now + progress.left, "R")))
    if progress.speed is not None and progress.unit:
        parts.append(say(language, f"jobs.speed.{progress.unit}", speed=f"{progress.speed:,.0f}"))
    return _begun(" · ".join(parts))


def _figures(sight: Sight, language: Language) -> str:
    progress, parts = sight.progress, []
    if sight.job.kind == "adder":
        if progress.closed:
            shares = {name: f"{progress.latest(name):.1%}" for name in ("plain", "handed", "exact")}
            parts.append(say(language, "jobs.learnt", **shares))
        if progress.found_at is not None:
            parts.append("\n" + say(language, "jobs.found", step=f"{progress.found_at:,}"))
        return "".join(parts)
    if progress.losses:
        parts.append(say(language, "jobs.loss", loss=f"{progress.losses[-1]['loss']:.3f}"))
    if progress.best is not None:
        values = {"loss": f"{progress.latest('loss'):.3f}", "best": f"{progress.best:.3f}"}
        parts.append(say(language, "jobs.held_out", **values))
    return _begun(" · ".join(parts))


def _sample(sight: Sight, language: Language) -> str:
    sample = sight.progress.sample
    if not sample:
        return ""
    head = say(language, f"jobs.sample.{sight.job.kind}", epoch=sight.progress.epoch, step=f"{sight.progress.step:,}")
    cut = sample if len(sample) <= LONGEST_SAMPLE else f"{sample[:LONGEST_SAMPLE]}…"
    return f"{head}\n" + "\n".join(f"> {escape_markdown(line)}" for line in cut.splitlines())


def _small_print(sight: Sight, language: Language) -> str:
    job = sight.job
    parts = [say(language, "jobs.asked", when=format_dt(job.asked_at, "f")), say(language, "jobs.seed", seed=job.seed)]
    parts += [f"`{change}`" for change in job.changes]
    return " · ".join(parts)


def title(job: Job, language: Language) -> str:
    """Its number, and what is trained on what."""
    if job.kind == "adder":
        return say(language, "jobs.title.adder", job=job.id)
    key = "jobs.title.continued" if job.origin else "jobs.title.retrain"
    names = {"recipe": shown(job.recipe, 40), "corpus": shown(job.corpus, 40), "origin": shown(job.origin, 40)}
    return say(language, key, job=job.id, **names)


def bar(share: float) -> str:
    filled = int(share * BAR_CELLS)
    return "█" * filled + "░" * (BAR_CELLS - filled)


def _acts(sight: Sight) -> list[JobAct]:
    job = sight.job
    acts = [JobAct.TRY] if job.kind == "adder" and sight.progress.closed else []
    if job.state in (State.QUEUED, State.RUNNING):
        acts.append(JobAct.CANCEL)
    if job.may_go_on:
        acts.append(JobAct.RESUME)
    return acts


def _button(job_id: int, act: JobAct, language: Language) -> discord.ui.Button[Any]:
    styles = {JobAct.CANCEL: discord.ButtonStyle.danger, JobAct.TRY: discord.ButtonStyle.primary}
    style = styles.get(act, discord.ButtonStyle.secondary)
    return discord.ui.Button(
        label=say(language, f"jobs.press.{act}"), style=style, custom_id=f"admin:job:{job_id}:{act}"
    )


def end_line(job: Job, language: Language) -> str:
    """Tells somebody that a job has ended, and how."""
    return f"{_SIGNS[job.state]} {title(job, language)}: {outcome(job, language)}"


def outcome(job: Job, language: Language) -> str:
    """What became of a job that has ended."""
    if job.state is State.DONE and job.result:
        key = "jobs.result.promoted" if job.result["promoted"] else "jobs.result.kept"
        return say(language, key, name=job.result["name"])
    if job.state is State.FAILED:
        return say(language, f"jobs.reason.{job.reason}")
    return say(language, f"jobs.state.{job.state}")


def list_line(job: Job, waits_for: int, language: Language) -> str:
    """A job in the list of them; one in the queue says how many have to end before it."""
    state = _waiting(waits_for, language) if job.state is State.QUEUED else say(language, f"jobs.state.{job.state}")
    when = format_dt(job.ended_at or job.began_at or job.asked_at, "R")
    return f"{_SIGNS[job.state]} {title(job, language)} · {state} · {when}"
