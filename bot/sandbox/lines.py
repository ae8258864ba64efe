"""A typed line, read against the registered commands as Discord's client would read it."""

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from simcord.enums import OptionType

Payload = Mapping[str, Any]
#: Finds the member, role or channel that a text names; None where there is none.
Finder = Callable[[OptionType, str], object | None]

NESTED: Final = (OptionType.SUBCOMMAND, OptionType.SUBCOMMAND_GROUP)
ENTITIES: Final = (OptionType.USER, OptionType.ROLE, OptionType.CHANNEL, OptionType.MENTIONABLE)
TEXT_LIMIT: Final = 6_000  # characters of a text option
FILE_LIMIT: Final = 10 * 1024 * 1024  # bytes of an upload
_YES: Final = frozenset({"true", "yes", "on", "1"})
_NO: Final = frozenset({"false", "no", "off", "0"})
_WORD: Final = re.compile(
    r'(?:(?P<name>[^\s:："]+)[:：])?(?:"(?P<quoted>(?:[^"\\]|\\.)*)"(?!\S)|(?P<bare>\S*))',
)


class Refused(Exception):  # noqa: N818  it is an answer, not a fault
    """What Discord's client does not let a person send; str() is the line that says so."""


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a line: `text` as typed, or `value` after `name:`."""

    text: str
    value: str
    name: str | None = None
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Leaf:
    """A command that can be called: its path as registered, as it is shown, and its options."""

    path: tuple[str, ...]
    shown: str
    spec: Payload

    @property
    def options(self) -> list[Payload]:
        return list(self.spec.get("options") or [])


def split(line: str) -> list[Word]:
    """Words of a line; double quotes hold a value with spaces together, a backslash keeps a quote in it."""
    words = []
    place = 0
    while (start := _skip_space(line, place)) < len(line):
        match = _WORD.match(line, start)
        assert match is not None  # noqa: S101  every part of the pattern may be empty
        name, quoted, bare = match.group("name", "quoted", "bare")
        if quoted is None and bare.startswith('"'):
            raise Refused("A quote is opened and never closed.")
        value = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else bare
        text = value if quoted is not None and name is None else match.group()
        words.append(Word(text, value, name, quoted is not None))
        place = match.end()
    return words


def _skip_space(line: str, place: int) -> int:
    while place < len(line) and line[place].isspace():
        place += 1
    return place


def is_number(text: str) -> bool:
    """Whether a word is the number of something that is listed; nothing is listed by the million."""
    return text.isascii() and text.isdecimal() and len(text) < 7


def shown_name(item: Payload, locale: str) -> str:
    """Name of a command, option or choice in a language."""
    return str((item.get("name_localizations") or {}).get(locale) or item["name"])


def shown_description(item: Payload, locale: str) -> str:
    text = (item.get("description_localizations") or {}).get(locale) or item.get("description") or ""
    return "" if text == "…" else str(text)  # discord.py's own, where none was written


def _named(items: Sequence[Payload], word: str, locale: str) -> Payload | None:
    typed = word.casefold()
    names = ((item, {item["name"].casefold(), shown_name(item, locale).casefold()}) for item in items)
    return next((item for item, known in names if typed in known), None)


def leaves(commands: Sequence[Payload], locale: str) -> list[Leaf]:
    """Every command that can be called."""
    found: list[Leaf] = []

    def visit(node: Payload, path: tuple[str, ...], shown: str) -> None:
        nested = [option for option in node.get("options") or [] if option["type"] in NESTED]
        if not nested:
            found.append(Leaf(path, shown, node))
        for child in nested:
            visit(child, (*path, child["name"]), f"{shown} {shown_name(child, locale)}")

    for command in commands:
        visit(command, (command["name"],), f"/{shown_name(command, locale)}")
    return found


def find_leaf(commands: Sequence[Payload], words: Sequence[Word], locale: str) -> tuple[Leaf, list[Word]]:
    """The command that the words begin with, and the words left for its options."""
    rest = list(words)
    typed = rest.pop(0).text.lstrip("/／")
    node = _named(commands, typed, locale)
    if node is None:
        raise Refused(f"Unknown command: /{typed}.{_hint(typed, commands, locale)}")
    path, shown = [node["name"]], f"/{shown_name(node, locale)}"
    while nested := [option for option in node.get("options") or [] if option["type"] in NESTED]:
        listed = ", ".join(shown_name(option, locale) for option in nested)
        if not rest:
            raise Refused(f"{shown} cannot be called alone. Add one of: {listed}.")
        word = rest.pop(0).text
        child = _named(nested, word, locale)
        if child is None:
            raise Refused(f"Unknown command: {shown} {word}. After {shown} comes one of: {listed}.")
        node = child
        path.append(node["name"])
        shown = f"{shown} {shown_name(node, locale)}"
    return Leaf(tuple(path), shown, node), rest


def _hint(typed: str, commands: Sequence[Payload], locale: str) -> str:
    names = [shown_name(command, locale) for command in commands]
    close = difflib.get_close_matches(typed, names, n=1)
    return f" Did you mean /{close[0]}?" if close else " Type help for what there is."


def fill(leaf: Leaf, words: Sequence[Word], locale: str, find: Finder) -> dict[str, Any]:
    """Values of a command's options: named ones first, then bare ones in the order of the options."""
    raw = assign(leaf, words, locale)
    values = {name: read_value(_option(leaf, name), word, locale, find) for name, word in raw.items()}
    for option in leaf.options:
        if option.get("required") and option["name"] not in values:
            about = shown_description(option, locale)
            raise Refused(f"{leaf.shown} needs {shown_name(option, locale)}{f' ({about})' if about else ''}.")
    return values


def assign(leaf: Leaf, words: Sequence[Word], locale: str) -> dict[str, Word]:
    """Which word fills which option, by the option's registered name."""
    filled: dict[str, Word] = {}
    bare: list[Word] = []
    rest = list(words)
    while rest:
        word = rest.pop(0)
        option = _named(leaf.options, word.name, locale) if word.name is not None else None
        if option is None and word.name == "file":
            option = _free_attachment(leaf, filled)
        if option is None:
            bare.append(word)
            continue
        name = str(option["name"])
        if name in filled:
            raise Refused(f"{shown_name(option, locale)} is given twice.")
        if not word.value and not word.quoted and rest:  # `name: value`
            word = rest.pop(0)
            word = Word(word.text, word.text, quoted=word.quoted)
        filled[name] = Word(word.value, word.value, quoted=word.quoted)
    free = [option for option in leaf.options if option["name"] not in filled]
    if len(bare) > len(free):
        raise Refused(_too_many(leaf, bare[len(free)], locale))
    filled |= {str(option["name"]): word for option, word in zip(free, bare, strict=False)}
    return filled


def _free_attachment(leaf: Leaf, filled: Mapping[str, Word]) -> Payload | None:
    free = (option for option in leaf.options if option["name"] not in filled)
    return next((option for option in free if option["type"] == OptionType.ATTACHMENT), None)


def _too_many(leaf: Leaf, word: Word, locale: str) -> str:
    if not leaf.options:
        return f"{leaf.shown} takes no options."
    listed = ", ".join(shown_name(option, locale) for option in leaf.options)
    return f'{leaf.shown} has no option for "{word.text}". It takes: {listed}. A value with spaces needs "quotes".'


def _option(leaf: Leaf, name: str) -> Payload:
    return next(option for option in leaf.options if option["name"] == name)


def read_value(option: Payload, word: Word, locale: str, find: Finder) -> object:
    """A typed word as the value of an option.

    Raises:
        Refused: where Discord's client would not accept the value.
    """
    kind = OptionType(option["type"])
    name, text = shown_name(option, locale), word.text
    if kind == OptionType.ATTACHMENT:
        return read_file(name, text)
    if kind in ENTITIES:
        entity = find(kind, text)
        if entity is None:
            raise Refused(f"{name}: there is no {kind.name.lower()} called {text} here.")
        return entity
    if kind == OptionType.BOOLEAN:
        if text.casefold() not in _YES | _NO:
            raise Refused(f"{name} is true or false, not {text}.")
        return text.casefold() in _YES
    choices = option.get("choices") or []
    if choices and not option.get("autocomplete"):
        return _choose(name, choices, text, locale)
    if kind == OptionType.STRING:
        if len(text) > TEXT_LIMIT:
            raise Refused(f"{name}: Discord takes at most {TEXT_LIMIT:,} characters, here are {len(text):,}.")
        return text
    return _number(name, text, whole=kind == OptionType.INTEGER)


def _choose(name: str, choices: Sequence[Payload], text: str, locale: str) -> object:
    for choice in choices:
        if text.casefold() in {shown_name(choice, locale).casefold(), str(choice["name"]).casefold()}:
            return choice["value"]
    for choice in choices:
        if text == str(choice["value"]):
            return choice["value"]
    listed = ", ".join(shown_name(choice, locale) for choice in choices)
    raise Refused(f"{name} is one of: {listed}; not {text}.")


def _number(name: str, text: str, *, whole: bool) -> int | float:
    pattern = r"[+-]?[0-9]{1,16}" if whole else r"[+-]?(?:[0-9]{1,16}(?:\.[0-9]*)?|\.[0-9]+)"
    if re.fullmatch(pattern, text) is None:
        raise Refused(f"{name} is a {'whole ' if whole else ''}number, not {text}.")
    return int(text) if whole else float(text)


def read_file(name: str, text: str) -> tuple[str, bytes]:
    """Name and content of the file that `file:PATH` or `PATH` names."""
    path = Path(text.removeprefix("file:")).expanduser()
    try:
        with path.open("rb") as stream:
            content = stream.read(FILE_LIMIT + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise Refused(f"{name}: cannot read {path}: {reason}. A file is attached with file:PATH.") from error
    if len(content) > FILE_LIMIT:
        raise Refused(f"{name}: {path} is larger than Discord takes ({FILE_LIMIT >> 20} MB).")
    return path.name, content
