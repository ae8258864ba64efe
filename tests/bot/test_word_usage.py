"""How the code uses the words: none lies idle, none is too wide for its place, and what is counted agrees in number."""

import ast
import re
import string
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest

from bot.words import Language, count_words, texts

BOT: Final = Path(__file__).parents[2] / "bot"
SAYING: Final = {"say", "count_words", "word"}
PLURALS: Final = (".one", ".other")
# How much fits where, by Discord's rules.
WIDTHS: Final = {
    ("Button", "label"): 80,
    ("SelectOption", "label"): 100,
    ("SelectOption", "description"): 100,
    ("Select", "placeholder"): 150,
    ("ChannelSelect", "placeholder"): 150,
    ("TextInput", "label"): 45,
    ("TextInput", "placeholder"): 100,
    ("Label", "text"): 45,
    ("Label", "description"): 100,
    ("Modal", "title"): 45,
    ("Choice", "name"): 100,
}
FIELD: Final = "0" * 12  # stands for what is filled in

# Plural words behind a number in English, of which there is never just one.
NEVER_ONE: Final = {
    "addition.digits",  # shown for long sums alone
    "craft.shape.even",
    "craft.shape.mixed",
    "craft.outcome.other_form",
    "rule.shape",  # five or seven
    "server.fame.on",  # two or more
    "server.fame.off",
    "error.heads.too_long",
    "error.theme.too_long",
    "error.start.too_long",
    "error.start.form_too_short",
    "error.start.form_fixed",
    # Said of more than one alone.
    "privacy.export.pieces",
    # The number is fixed, and not one.
    "server.words.about",
    "server.words.left_out",
    "stats.people",
    # Units with decimals, which are many.
    "about.network_loss",
    # Poems, weights and units by the hundred; characters by the form.
    "explain.equal",
    "explain.plot.title",
    "explain.alt.gates",
}
_COUNTED: Final = re.compile(
    r"\{\w+(?::[^}]*)?\}\*{0,2} (?:more |other |new |longest |whole )?"
    r"(?!(?:is|was|has|does|needs|keeps|makes|leaves|stands|rhymes|gives|takes)\b)(people|[a-z]+[^\Ws]s)\b"
)


def used_patterns(trees: Mapping[str, ast.AST]) -> set[str]:
    """What the code asks for, as patterns of keys: constants, texts with gaps, beginnings that something follows."""
    found: set[str] = set()
    for tree in trees.values():
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(re.escape(node.value) + (".+" if node.value.endswith(".") else ""))
            elif isinstance(node, ast.JoinedStr) and (pattern := pattern_of(node)) is not None:
                found.add(pattern)
    return found


def pattern_of(key: ast.expr) -> str | None:
    """The keys that an expression can be; None where it does not tell."""
    if isinstance(key, ast.Constant):
        return re.escape(str(key.value))
    if not isinstance(key, ast.JoinedStr):
        return None
    literals = [part.value for part in key.values if isinstance(part, ast.Constant)]
    if not any(re.search(r"\w\.|\.\w", str(literal)) for literal in literals):
        return None
    return "".join(re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".+" for part in key.values)


@cache
def sources() -> dict[str, ast.AST]:
    return {
        str(path.relative_to(BOT)): ast.parse(path.read_text(encoding="utf-8")) for path in sorted(BOT.rglob("*.py"))
    }


def stem(key: str) -> str:
    """The key that the code names: of plurals without their number."""
    return next((key.removesuffix(suffix) for suffix in PLURALS if key.endswith(suffix)), key)


def idle(keys: set[str], patterns: set[str]) -> set[str]:
    every = re.compile("|".join(sorted(patterns)))
    return {key for key in keys if not every.fullmatch(key) and not every.fullmatch(stem(key))}


def test_every_text_is_used() -> None:
    assert idle(set(texts(Language.ENGLISH)), used_patterns(sources())) == set()


def test_a_text_that_nobody_uses_is_found() -> None:
    code = (
        'say(language, "poem.seed"); say(language, f"form.{form}"); THEME = "theme."; f"{a}.{b}"; count_words(l, "x.n")'
    )
    keys = {"poem.seed", "poem.idle", "form.free", "theme.spring", "x.n.one", "x.n.other", "x.one"}

    assert idle(keys, used_patterns({"code": ast.parse(code)})) == {"poem.idle", "x.one"}


# Widths.


def placed(trees: Mapping[str, ast.AST]) -> Iterator[tuple[str, int]]:
    """Patterns of keys that stand in a place of Discord's, with how much fits there."""
    for tree in trees.values():
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
            name = name_of(call.func)
            kind = "Modal" if name == "__init__" else "Button" if name.lower().endswith("button") else name
            arguments = [(keyword.arg or "", keyword.value) for keyword in call.keywords]
            if kind == "Button":  # helpers take the label by its place
                arguments += [("label", argument) for argument in call.args]
            for argument, value in arguments:
                if (kind, argument) in WIDTHS:
                    yield from ((pattern, WIDTHS[kind, argument]) for pattern in said_in(value))


def said_in(expression: ast.expr) -> Iterator[str]:
    for call in (node for node in ast.walk(expression) if isinstance(node, ast.Call)):
        if (said := name_of(call.func)) in SAYING:
            key = call.args[0 if said == "word" else 1]
            pattern = pattern_of(key)
            if pattern is not None:
                yield pattern + (r"\.(one|other)" if said == "count_words" else "")


def name_of(function: ast.expr) -> str:
    match function:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
        case ast.Subscript(value=value):
            return name_of(value)
    return ""


def too_wide(places: set[tuple[str, int]], said: Mapping[str, str]) -> set[str]:
    return {
        key
        for pattern, width in places
        for key, text in said.items()
        if re.fullmatch(pattern, key) and not 1 <= len(filled(text)) <= width
    }


def filled(text: str) -> str:
    return "".join(literal + (FIELD if field is not None else "") for literal, field, _, _ in FORMATTER.parse(text))


FORMATTER: Final = string.Formatter()


@pytest.mark.parametrize("language", list(Language))
def test_texts_fit_where_they_stand(language: Language) -> None:
    places = set(placed(sources()))

    assert len(places) > 10
    assert too_wide(places, texts(language)) == set()


@pytest.mark.parametrize(
    "code",
    [
        'discord.ui.Button(label=say(language, "x"))',
        '_button(1, "🔁", say(language, "x"))',
        'discord.ui.Button[Any](label=f"🔁 {say(language, "x")}")'.replace('"x"', "'x'"),
        'discord.SelectOption(value="1", description=say(l, "x"))',
        'super().__init__(title=say(language, "x"), timeout=9.0)',
        'app_commands.Choice(name=word("x"), value=1)',
        'discord.ui.Label(text=count_words(l, "n", count=2))',
    ],
)
def test_a_text_that_is_too_wide_is_found(code: str) -> None:
    places = set(placed({"code": ast.parse(code)}))

    assert too_wide(places, {"x": "x" * 101, "n.one": "short", "n.other": "x" * 46})
    assert not too_wide(places, {"x": "short", "n.one": "one", "n.other": "more"})


# Number.


def badly_counted(said: Mapping[str, str]) -> set[str]:
    """Texts with a plural behind what is filled in, although nothing chooses between one and more."""
    return {
        key
        for key, text in said.items()
        if _COUNTED.search(text) and not key.endswith(PLURALS) and key not in NEVER_ONE
    }


def test_what_is_counted_agrees_in_number() -> None:
    """Such a text is to be two, `x.one` and `x.other`, said by `count_words(language, "x", count=…)`."""
    assert badly_counted(texts(Language.ENGLISH)) == set()


def test_a_wrong_number_is_found() -> None:
    said = {
        "a": "{count} poems",
        "b": "**{n:,}** more lines",
        "c": "{n} people",
        "d": "{text} is long",
        "e": "poems: {n}",
    }

    assert badly_counted(said) == {"a", "b", "c"}


@pytest.mark.parametrize("language", list(Language))
def test_plurals_are_whole(language: Language) -> None:
    """English has both; Chinese makes no difference, so one text there is all."""
    said = texts(language)
    stems = {stem(key) for key in said if key.endswith(".other")}

    assert {found for found in stems if f"{found}.one" in said} == (stems if language is Language.ENGLISH else set())
    assert not {found for found in stems if _COUNTED.search(said.get(f"{found}.one", ""))}


@pytest.mark.parametrize(
    ("language", "count", "said"),
    [
        (Language.ENGLISH, 0, "0 more did not fit: the list holds 200."),
        (Language.ENGLISH, 1, "One more did not fit: the list holds 200."),
        (Language.ENGLISH, 2, "2 more did not fit: the list holds 200."),
        (Language.SIMPLIFIED, 1, "还有 1 个放不下：最多 200 个。"),
    ],
)
def test_words_for_so_many(language: Language, count: int, said: str) -> None:
    values: dict[str, Any] = {"most": 200}

    assert count_words(language, "server.words.too_many", count=count, **values) == said
