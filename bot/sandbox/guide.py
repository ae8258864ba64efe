"""What can be typed: help, and completion of a line."""

from collections.abc import Sequence
from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text
from simcord.enums import OptionType

from bot.sandbox.lines import (
    Leaf,
    Payload,
    Refused,
    Word,
    find_leaf,
    leaves,
    shown_description,
    shown_name,
    split,
)

OWN: Final = (
    ("1", "press the button with that number; for a menu: 3 1, or 3 and the choice's name"),
    ("/command … ?", "what the next option takes"),
    ("menu NAME", "an entry of the last message's menu"),
    ("show", "the last messages again"),
    ("wait SECONDS", "let time pass"),
    ("help [command]", "this list, or one command's options"),
    ("quit", "leave; so does the end of input"),
)
_KINDS: Final = {
    OptionType.STRING: "text",
    OptionType.INTEGER: "whole number",
    OptionType.BOOLEAN: "true or false",
    OptionType.USER: "@member",
    OptionType.CHANNEL: "#channel",
    OptionType.ROLE: "@role",
    OptionType.MENTIONABLE: "@member or @role",
    OptionType.NUMBER: "number",
    OptionType.ATTACHMENT: "file:PATH",
}


def usage(leaf: Leaf, locale: str) -> str:
    """`/add a b [c]`."""
    names = [(shown_name(option, locale), option.get("required")) for option in leaf.options]
    return " ".join([leaf.shown, *(name if required else f"[{name}]" for name, required in names)])


def overview(commands: Sequence[Payload], menus: Sequence[Payload], locale: str) -> RenderableType:
    """All commands, and what the sandbox itself understands."""
    table = _table()
    for leaf in leaves(commands, locale):
        table.add_row(Text(usage(leaf, locale)), Text(shown_description(leaf.spec, locale)))
    table.add_row()
    for line, about in OWN:
        if line != "menu NAME" or menus:
            table.add_row(Text(line), Text(about))
    names = ", ".join(shown_name(menu, locale) for menu in menus)
    tail = [Text(f"Message menu: {names}", style="dim")] if names else []
    note = 'Values fill the options in their order, or are named: name:value. "Quotes" hold spaces together.'
    return Group(table, *tail, Text(note, style="dim"), Text())


def details(leaf: Leaf, locale: str) -> RenderableType:
    """One command with all that its options take."""
    table = _table()
    for option in leaf.options:
        table.add_row(Text(f"  {shown_name(option, locale)}"), Text(about_option(option, locale)))
    heading = Text.assemble((usage(leaf, locale), "bold"), f"  {shown_description(leaf.spec, locale)}")
    return Group(heading, table, Text()) if leaf.options else Group(heading, Text())


def about_option(option: Payload, locale: str) -> str:
    """`the second number · text · required`."""
    choices = [shown_name(choice, locale) for choice in option.get("choices") or []]
    limits = [option.get(key) for key in ("min_value", "max_value")]
    lengths = [option.get(key) for key in ("min_length", "max_length")]
    parts = [
        shown_description(option, locale),
        " | ".join(choices) if choices else _KINDS[OptionType(option["type"])],
        _range(limits),
        f"{_range(lengths)} characters" if _range(lengths) else "",
        "required" if option.get("required") else "",
    ]
    return " · ".join(part for part in parts if part)


def _range(limits: Sequence[int | float | None]) -> str:
    least, most = limits
    if least is None and most is None:
        return ""
    if least is None:
        return f"at most {most}"
    return f"at least {least}" if most is None else f"{least} to {most}"


def _table() -> Table:
    table = Table.grid(padding=(0, 3))
    table.add_column(style="cyan", no_wrap=True)
    table.add_column()
    return table


def complete(line: str, commands: Sequence[Payload], locale: str) -> list[str]:
    """What the last word of a line can become."""
    *before, last = line.split(" ")
    if not before:
        names = [f"/{shown_name(command, locale)} " for command in commands]
        return [name for name in [*names, "help ", "quit"] if name.startswith(last) and last]
    shown = [leaf.shown.split(" ") for leaf in leaves(commands, locale)]
    under = (path for path in shown if path[: len(before)] == before and len(path) > len(before))
    deeper = sorted({f"{path[len(before)]} " for path in under})
    if deeper:
        return [word for word in deeper if word.startswith(last)]
    try:
        leaf, _ = find_leaf(commands, split(" ".join(before)), locale)
    except Refused:
        return []
    name, colon, value = last.partition(":")
    options = {shown_name(option, locale): option for option in leaf.options}
    if not colon:
        return [f"{option}:" for option in options if option.startswith(name)]
    choices = [shown_name(choice, locale) for choice in options.get(name, {}).get("choices") or []]
    return [f"{name}:{_quoted(choice)} " for choice in choices if choice.startswith(value)]


def _quoted(value: str) -> str:
    return f'"{value}"' if " " in value else value


def next_option(leaf: Leaf, filled: dict[str, Word]) -> Payload | None:
    """The first option that is still free."""
    return next((option for option in leaf.options if option["name"] not in filled), None)
