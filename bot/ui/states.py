"""The picture of a sum's hidden states: its words, and what stands for it where it cannot be seen."""

import io
import os
from pathlib import Path
from typing import Final

import discord

from bot.services.fonts import Typeface
from bot.services.state_pictures import PlotWords
from bot.store.additions import AdditionRecord
from bot.words import Language, say, script_of_reader
from model.addition.operations import OPERATIONS
from model.addition.state_map import StateMap

FILE_NAME: Final = "states.png"
LONGEST_TITLE: Final = 44
MOST_NAMED: Final = 30

# The other minus is not in every Chinese typeface.
_CHINESE_SIGNS: Final = str.maketrans("\N{MINUS SIGN}", "\N{FULLWIDTH HYPHEN-MINUS}")


def prepare(folder: Path) -> None:
    """Load what draws. matplotlib keeps its list of typefaces in the folder: the bot writes nowhere but in its own."""
    os.environ.setdefault("MPLCONFIGDIR", str(folder / "matplotlib"))
    import bot.ui.state_plot  # noqa: F401, PLC0415 - half a second, and the start does not wait for it


def draw_states(states: StateMap, words: PlotWords, typeface: Typeface | None) -> bytes:
    """The picture as a PNG. It computes, so it belongs beside the event loop."""
    from bot.ui import state_plot  # noqa: PLC0415

    return state_plot.draw_states(states, words, typeface)


def states_file(picture: bytes) -> discord.File:
    return discord.File(io.BytesIO(picture), FILE_NAME)


def plot_words(addition: AdditionRecord, states: StateMap, language: Language) -> PlotWords:
    operation = OPERATIONS[addition.operation]
    kind = "minus" if operation.subtracts else "plus"
    line = f"{f' {operation.symbol} '.join(addition.operands)} = {addition.text}"
    if script_of_reader(language) is not None:
        line = line.translate(_CHINESE_SIGNS)
    key = "addition.states.title" if len(line) <= LONGEST_TITLE else "addition.states.title_long"
    shown = len(states.own.columns)

    def text(name: str, **values: object) -> str:
        return say(language, f"addition.states.{name}", **values)

    return PlotWords(
        title=say(language, key, sum=line, shown=shown, total=states.total),
        plane=text("plane", percent=round(100 * states.plane_share)),
        handed=text("handed", percent=round(100 * states.handed_share)),
        first=text("first"),
        second=text("second"),
        column=text("column"),
        direction=text("direction"),
        carries=tuple(say(language, f"addition.{kind}.states_{carry}") for carry in range(operation.carries)),
        others=text("others"),
    )


def alt_text(addition: AdditionRecord, language: Language) -> str:
    kind = "minus" if OPERATIONS[addition.operation].subtracts else "plus"
    carry = say(language, f"addition.{kind}.carry")
    places = [place for place, handed_on in enumerate(addition.carries[: addition.columns], start=1) if handed_on]
    if not places:
        which = say(language, "addition.states.columns_none", carry=carry)
    elif len(places) <= MOST_NAMED:
        which = say(language, "addition.states.columns", carry=carry, columns=", ".join(map(str, places)))
    else:
        which = say(
            language, "addition.states.columns_many", carry=carry, carrying=len(places), columns=addition.columns
        )
    return say(language, "addition.states.alt", carry=carry, which=which)
