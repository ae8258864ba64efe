"""What is shown, within Discord's limits whatever the content, and never more than text."""

import io
from dataclasses import replace
from typing import Any

import discord
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simcord.components import validate_components

from bot.cogs.learning import PageButton, addition_card
from bot.store.additions import AdditionRecord, Certificate
from bot.store.poems import PoemRecord
from bot.ui.addition import addition_file, page_count
from bot.ui.poem import PoemCard
from bot.ui.text import shown
from bot.words import Language
from model.addition.numbers import true_result
from model.addition.operations import OPERATIONS
from model.recipes import OperationName

COMPONENTS_V2 = 1 << 15
BLOCK_ROWS = 7  # carries, two numbers, a rule, the sum, percentages, leads
numbers = st.text("0123456789", min_size=1, max_size=120)


def addition(a: str, b: str, text: str | None = None) -> AdditionRecord:
    columns = max(len(a), len(b)) + 1
    expected = true_result((1, 1), a, b)
    return AdditionRecord(
        operands=(a, b),
        text=text or expected,
        digits=(0,) * columns,
        carries=(1,) * columns,
        margins=(1.0,) * columns,
        confidences=(0.999,) * columns,
        expected=expected,
        weights="0123456789abcdef",
        version="1",
    )


def check(card: discord.ui.LayoutView) -> None:
    """Discord's limits: 4,000 characters over all text, 40 components."""
    payload: list[Any] = card.to_components()  # type: ignore[no-untyped-call]
    validate_components(payload, flags=COMPONENTS_V2)
    assert sum(map(len, texts_of(card))) <= 4000


def texts_of(view: discord.ui.LayoutView) -> list[str]:
    return [item.content for item in view.walk_children() if isinstance(item, discord.ui.TextDisplay)]


@pytest.mark.parametrize(("form", "sentences"), [(None, 50), ("七律", 4)])
async def test_the_longest_poem_fits(form: str | None, sentences: int) -> None:
    for language in Language:
        poem = PoemRecord(
            text="\n".join("月落乌啼霜满天，江枫渔火对愁眠。" for _ in range(sentences)),
            traditional=None,
            form="七律",
            pattern="平起首句不入韵",
            theme="𪚥" * 12,
            start="𪚥" * 32,
            given=tuple(range(32)),
            unknown="𪚥" * 32,
            broken="𪚥" * 32,
            seed=2**63 - 1,
            script="hans",
            wish={"form": form, "temperature": 1.23456789, "heads": "𪚥" * 8, "candidates": 1024},
            weights="0123456789abcdef",
            version="1",
        )
        card = PoemCard(poem, 10**18 - 1, language)
        check(card)
        assert card.is_finished()


@pytest.mark.parametrize("operation", list(OPERATIONS))
@pytest.mark.parametrize("certificate", ["proven", "none", "refused"])
@pytest.mark.parametrize("language", Language)
def test_the_longest_card_of_every_operation_fits(
    operation: OperationName, certificate: Certificate, language: Language
) -> None:
    operands = ("9" * 6000,) * OPERATIONS[operation].operands
    record = replace(
        addition(operands[0], operands[1]), operands=operands, operation=operation, certificate=certificate
    )
    card = addition_card(record, 10**18 - 1, language, 100)
    check(card)
    assert not any("addition." in text for text in texts_of(card))


@given(a=numbers, b=numbers, page=st.integers(1, 5), language=st.sampled_from(Language))
def test_every_page_of_every_sum_fits_and_shows_every_digit(a: str, b: str, page: int, language: Language) -> None:
    record = addition(a, b)
    pages = page_count(record)
    blocks = [_rows(addition_card(record, 10**18 - 1, language, page)) for page in range(1, pages + 1)]

    joined = ["".join(block[number] for block in blocks) for number in range(3)]
    assert [digits.strip() for digits in joined] == [a, b, record.text]
    card = addition_card(record, 10**18 - 1, language, min(page, pages))
    check(card)
    file = addition_file(record, language)
    assert (file is None) == (pages == 1)
    if file is not None:
        assert isinstance(file.fp, io.BytesIO)
        content = file.fp.getvalue().decode()
        for number in (a, b, record.text):
            assert f"\n{number}\n" in content


def _rows(card: discord.ui.LayoutView) -> tuple[str, str, str]:
    """The digits of both numbers and of the sum on a page, with a space where a number has none."""
    [page] = [text for text in texts_of(card) if text.startswith("```")]
    numbers = ["", "", ""]
    rows = page.strip("`\n").split("\n")
    for first in range(0, len(rows), BLOCK_ROWS + 1):
        lines = rows[first : first + BLOCK_ROWS]
        width = len(lines[3])
        for place, line in enumerate((lines[1], lines[2], lines[4])):
            cells = line[1:width].ljust(width - 1)
            numbers[place] += "".join(cells[end - 1] for end in range(3, width, 3))
    return numbers[0], numbers[1], numbers[2]


@pytest.mark.parametrize(("page", "disabled"), [(1, {"first", "back"}), (2, set()), (3, {"on", "last"})])
async def test_arrows_lead_somewhere(page: int, disabled: set[str]) -> None:
    card = addition_card(addition("1" * 70, "1"), 1, Language.ENGLISH, page)
    buttons = [item for item in card.walk_children() if isinstance(item, PageButton)]

    assert {button.custom_id.split(":")[2] for button in buttons if button.item.disabled} == disabled
    assert len({button.custom_id for button in buttons}) == 4


async def test_a_wrong_sum_shows_the_true_one() -> None:
    card = addition_card(addition("12", "9", "11"), 1, Language.ENGLISH)

    assert "12 + 9 = 11\n❌ The network is wrong: the true sum is 21." in texts_of(card)[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("月", "月"),
        ("*a* _b_ ~c~ `d` |e|", "\\*a\\* \\_b\\_ \\~c\\~ \\`d\\` \\|e\\|"),
        ("\u202eevil\u200b\0", "U+202EevilU+200BU+0000"),
        ("\ud800", "U+D800"),
        ("z\u0301\u0302", "zU+0301U+0302"),
        ("x" * 30, "x" * 24 + "…"),
    ],
)
def test_other_peoples_text_is_only_text(text: str, said: str) -> None:
    assert shown(text) == said


@given(st.text(st.characters() | st.sampled_from("@<>#&:/`*_~|everyonhtps.\u202e"), max_size=60))
def test_other_peoples_text_never_pings_links_or_grows_long(text: str) -> None:
    said = shown(text)

    for bad in ("@everyone", "@here", "<@", "<#", "<:", "<t:", "://", "\n", "\0", "\u202e"):
        assert bad not in said
    assert len(said) <= 24 * 8 + 1
    said.encode()
