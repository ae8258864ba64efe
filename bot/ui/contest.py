"""Three poems beside each other, whose authors are told to those who voted."""

from collections.abc import Mapping
from typing import Any, Final

import discord
from discord.utils import escape_markdown

from bot.store.contests import ContestRecord, Tally
from bot.ui.guards import GuardedLayout
from bot.words import Language, say
from model.insight.facts import measured
from model.recipes import Cell

INK: Final = discord.Colour(0x4A4E69)
CELLS: Final[tuple[Cell, ...]] = ("rnn", "gru", "lstm")
"""In the order in which they are named, which is not that of their poems."""
BALLOT_BOX: Final = "🗳️"


def custom_id(contest_id: int, place: int) -> str:
    return f"contest:{contest_id}:{place}"


def count_id(contest_id: int) -> str:
    """Of the button that cannot be pressed, but shows how many voted."""
    return f"contest:{contest_id}:votes"


class ContestCard(GuardedLayout):
    """The poems, and a button for each."""

    def __init__(self, contest: ContestRecord, contest_id: int, language: Language) -> None:
        super().__init__(timeout=None)
        container: discord.ui.Container[ContestCard] = discord.ui.Container(accent_colour=INK)
        title = say(language, "compare.title", start=escape_markdown(contest.start))
        container.add_item(discord.ui.TextDisplay(title))
        for place, entry in enumerate(contest.entries):
            container.add_item(discord.ui.TextDisplay(f"**{label(place, language)}**\n{escape_markdown(entry.text)}"))
            container.add_item(discord.ui.Separator(visible=place + 1 < len(contest.entries)))
        container.add_item(discord.ui.TextDisplay(_small_print(contest, language)))
        buttons: list[discord.ui.Button[Any]] = [
            discord.ui.Button(
                label=label(place, language),
                style=discord.ButtonStyle.primary,
                custom_id=custom_id(contest_id, place),
            )
            for place in range(len(contest.entries))
        ]
        count: discord.ui.Button[Any] = discord.ui.Button(
            label="0", emoji=BALLOT_BOX, custom_id=count_id(contest_id), disabled=True
        )
        container.add_item(discord.ui.ActionRow(*buttons, count))
        self.add_item(container)
        self.stop()  # its buttons need no view in memory


def label(place: int, language: Language) -> str:
    return say(language, f"compare.label_{place}")


def recount(view: discord.ui.LayoutView, votes: int) -> None:
    """Give a card its number of votes, and leave all else as it is: it may be in another language."""
    for part in view.walk_children():
        if isinstance(part, discord.ui.Button) and (part.custom_id or "").endswith(":votes"):
            part.label = str(votes)


def ballot_text(contest: ContestRecord, cell: Cell, tally: Tally, language: Language) -> str:
    """What somebody hears who voted: whose poem it is, whose the others are, and how others voted."""
    key = "compare.changed" if tally.changed else "compare.voted"
    lines = [say(language, key, label=label(contest.place_of(cell), language), cell=cell.upper())]
    lines += [
        say(
            language,
            "compare.whose",
            label=label(place, language),
            cell=entry.cell.upper(),
            size=f"{entry.size:,}",
            perplexity=_perplexity(entry.perplexity),
        )
        for place, entry in enumerate(contest.entries)
    ]
    lines.append(say(language, "compare.here", each=_votes(tally.here)))
    lines.append(say(language, "compare.everywhere", each=_votes(tally.everywhere)))
    lines.append(f"-# {say(language, 'compare.again')}")
    return "\n".join(lines)


def _small_print(contest: ContestRecord, language: Language) -> str:
    by_cell = {entry.cell: entry for entry in contest.entries}
    each = " · ".join(f"{cell.upper()} {_perplexity(by_cell[cell].perplexity)}" for cell in CELLS)
    # What was measured on the shipped three counts characters alone; what a training finds counts the marks as well.
    unit = "character" if measured().are_of({entry.cell: entry.weights for entry in contest.entries}) else "symbol"
    lines = [
        say(language, "compare.told", seed=contest.seed),
        say(language, f"compare.perplexities_{unit}", each=each),
    ]
    if contest.unknown:
        lines.append(say(language, "compare.unknown", characters=contest.unknown))
    return "\n".join(f"-# {line}" for line in lines)


def _votes(counts: Mapping[str, int]) -> str:
    return " · ".join(f"{cell.upper()} {counts.get(cell, 0)}" for cell in CELLS)


def _perplexity(perplexity: float) -> str:
    return f"{perplexity:.0f}" if perplexity >= 100 else f"{perplexity:.1f}"
