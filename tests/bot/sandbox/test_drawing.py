"""How messages look in a terminal."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from rich.cells import cell_len
from rich.console import Console
from simcord.backend.models import Message

from bot.sandbox.draw import Canvas, draw_message, draw_picture
from bot.sandbox.markup import Bar, inline, markdown, moment
from tests.bot.sandbox.toy import plain

LINK = {"type": 2, "style": 5, "label": "Source", "url": "https://example.com"}
URL = "https://cdn.simcord.invalid/attachments/1/2/plot.png"


def name(sign: str, identity: int) -> str:
    return f"{sign}{identity}"


def styles(text: str) -> set[tuple[str, str]]:
    """Pieces of a line with the style of each."""
    rendered = inline(text, name)
    return {(rendered.plain[span.start : span.end], str(span.style)) for span in rendered.spans}


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("**月** *山* _风_ __花__ ~~雪~~ ||夜||", "月 山 风 花 雪 夜"),
        ("a ** b * c_d_e", "a ** b * c_d_e"),
        (r"\*not\* \_this\_", "*not* _this_"),
        ("`**code**` ``a`b``", "**code** a`b"),
        ("[poems](https://example.com/a)", "poems (https://example.com/a)"),
        ("<https://example.com/a>", "https://example.com/a"),
        ("<@12> <@!13> <@&14> <#15>", "@12 @13 @&14 #15"),
        ("</poem:123> <:moon:4> <a:moon:5>", "/poem :moon: :moon:"),
        ("# 月\n## 山\n### 风\n-# 花", "月\n山\n风\n花"),
        ("- a\n  - b\n* c\n-d", "• a\n  • b\n• c\n-d"),
        ("> a\nb", "▎ a\nb"),
        ("a\n>>> b\nc", "a\n▎ b\n▎ c"),
        ("a\n```py\nx  = 1\n\ny = 2\n```\nb", "a\n  x  = 1\n\n  y = 2\nb"),
        ("```one line```", "  one line"),
        ("```ansi\n\x1b[31mred\x1b[0m\n```", "  red"),
        ("a\n\nb", "a\n\nb"),
        ("a ``` b", "a ``` b"),
    ],
)
def test_markdown_reads_as_in_the_client(source: str, shown: str) -> None:
    assert plain(markdown(source, name)) == shown


def test_emphasis_is_styled_and_nests() -> None:
    assert styles("**a *b* c**") == {("a b c", "bold"), ("b", "italic")}
    assert styles("`x` <@1> https://a.b") == {("x", "cyan"), ("@1", "bold"), ("https://a.b", "underline")}


@given(st.text(max_size=40))
def test_any_text_can_be_drawn(text: str) -> None:
    plain(markdown(text, name))


def test_times_are_shown() -> None:
    assert moment(0, "d") in {"1970-01-01", "1969-12-31"}
    assert plain(inline("<t:0:T>", name)).endswith(":00")
    assert moment(10**13, "f") == str(10**13)


def test_a_bar_keeps_wide_characters_within_the_width() -> None:
    lines = plain(Bar(markdown("床前明月光疑是地上霜", name)), width=11).splitlines()
    assert lines == ["▎ 床前明月", "▎ 光疑是地", "▎ 上霜"]
    assert all(cell_len(line) <= 11 for line in lines)


@pytest.fixture
def canvas(tmp_path: Path) -> Canvas:
    def keep(url: str) -> Path | None:
        if url != URL:
            return None
        path = tmp_path / "plot.png"
        Image.new("RGB", (2, 3), "red").save(path)
        return path

    return Canvas(name, keep)


def message(**fields: Any) -> Message:
    return Message(1, 2, 3, timestamp="2026-01-01T12:00:00+00:00", **fields)


@pytest.fixture
def draw(canvas: Canvas) -> Callable[..., list[str]]:
    def lines(*remarks: str, **fields: Any) -> list[str]:
        return plain(draw_message(message(**fields), canvas, "tangpoet", *remarks)).splitlines()

    return lines


def test_the_header_tells_what_kind_of_message_it_is(draw: Callable[..., list[str]]) -> None:
    assert draw(content="a", flags=64)[0].endswith("  only you see this")
    assert draw("on the page", content="a")[0].endswith("  on the page")
    assert draw(content="a", edited_timestamp="2026-01-01T12:00:01+00:00")[0].endswith(" (edited)")


def test_everything_that_can_be_pressed_has_a_number(draw: Callable[..., list[str]], canvas: Canvas) -> None:
    press = {"type": 2, "style": 1, "label": "Another", "custom_id": "a", "emoji": {"name": "🔁"}}
    off = {"type": 2, "style": 2, "label": "Back", "custom_id": "b", "disabled": True}
    bare = {"type": 2, "style": 4, "emoji": {"name": "🗑"}, "custom_id": "c"}
    options = [
        {"label": "五绝", "value": "5", "description": "short", "default": True},
        {"label": "七绝", "value": "7"},
    ]
    menu = {"type": 3, "custom_id": "d", "placeholder": "Form", "options": options}
    people = {"type": 5, "custom_id": "e"}
    dead = {"type": 3, "custom_id": "f", "disabled": True, "options": options}
    section = {"type": 9, "components": [{"type": 10, "content": "say"}], "accessory": {**press, "custom_id": "g"}}
    rows = [[press, off, LINK], [bare], [menu], [people], [dead]]
    drawn = draw(components=[*({"type": 1, "components": row} for row in rows), section])
    assert drawn[1:] == [
        "[1] 🔁 Another  [2] Back (off)  [3] Source ↗",
        "[4] 🗑",
        "[5] Form ▾",
        "  • 5 1  五绝  short",
        "    5 2  七绝",
        "[6] Choose ▾",
        "[7] Choose ▾ (off)",
        "say",
        "[8] 🔁 Another",
    ]
    assert [control.component.get("custom_id") for control in canvas.controls] == [
        "a",
        "b",
        None,
        "c",
        "d",
        "e",
        "f",
        "g",
    ]


def test_layouts(draw: Callable[..., list[str]], tmp_path: Path) -> None:
    media = {"url": URL}
    inside = [
        {"type": 10, "content": "# 静夜思\n床前明月光"},
        {"type": 14},
        {"type": 14, "divider": False},
        {"type": 12, "items": [{"media": media, "description": "a plot"}]},
        {"type": 9, "components": [{"type": 10, "content": "by 李白"}], "accessory": {"type": 11, "media": media}},
        {"type": 99},
    ]
    attachments = [{"url": URL, "filename": "plot.png"}, {"url": "https://a.b/x.txt", "filename": "x.txt"}]
    components = [{"type": 17, "accent_color": 0xFF0000, "components": inside}, {"type": 13, "file": media}]
    drawn = draw(attachments=attachments, components=components)
    path = tmp_path / "plot.png"
    plot = f"file plot.png  {path.stat().st_size:,} bytes  {path}"
    assert drawn[1] == "file x.txt  https://a.b/x.txt"
    # The path may be longer than the terminal is wide.
    assert "".join(drawn[2:]).replace("▎", "").replace(" ", "") == (
        f"静夜思床前明月光{'─' * 32}"
        + plot.replace("plot.png  ", "plot.png  a plot  ", 1).replace(" ", "")
        + "by李白"
        + plot.replace(" ", "")
        + "(acomponentoftype99,whichtheterminaldoesnotshow)"
        + plot.replace(" ", "")
    )


def test_embeds(draw: Callable[..., list[str]]) -> None:
    fields = [
        {"name": "a", "value": "1", "inline": True},
        {"name": "b", "value": "2", "inline": True},
        {"name": "c", "value": "3", "inline": True},
        {"name": "d", "value": "4", "inline": True},
        {"name": "e", "value": "5", "inline": False},
    ]
    embed = {
        "author": {"name": "adder"},
        "title": "Sum of **two**",
        "description": "579",
        "fields": fields,
        "image": {"url": "https://a.b/plot.png"},
        "footer": {"text": "done"},
        "color": 0x3366AA,
    }
    assert draw(content="here", embeds=[embed])[1:] == [
        "here",
        "▎ adder",
        "▎ Sum of two",
        "▎ 579",
        "▎ a    b    c",
        "▎ 1    2    3",
        "▎ d",
        "▎ 4",
        "▎ e",
        "▎ 5",
        "▎ file plot.png  https://a.b/plot.png",
        "▎ done",
    ]


def test_pictures_are_drawn_where_there_are_colours(canvas: Canvas) -> None:
    canvas.pictures = True
    output = io.StringIO()
    console = Console(file=output, force_terminal=True, color_system="truecolor", width=100)
    console.print(draw_message(message(attachments=[{"url": URL, "filename": "plot.png"}]), canvas, "tangpoet"))
    assert output.getvalue().count("▀") == 4
    assert "38;2;255;0;0" in output.getvalue()


def test_a_picture_is_two_pixels_to_a_cell() -> None:
    content = io.BytesIO()
    Image.linear_gradient("L").save(content, "PNG")
    drawn = draw_picture(content.getvalue(), columns=16)
    assert drawn is not None
    assert drawn.plain.splitlines() == ["▀" * 16] * 8
    assert draw_picture(b"no picture") is None
