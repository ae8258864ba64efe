"""How a typed line becomes a command."""

import contextlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simcord.enums import OptionType

from bot.sandbox.guide import complete, details, overview
from bot.sandbox.lines import FILE_LIMIT, Leaf, Refused, Word, fill, find_leaf, leaves, read_file, split
from tests.bot.sandbox.toy import plain


def option(name: str, kind: OptionType = OptionType.STRING, **more: Any) -> dict[str, Any]:
    return {"name": name, "description": f"the {name}", "type": kind, **more}


FORMS = [{"name": "五绝: short", "value": "五绝"}, {"name": "七绝: long", "value": "七绝"}]
POEM = {
    "name": "poem",
    "name_localizations": {"zh-CN": "诗"},
    "description": "a poem",
    "options": [
        option("start", name_localizations={"zh-CN": "开头"}),
        option("form", choices=FORMS),
        option("seed", OptionType.INTEGER, min_value=0, max_value=9),
        option("heat", OptionType.NUMBER, min_value=0.1),
    ],
}
ADD = {"name": "add", "description": "a sum", "options": [option("a", required=True), option("b", required=True)]}
SEND = {
    "name": "send",
    "description": "…",
    "options": [
        option("title"),
        option("corpus", OptionType.ATTACHMENT),
        option("who", OptionType.USER),
        option("loud", OptionType.BOOLEAN),
        option("name", autocomplete=True, choices=FORMS),
    ],
}
SHOW = option("show", OptionType.SUBCOMMAND, options=[option("name", required=True, max_length=5)])
GROUP = option("pages", OptionType.SUBCOMMAND_GROUP, options=[option("next", OptionType.SUBCOMMAND)])
KEPT = {"name": "kept", "description": "kept poems", "options": [SHOW, GROUP]}
COMMANDS: list[dict[str, Any]] = [ADD, KEPT, POEM, SEND]


def read(line: str, locale: str = "en-US") -> dict[str, Any]:
    leaf, words = find_leaf(COMMANDS, split(line), locale)
    return fill(leaf, words, locale, lambda _, text: text.upper() if text.startswith("@") else None)


@pytest.mark.parametrize(
    ("line", "options"),
    [
        ("/poem", {}),
        ("/poem 月", {"start": "月"}),
        ("/poem 月 七绝 7 0.5", {"start": "月", "form": "七绝", "seed": 7, "heat": 0.5}),
        ("/POEM seed:7 月", {"start": "月", "seed": 7}),
        ('/poem form:"五绝: short"', {"form": "五绝"}),
        ("/poem start： 清明 seed: 3", {"start": "清明", "seed": 3}),
        ("／poem\u3000月", {"start": "月"}),
        ('/poem "春 秋"', {"start": "春 秋"}),
        (r'/poem start:"a \"b\" \\c"', {"start": r'a "b" \c'}),
        ('/poem start:""', {"start": ""}),
        ("/poem 12:30", {"start": "12:30"}),
        ("/poem it's", {"start": "it's"}),
        ("/add 001 １２", {"a": "001", "b": "１２"}),
        ("/add b:2 1", {"a": "1", "b": "2"}),
        ("/kept show 月", {"name": "月"}),
        ("/kept pages next", {}),
        ("/send loud:yes who:@you", {"loud": True, "who": "@YOU"}),
        ("/send loud:off", {"loud": False}),
        ("/send name:anything", {"name": "anything"}),
    ],
)
def test_reads_a_line(line: str, options: dict[str, Any]) -> None:
    assert read(line) == options


@pytest.mark.parametrize(
    ("line", "answer"),
    [
        ("/peom", "Unknown command: /peom. Did you mean /poem?"),
        ("/xyzzy", "Unknown command: /xyzzy. Type help for what there is."),
        ("/", "Unknown command: /. Type help for what there is."),
        ("/kept", "/kept cannot be called alone. Add one of: show, pages."),
        ("/kept pages back", "Unknown command: /kept pages back. After /kept pages comes one of: next."),
        ("/add 1", "/add needs b (the b)."),
        ("/add 1 2 3", '/add has no option for "3". It takes: a, b. A value with spaces needs "quotes".'),
        ("/kept pages next 3", "/kept pages next takes no options."),
        ("/add a:1 a:2", "a is given twice."),
        ("/poem 月 八绝", "form is one of: 五绝: short, 七绝: long; not 八绝."),
        ("/poem seed:x", "seed is a whole number, not x."),
        ("/poem seed:1.5", "seed is a whole number, not 1.5."),
        ("/poem form:五绝: short", "form is one of: 五绝: short, 七绝: long; not 五绝:."),
        ("/poem heat:hot", "heat is a number, not hot."),
        ("/poem heat:inf", "heat is a number, not inf."),
        ("/send loud:maybe", "loud is true or false, not maybe."),
        ("/send who:nobody", "who: there is no user called nobody here."),
        ('/poem "月', "A quote is opened and never closed."),
        (f"/poem {'月' * 6001}", "start: Discord takes at most 6,000 characters, here are 6,001."),
    ],
)
def test_says_what_discord_would_not_take(line: str, answer: str) -> None:
    with pytest.raises(Refused) as refusal:
        read(line)
    assert str(refusal.value) == answer


def test_commands_and_options_can_be_called_by_their_translated_names() -> None:
    assert read("/诗 开头:月", "zh-CN") == read("/poem start:月", "zh-CN") == {"start": "月"}
    assert [leaf.shown for leaf in leaves(COMMANDS, "zh-CN")] == [
        "/add",
        "/kept show",
        "/kept pages next",
        "/诗",
        "/send",
    ]


def test_attaches_files(tmp_path: Path) -> None:
    corpus = tmp_path / "my poems.txt"
    corpus.write_bytes(b"poems")
    attached = {"corpus": ("my poems.txt", b"poems")}
    assert read(f'/send file:"{corpus}"') == attached
    assert read(f'/send 月 corpus:"{corpus}"') == {"title": "月", **attached}
    corpus = corpus.rename(tmp_path / "poems.txt")
    assert read(f"/send corpus:file:{corpus}") == read(f"/send file:{corpus}") == {"corpus": ("poems.txt", b"poems")}


def test_says_why_a_file_cannot_be_attached(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"No such file or directory\. A file is attached with file:PATH"):
        read(f"/send file:{tmp_path / 'none'}")
    with pytest.raises(Refused, match="Is a directory"):
        read_file("corpus", str(tmp_path))
    with pytest.raises(Refused, match="null"):
        read_file("corpus", "a\0b")
    with (tmp_path / "large").open("wb") as large:
        large.truncate(FILE_LIMIT + 1)
    with pytest.raises(Refused, match="larger than Discord takes"):
        read_file("corpus", str(tmp_path / "large"))


VALUES = st.text(max_size=8)


def quoted(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


@given(st.lists(VALUES, max_size=5))
def test_quotes_hold_any_value(values: list[str]) -> None:
    assert [word.value for word in split("  ".join(quoted(value) for value in values))] == values


@given(st.permutations([("a", "1"), ("b", "2"), ("c", "3")]), st.integers(0, 3))
def test_names_free_the_order(pairs: list[tuple[str, str]], bare: int) -> None:
    spec = {"name": "x", "options": [option(name) for name in "abc"]}
    leaf = Leaf(("x",), "/x", spec)
    named = [pair for pair in pairs if pair[0] not in "abc"[:bare]]
    words = [Word(value, value) for _, value in sorted(pairs)[:bare]]
    words += [Word(f"{name}:{value}", value, name) for name, value in named]
    assert fill(leaf, words, "en-US", lambda *_: None) == dict(pairs)


@given(st.text(max_size=30))
def test_any_line_is_read_or_refused(line: str) -> None:
    with contextlib.suppress(Refused):
        assert set(read(f"/poem {line}")) <= {"start", "form", "seed", "heat"}


def test_help_names_every_command_and_what_can_be_typed() -> None:
    text = plain(overview(COMMANDS, [{"name": "Keep this poem"}], "en-US"))
    for line in (
        "/add a b ",
        "/poem [start] [form] [seed] [heat] ",
        "/kept show name ",
        "quit",
        "Message menu: Keep this poem",
    ):
        assert line in text
    assert "Message menu" not in plain(overview(COMMANDS, [], "en-US"))


def test_help_tells_what_an_option_takes() -> None:
    leaf, _ = find_leaf(COMMANDS, split("poem"), "en-US")
    text = plain(details(leaf, "en-US"))
    assert "form    the form · 五绝: short | 七绝: long" in text
    assert "seed    the seed · whole number · 0 to 9" in text
    assert "heat    the heat · number · at least 0.1" in text
    leaf, _ = find_leaf(COMMANDS, split("kept show"), "en-US")
    assert "name   the name · text · at most 5 characters · required" in plain(details(leaf, "en-US"))
    leaf, _ = find_leaf(COMMANDS, split("kept pages next"), "en-US")
    assert plain(details(leaf, "en-US")).strip() == "/kept pages next  the next"


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("/", ["/add ", "/kept ", "/poem ", "/send "]),
        ("/p", ["/poem "]),
        ("q", ["quit"]),
        ("", []),
        ("/kept ", ["pages ", "show "]),
        ("/kept s", ["show "]),
        ("/poem ", ["start:", "form:", "seed:", "heat:"]),
        ("/poem 月 f", ["form:"]),
        ("/poem form:七", ['form:"七绝: long" ']),
        ("/poem seed:", []),
        ("/xyzzy s", []),
        ('/poem "a ', []),
    ],
)
def test_completes_a_word(line: str, found: list[str]) -> None:
    assert complete(line, COMMANDS, "en-US") == found
