"""The card of an addition: the columns as one writes them, in pages where there are many."""

import io
import math
from collections.abc import Sequence
from typing import Any, Final

import discord

from bot.store.additions import AdditionRecord
from bot.ui import states
from bot.ui.guards import GuardedLayout
from bot.words import Language, say
from model.addition.operations import OPERATIONS

JADE: Final = discord.Colour(0x3F7D5C)
VERMILION: Final = discord.Colour(0xA6382E)
BLOCK_COLUMNS: Final = 10  # as wide as a telephone shows without breaking the line
PAGE_COLUMNS: Final = 3 * BLOCK_COLUMNS
CELL: Final = 3
LONGEST_SHOWN: Final = 60
FILE_NAME: Final = "addition.txt"


def page_count(addition: AdditionRecord) -> int:
    return math.ceil(addition.columns / PAGE_COLUMNS)


def addition_file(addition: AdditionRecord, language: Language) -> discord.File | None:
    """All digits, as a text file; None where the card has room for them."""
    if page_count(addition) == 1:
        return None
    carries = "".join(map(str, reversed(addition.carries[: addition.columns])))
    parts = [
        (say(language, "addition.file_operands"), "\n".join(addition.operands)),
        (say(language, f"addition.{_kind(addition)}.file_network"), addition.text),
        (say(language, f"addition.{_kind(addition)}.file_expected"), addition.expected),
        (say(language, f"addition.{_kind(addition)}.file_carries"), carries),
    ]
    text = "\n\n".join(f"{title}\n{content}" for title, content in parts)
    return discord.File(io.BytesIO(f"{text}\n".encode()), filename=FILE_NAME)


class AdditionCard(GuardedLayout):
    """One page of an addition. Page 1 has the leftmost columns."""

    def __init__(
        self,
        addition: AdditionRecord,
        language: Language,
        *,
        page: int = 1,
        buttons: Sequence[discord.ui.Item[Any]] = (),
        pictured: bool = False,
    ) -> None:
        super().__init__(timeout=None)
        pages = page_count(addition)
        container: discord.ui.Container[AdditionCard] = discord.ui.Container(
            accent_colour=JADE if addition.correct else VERMILION
        )
        for text in (_headline(addition, language), _page(addition, language, page)):
            container.add_item(discord.ui.TextDisplay(text))
        if pictured:
            picture = discord.MediaGalleryItem(
                f"attachment://{states.FILE_NAME}", description=states.alt_text(addition, language)
            )
            container.add_item(discord.ui.MediaGallery(picture))
        container.add_item(discord.ui.TextDisplay(_small_print(addition, language)))
        if pages > 1:
            place = say(language, "addition.page", page=page, pages=pages)
            container.add_item(discord.ui.TextDisplay(f"-# {place}"))
        if buttons:
            container.add_item(discord.ui.ActionRow(*buttons))
        if pages > 1:
            container.add_item(discord.ui.File(f"attachment://{FILE_NAME}"))
        self.add_item(container)
        self.stop()  # its buttons need no view in memory


def _kind(addition: AdditionRecord) -> str:
    """The part of the words that tells sums and carries from differences and borrows."""
    return "minus" if OPERATIONS[addition.operation].subtracts else "plus"


def _headline(addition: AdditionRecord, language: Language) -> str:
    symbol = OPERATIONS[addition.operation].symbol
    terms = f" {symbol} ".join(_short(operand, language) for operand in addition.operands)
    key = f"addition.{_kind(addition)}.{'right' if addition.correct else 'wrong'}"
    verdict = say(language, key, expected=_short(addition.expected, language))
    return f"### {terms} = {_short(addition.text, language)}\n{verdict}"


def _short(number: str, language: Language) -> str:
    if len(number) <= LONGEST_SHOWN:
        return number
    return say(language, "addition.digits", first=number[:8], last=number[-8:], count=len(number))


def _page(addition: AdditionRecord, language: Language, page: int) -> str:
    leftmost = addition.columns - (page - 1) * PAGE_COLUMNS
    rightmost = max(leftmost - PAGE_COLUMNS, 0)
    blocks = [
        _block(addition, language, range(left - 1, max(left - BLOCK_COLUMNS, rightmost) - 1, -1))
        for left in range(leftmost, rightmost, -BLOCK_COLUMNS)
    ]
    return "```\n" + "\n\n".join(blocks) + "\n```"


def _block(addition: AdditionRecord, language: Language, columns: range) -> str:
    """Some columns, most significant first, as one adds on paper. Names stand at the end, so that rows line up."""
    last, kind = len(addition.operands) - 1, _kind(addition)
    symbol = "-" if kind == "minus" else "+"
    rows = [
        (" ", [_at(addition.carries, column - 1) for column in columns], say(language, f"addition.{kind}.carry")),
        *(
            (symbol if index == last else " ", [_digit(operand, column) for column in columns], "")
            for index, operand in enumerate(addition.operands)
        ),
        ("-", ["-" * CELL] * len(columns), ""),
        (" ", [_digit(addition.text, column) for column in columns], say(language, f"addition.{kind}.result")),
        (" ", [_percent(addition.confidences, column) for column in columns], say(language, "addition.sure")),
        (" ", [_lead(addition.margins, column) for column in columns], say(language, "addition.lead")),
    ]
    lines = (f"{sign}{''.join(f'{cell:>{CELL}}' for cell in cells)}  {label}" for sign, cells, label in rows)
    return "\n".join(line.rstrip() for line in lines)


def _digit(number: str, column: int) -> str:
    return number[-1 - column] if column < len(number) else ""


def _at(values: Sequence[int], column: int) -> str:
    return str(values[column]) if 0 <= column < len(values) else ""


def _percent(confidences: Sequence[float], column: int) -> str:
    """Rounded down, and never 100: nothing is certain, and two digits keep the columns apart."""
    return str(min(int(confidences[column] * 100), 99)) if column < len(confidences) else ""


def _lead(margins: Sequence[float], column: int) -> str:
    """Rounded down, in the two digits that there is room for."""
    return str(min(int(margins[column]), 99)) if column < len(margins) else ""


def _small_print(addition: AdditionRecord, language: Language) -> str:
    kind = _kind(addition)
    least = min(range(addition.columns), key=lambda column: addition.confidences[column])
    lines = [
        say(
            language,
            f"addition.{kind}.carries",
            carrying=sum(map(bool, addition.carries[: addition.columns])),
            columns=addition.columns,
        ),
        say(
            language,
            "addition.least_sure",
            column=least + 1,
            percent=f"{math.floor(addition.confidences[least] * 10_000) / 100:.2f}",
            margin=f"{min(addition.margins[: addition.columns]):.2f}",
        ),
        say(language, f"addition.{kind}.legend"),
        say(language, f"addition.certificate.{addition.certificate}"),
        say(language, "addition.weights", weights=addition.weights[:8]),
    ]
    return "\n".join(f"-# {line}" for line in lines)
