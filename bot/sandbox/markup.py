"""Discord's markdown as rich text; see Discord's "Markdown Text 101" for the syntax."""

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.padding import Padding
from rich.segment import Segment
from rich.style import Style
from rich.text import Text

#: Name of a mentioned thing: its sign (@, @&, #) and its id go in.
Namer = Callable[[str, int], str]

_INLINE: Final = re.compile(
    r"\\(?P<escaped>[^\w\s]|_)"
    r"|(?P<ticks>`++)(?P<code>.+?)(?P=ticks)(?!`)"
    r"|\*\*(?P<bold>.+?)\*\*(?!\*)"
    r"|__(?P<underline>.+?)__(?!_)"
    r"|~~(?P<strike>.+?)~~"
    r"|\|\|(?P<spoiler>.+?)\|\|"
    r"|\*(?P<star>[^\s*](?:[^*]*[^\s*])?)\*"
    r"|(?<!\w)_(?P<low>[^\s_](?:[^_]*[^\s_])?)_(?!\w)"
    r"|\[(?P<label>[^\]]+)\]\(<?(?P<target>https?://[^\s)>]+)>?\)"
    r"|<?(?P<url>https?://[^\s>]+)>?"
    r"|<(?P<sign>@&|@!?|#)(?P<id>[0-9]{1,20})>"
    r"|</(?P<command>[^:>]+):[0-9]+>"
    r"|<a?:(?P<emoji>\w+):[0-9]+>"
    r"|<t:(?P<moment>-?[0-9]{1,13})(?::(?P<format>[tTdDfFR]))?>",
    re.DOTALL,
)
_STYLES: Final = {
    "bold": "bold",
    "underline": "underline",
    "strike": "strike",
    "spoiler": "reverse",
    "star": "italic",
    "low": "italic",
}
_FENCE: Final = re.compile(r"```(?:(?P<language>[\w+.-]+)\n|\n)?(?P<code>.+?)\n?```", re.DOTALL)
_HEADINGS: Final = {"# ": "bold underline", "## ": "bold", "### ": "bold"}
_TIMES: Final = {"t": "%H:%M", "T": "%H:%M:%S", "d": "%Y-%m-%d", "D": "%Y-%m-%d", "F": "%A %Y-%m-%d %H:%M"}


class Bar:
    """Something with a coloured bar on its left, as Discord draws containers, embeds and quotes."""

    def __init__(self, inside: RenderableType, style: str = "dim") -> None:
        self.inside = inside
        self.style = style

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        inner = options.update(width=max(1, options.max_width - 2))
        style = Style.parse(self.style)
        for line in console.render_lines(self.inside, inner, pad=False):
            yield Segment("▎ ", style)
            yield from line
            yield Segment.line()

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        inside = Measurement.get(console, options, self.inside)
        return Measurement(inside.minimum + 2, inside.maximum + 2)


def markdown(source: str, name: Namer) -> RenderableType:
    """Paragraphs, headings, lists, quotes and code blocks."""
    parts: list[RenderableType] = []
    place = 0
    for match in _FENCE.finditer(source):
        parts += _lines(source[place : match.start()].removesuffix("\n"), name)
        parts.append(_code(match.group("code"), match.group("language")))
        place = match.end() + source[match.end() :].startswith("\n")
    parts += _lines(source[place:], name)
    return Group(*parts)


def _code(code: str, language: str | None) -> RenderableType:
    text = Text.from_ansi(code) if language == "ansi" else Text(code, style="cyan")
    text.no_wrap = False
    return Padding(text, (0, 0, 0, 2), expand=False)


def _lines(source: str, name: Namer) -> Iterator[RenderableType]:
    if not source:
        return
    rest = source.split("\n")
    while rest:
        line = rest.pop(0)
        if line.startswith(">>> "):
            yield Bar(Group(*_lines("\n".join([line.removeprefix(">>> "), *rest]), name)))
            return
        if line.startswith("> "):
            yield Bar(inline(line.removeprefix("> "), name))
        else:
            yield _line(line, name)


def _line(line: str, name: Namer) -> Text:
    if line.startswith("-# "):
        text = inline(line.removeprefix("-# "), name)
        text.stylize_before("dim")
        return text
    for sign, style in _HEADINGS.items():
        if line.startswith(sign):
            text = inline(line.removeprefix(sign), name)
            text.stylize_before(style)
            return text
    item = re.match(r"(\s*)[-*] (?=\S)", line)
    if item is not None:
        return Text(f"{item[1]}• ") + inline(line[item.end() :], name)
    return inline(line, name)


def inline(source: str, name: Namer) -> Text:
    """Text within one line: emphasis, code, links, mentions, times."""
    text = Text()
    place = 0
    for match in _INLINE.finditer(source):
        text.append(source[place : match.start()])
        text.append_text(_inline_piece(match, name))
        place = match.end()
    text.append(source[place:])
    return text


def _inline_piece(match: re.Match[str], name: Namer) -> Text:  # noqa: PLR0911  one return for each kind
    parts = {key: value for key, value in match.groupdict().items() if value is not None}
    for kind, style in _STYLES.items():
        if kind in parts:
            inner = inline(parts[kind], name)
            inner.stylize_before(style)
            return inner
    if "code" in parts:
        return Text(parts["code"], style="cyan")
    if "label" in parts:
        return Text.assemble(inline(parts["label"], name), (f" ({parts['target']})", "dim"))
    if "url" in parts:
        return Text(parts["url"], style="underline")
    if "id" in parts:
        return Text(name(parts["sign"].removesuffix("!"), int(parts["id"])), style="bold")
    if "command" in parts:
        return Text(f"/{parts['command']}", style="bold")
    if "emoji" in parts:
        return Text(f":{parts['emoji']}:")
    if "moment" in parts:
        return Text(moment(int(parts["moment"]), parts.get("format", "f")))
    return Text(parts["escaped"])


def moment(seconds: int, style: str) -> str:
    """A time as `<t:SECONDS:STYLE>` shows it; relative ones are shown as dates, a terminal does not count on."""
    try:
        when = datetime.fromtimestamp(seconds, UTC).astimezone()
    except (ValueError, OverflowError, OSError):
        return str(seconds)
    return when.strftime(_TIMES.get(style, "%Y-%m-%d %H:%M"))


def join(parts: Sequence[RenderableType]) -> RenderableType:
    return parts[0] if len(parts) == 1 else Group(*parts)
