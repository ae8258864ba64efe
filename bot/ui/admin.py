"""What the owner sees: reports, lists, and what stands behind a reference id."""

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import discord
from discord.utils import escape_markdown

from bot.store.faults import Fault
from bot.store.reports import Report
from bot.ui.guards import GuardedLayout
from bot.ui.text import shown
from bot.words import Language, say

SLATE: Final = discord.Colour(0x44546A)
LONGEST_REASON: Final = 300
LONGEST_POEM: Final = 600
PAGE_SIZE: Final = 10
LONG_PAGE_SIZE: Final = 5
"""Of entries of several lines each."""

REPORT_BUTTON: Final = r"admin:report:(?P<report>[0-9]{1,18}):(?P<act>person|server|dismiss|before|after)"
LIST_BUTTON: Final = r"admin:list:(?P<list>blocks|servers|models|corpora):(?P<page>[0-9]{1,6})"
LEAVE_BUTTON: Final = r"admin:leave:(?P<guild>[0-9]{1,20})"


class Act(StrEnum):
    """What can be done about a report; part of a custom id, so never to be renamed."""

    PERSON = "person"
    SERVER = "server"
    DISMISS = "dismiss"
    BEFORE = "before"
    AFTER = "after"


class Listed(StrEnum):
    """What is listed in pages; part of a custom id, so never to be renamed."""

    BLOCKS = "blocks"
    SERVERS = "servers"
    MODELS = "models"
    CORPORA = "corpora"


class OwnersCard(GuardedLayout):
    """Some text, and buttons below it that need no view in memory."""

    def __init__(self, text: str, rows: Sequence[Sequence[discord.ui.Button[Any]]] = (), extra: str = "") -> None:
        super().__init__(timeout=None)
        container: discord.ui.Container[OwnersCard] = discord.ui.Container(accent_colour=SLATE)
        container.add_item(discord.ui.TextDisplay(text))
        if extra:
            container.add_item(discord.ui.File(f"attachment://{extra}"))
        for row in rows:
            if row:
                container.add_item(discord.ui.ActionRow(*row))
        self.add_item(container)
        self.stop()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What stands around a report: its server's name, and the others that wait."""

    server: str | None
    before: bool
    after: bool
    waiting: int


def report_card(report: Report, around: Surroundings, language: Language, done: str = "") -> OwnersCard:
    """A report with the poem, and what can be done about it; `done` says what was."""
    poem = "\n".join(f"> {line}" for line in _cut(report.text, LONGEST_POEM).splitlines())
    lines = [
        f"### 🚩 {say(language, 'admin.report.title', number=report.id)}",
        *([f"> **《{shown(report.theme)}》**"] if report.theme else []),
        poem,
        say(language, "admin.report.reason", reason=shown(report.reason, LONGEST_REASON)),
        say(language, "admin.report.people", author=_person(report.author_id), reporter=_person(report.reporter_id)),
        say(
            language, "admin.report.place", server=_place(report.guild_id, around.server, language), link=_link(report)
        ),
        *([f"**{done}**"] if done else []),
        f"-# {say(language, 'admin.report.waiting', count=around.waiting)}",
    ]
    acts = [] if report.settled else [Act.PERSON] * bool(report.author_id) + [Act.SERVER] * bool(report.guild_id)
    acts += [] if report.settled else [Act.DISMISS]
    turns = [Act.BEFORE] * around.before + [Act.AFTER] * around.after
    rows = [[_report_button(report.id, act, language) for act in some] for some in (acts, turns)]
    return OwnersCard("\n".join(lines), rows)


def _report_button(report_id: int, act: Act, language: Language) -> discord.ui.Button[Any]:
    style = discord.ButtonStyle.danger if act in (Act.PERSON, Act.SERVER) else discord.ButtonStyle.secondary
    label = say(language, f"admin.report.{act}")
    return discord.ui.Button(label=label, style=style, custom_id=f"admin:report:{report_id}:{act}")


def _cut(text: str, limit: int) -> str:
    escaped = escape_markdown(text)
    return escaped if len(escaped) <= limit else f"{escaped[:limit]}…"


def _person(person_id: int) -> str:
    return f"<@{person_id}> (`{person_id}`)" if person_id else "–"


def _place(guild_id: int | None, name: str | None, language: Language) -> str:
    if guild_id is None:
        return say(language, "admin.direct")
    return f"{shown(name, 60)} (`{guild_id}`)" if name else f"`{guild_id}`"


def _link(report: Report) -> str:
    return f"https://discord.com/channels/{report.guild_id or '@me'}/{report.channel_id}/{report.message_id}"


def list_card(listed: Listed, lines: Sequence[str], page: int, language: Language) -> OwnersCard:
    """One page of a list; beyond its end, the last one."""
    size = LONG_PAGE_SIZE if listed is Listed.MODELS else PAGE_SIZE
    pages = max(1, -(-len(lines) // size))
    page = min(page, pages - 1)
    some = lines[page * size : (page + 1) * size] or [say(language, f"admin.{listed}.none")]
    title = say(language, f"admin.{listed}.title", count=len(lines))
    foot = f"-# {say(language, 'admin.page', page=page + 1, pages=pages)}"
    turns = [("◀", page - 1)] * (page > 0) + [("▶", page + 1)] * (page + 1 < pages)
    buttons: list[discord.ui.Button[Any]] = [
        discord.ui.Button(emoji=emoji, custom_id=f"admin:list:{listed}:{number}") for emoji, number in turns
    ]
    return OwnersCard("\n".join([f"### {title}", *some, foot]), [buttons])


def leave_card(guild_id: int, name: str, language: Language) -> OwnersCard:
    """Asks whether the bot is to leave a server."""
    button: discord.ui.Button[Any] = discord.ui.Button(
        label=say(language, "admin.leave.button"),
        style=discord.ButtonStyle.danger,
        custom_id=f"admin:leave:{guild_id}",
    )
    return OwnersCard(say(language, "admin.leave.question", server=shown(name, 60), id=guild_id), [[button]])


def fault_card(
    fault: Fault, options: Mapping[str, Any] | None, server: str | None, language: Language
) -> tuple[OwnersCard, discord.File]:
    """What stands behind a reference id; the trace and what was typed are in the file, which has room for all of it."""
    typed = json.dumps(options, ensure_ascii=False, indent=1) if options is not None else None
    name = f"fault-{fault.reference}.txt"
    lines = [
        f"### {say(language, 'admin.fault.title', reference=fault.reference)}",
        say(language, "admin.fault.command", command=shown(fault.command, 100)),
        say(language, "admin.fault.when", when=discord.utils.format_dt(fault.happened_at, "F")),
        say(language, "admin.fault.who", person=_person(fault.person_id)),
        say(language, "admin.fault.where", server=_place(fault.guild_id, server, language)),
        *([] if typed is not None else [say(language, "admin.fault.forgotten")]),
    ]
    # What was typed may be no text: half a surrogate pair.
    content = f"{fault.command}\n{typed or ''}\n\n{fault.trace}".encode("utf-8", "backslashreplace")
    return OwnersCard("\n".join(lines), extra=name), discord.File(io.BytesIO(content), name)
