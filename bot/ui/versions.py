"""What the owner sees of versions: the list, what became of a new one, and two compared blind."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, Final

import discord
from discord.utils import escape_markdown

from bot.store.versions import Loaded, Version
from bot.ui.admin import OwnersCard
from bot.words import Language, count_words, say

_NAME: Final = r"[A-Za-z0-9_.-]{1,60}"
VERSION_BUTTON: Final = rf"admin:version:(?P<act>use|delete|blind):(?P<name>{_NAME})"
ROLLBACK_BUTTON: Final = "admin:version:rollback"
VOTE_BUTTON: Final = r"admin:vote:(?P<comparison>[0-9]{1,18}):(?P<number>[0-9]{1,3}):(?P<place>first|second|neither)"
MEGABYTE: Final = 1e6
LONGEST_POEM: Final = 600


class Act(StrEnum):
    """What can be done about a version; part of custom ids, so never to be renamed."""

    USE = "use"
    DELETE = "delete"
    COMPARE = "blind"


class Place(StrEnum):
    """Where the better of two poems stands; part of custom ids, so never to be renamed."""

    FIRST = "first"
    SECOND = "second"
    NEITHER = "neither"


def version_lines(
    name: str, size: int, version: Version | None, loss: float | None, used_by: Sequence[str],
    language: Language,
) -> str:  # fmt: skip
    """A version in the list: its name and where it is used, where it comes from, and what was measured."""
    head = [f"**{escape_markdown(name)}**"]
    if used_by:
        places = ", ".join(f"`{process}`" for process in used_by if process)
        head.append(
            f"✅ {say(language, 'version.used_by', processes=places) if places else say(language, 'version.used')}"
        )
    megabytes = f"{size / MEGABYTE:.1f} MB"
    if version is None:
        origin = [say(language, "version.shipped"), megabytes]
    else:
        made = discord.utils.format_dt(version.made_at, "d")
        origin = [version.recipe, say(language, "version.corpus", corpus=version.corpus), megabytes, made]
    lines = [" · ".join([*head, *origin])]
    if version is not None:
        lines += [f"-# {say(language, f'version.verdict.{version.verdict}')}"]
        lines += [f"-# {line}" for line in figure_lines(version.figures, language)]
    elif loss is not None:
        lines.append(f"-# {say(language, 'version.loss', loss=f'{loss:.3f}')}")
    return "\n".join(lines)


def figure_lines(figures: Mapping[str, float], language: Language) -> list[str]:
    """What was measured, before and after."""
    lines = []
    for prefix, key in (("favorites_", "version.figures.favorites"), ("", "version.figures.tang")):
        if f"{prefix}bits" in figures:
            shown = {name: figures[prefix + name] for name in ("against", "bits", "difference", "low", "high", "ratio")}
            lines.append(
                say(
                    language,
                    key,
                    count=round(figures[f"{prefix}poems"]),
                    before=f"{shown['against']:.3f}",
                    after=f"{shown['bits']:.3f}",
                    change=f"{100 * (shown['ratio'] - 1):+.1f}",
                    low=f"{shown['low']:+.3f}",
                    high=f"{shown['high']:+.3f}",
                )
            )
    if "kept" in figures:
        kept, written = round(figures["kept"]), round(figures["written"])
        lines.append(say(language, "version.figures.verse", kept=kept, count=written))
    return lines


def processes_note(loaded: Sequence[Loaded], language: Language) -> str:
    """What processes should use, and cannot."""
    lines = []
    for one in loaded:
        if one.fault:
            fault, name = escape_markdown(one.fault), escape_markdown(one.name or "–")
            lines.append(f"⚠️ {say(language, 'version.fault', fault=fault, name=name)}")
    return "\n".join(lines)


def verdict_card(version: Version, language: Language) -> OwnersCard:
    """What became of a new version, and what can be done."""
    lines = [
        f"### {say(language, 'version.new', name=escape_markdown(version.name))}",
        say(language, f"version.verdict.{version.verdict}"),
        *figure_lines(version.figures, language),
        f"-# {version.recipe} · {say(language, 'version.corpus', corpus=version.corpus)}",
    ]
    compare = version_button(Act.COMPARE, version.name, language)
    use = rollback_button(language) if version.promoted else version_button(Act.USE, version.name, language)
    return OwnersCard("\n".join(lines), [[use, compare]])


def delete_card(name: str, language: Language) -> OwnersCard:
    """Asks whether a version is to be deleted."""
    button = version_button(Act.DELETE, name, language, style=discord.ButtonStyle.danger)
    return OwnersCard(say(language, "version.delete_question", name=escape_markdown(name)), [[button]])


def pair_card(comparison: int, number: int, count: int, poems: tuple[str, str], language: Language) -> OwnersCard:
    """Two poems; nothing tells whose they are."""
    title = say(language, "version.compare.title", number=number + 1, count=count)
    shown = [f"**{mark}**\n{escape_markdown(poem[:LONGEST_POEM])}" for mark, poem in zip("①②", poems, strict=True)]
    buttons: list[discord.ui.Button[Any]] = [
        discord.ui.Button(
            label=say(language, f"version.choice.{place}"), custom_id=f"admin:vote:{comparison}:{number}:{place}"
        )
        for place in Place
    ]
    return OwnersCard("\n\n".join([f"### {title}", *shown]), [buttons])


def result_card(
    names: tuple[str, str], votes: tuple[int, int, int], chance: float, language: Language, *, usable: Sequence[str]
) -> OwnersCard:
    """How two versions compare; `usable` are those of them that are not in use."""
    lines = [
        f"### {say(language, 'version.compare.done')}",
        *(
            f"**{escape_markdown(name)}**: {count_words(language, 'version.compare.votes', count=count)}"
            for name, count in zip(names, votes, strict=False)
        ),
        f"{say(language, 'version.compare.none')}: {votes[2]}",
        f"-# {say(language, 'version.compare.chance', chance=f'{100 * chance:.0f}')}",
    ]
    buttons = [
        discord.ui.Button[Any](
            label=say(language, "version.use_this", name=name), custom_id=f"admin:version:{Act.USE}:{name}"
        )
        for name in usable
    ]
    return OwnersCard("\n".join(lines), [buttons])


def version_button(
    act: Act, name: str, language: Language, style: discord.ButtonStyle = discord.ButtonStyle.secondary
) -> discord.ui.Button[Any]:
    label = say(language, f"version.act.{act}")
    return discord.ui.Button(label=label, style=style, custom_id=f"admin:version:{act}:{name}")


def rollback_button(language: Language) -> discord.ui.Button[Any]:
    return discord.ui.Button(label=say(language, "version.rollback"), custom_id=ROLLBACK_BUTTON)
