"""Messages as a terminal shows them: text, embeds, components, files, and a number for everything to press."""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from PIL import Image, UnidentifiedImageError
from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.text import Text
from simcord.backend.models import Message
from simcord.enums import SELECT_TYPES, ComponentType

from bot.sandbox.markup import Bar, Namer, inline, join, markdown

Component = Mapping[str, Any]

LOADING_FLAG: Final = 1 << 7  # "is thinking…"
LINK_STYLE: Final = 5
PICTURE_COLUMNS: Final = 48
RULE_COLUMNS: Final = 32
_BUTTON_COLOURS: Final = {1: "bright_blue", 3: "green", 4: "red"}
_PLAIN: Final = 0x5865F2


@dataclass(frozen=True, slots=True)
class Control:
    """Something that a number presses."""

    message_id: int
    component: Component


@dataclass(slots=True)
class Canvas:
    """What drawing needs to know, and the controls that it has met so far.

    Attributes:
        name: of a mentioned user, role or channel.
        keep: writes a file that was sent into a folder; None where its content is unknown.
        pictures: whether pictures are drawn, and not only named.
    """

    name: Namer
    keep: Callable[[str], Path | None]
    pictures: bool = False
    controls: list[Control] = field(default_factory=list)


def draw_message(message: Message, canvas: Canvas, author: str, *remarks: str) -> RenderableType:
    """A message below its header line, which ends with the remarks."""
    sent = datetime.fromisoformat(message.timestamp).astimezone()
    header = Text.assemble((author, "bold cyan"), (f"  {sent:%H:%M}", "dim"))
    if message.edited_timestamp and not message.interaction_metadata:
        header.append(" (edited)", "dim")
    if message.is_ephemeral:
        header.append("  only you see this", "dim italic")
    for remark in remarks:
        header.append(f"  {remark}", "dim italic")
    return Group(header, *_body(message, canvas), Text())


def _body(message: Message, canvas: Canvas) -> Iterator[RenderableType]:
    if message.content:
        yield markdown(message.content, canvas.name)
    for embed in message.embeds:
        yield _embed(embed, canvas)
    shown = _media_urls(message.components)
    for attachment in message.attachments:
        if attachment["url"] not in shown:
            yield _file(attachment["url"], attachment["filename"], attachment.get("description"), canvas)
    yield from _components(message.components, message.id, canvas)


def _media_urls(components: Sequence[Component]) -> set[str]:
    urls: set[str] = set()
    for component in components:
        media = [item["media"] for item in component.get("items") or []]
        media += [component[key] for key in ("media", "file") if isinstance(component.get(key), Mapping)]
        urls |= {item["url"] for item in media}
        urls |= _media_urls(component.get("components") or [])
        urls |= _media_urls([component["accessory"]] if component.get("accessory") else [])
    return urls


def _colour(value: int | None) -> str:
    return f"#{_PLAIN if value is None else value:06x}"


def _embed(embed: Mapping[str, Any], canvas: Canvas) -> RenderableType:
    parts: list[RenderableType] = []
    if author := (embed.get("author") or {}).get("name"):
        parts.append(Text(author, style="dim"))
    if title := embed.get("title"):
        text = inline(title, canvas.name)
        text.stylize_before("bold")
        parts.append(text)
    if description := embed.get("description"):
        parts.append(markdown(description, canvas.name))
    for row in _field_rows(embed.get("fields") or []):
        cells = [Group(Text(item["name"], style="bold"), markdown(item["value"], canvas.name)) for item in row]
        parts.append(Columns(cells, padding=(0, 4)) if len(cells) > 1 else cells[0])
    pictures = [embed[key] for key in ("thumbnail", "image") if embed.get(key)]
    parts += [_media(picture, None, canvas) for picture in pictures]
    if footer := (embed.get("footer") or {}).get("text"):
        parts.append(Text(footer, style="dim"))
    return Bar(Group(*parts), _colour(embed.get("color")))


def _field_rows(fields: Sequence[Mapping[str, Any]]) -> Iterator[list[Mapping[str, Any]]]:
    """Up to three inline fields stand side by side, as in the client."""
    row: list[Mapping[str, Any]] = []
    for item in fields:
        if row and (not item.get("inline") or len(row) == 3):
            yield row
            row = []
        if item.get("inline"):
            row.append(item)
        else:
            yield [item]
    if row:
        yield row


def _components(components: Sequence[Component], message_id: int, canvas: Canvas) -> Iterator[RenderableType]:
    for component in components:
        yield from _component(component, message_id, canvas)


def _component(component: Component, message_id: int, canvas: Canvas) -> Iterator[RenderableType]:
    inside = component.get("components") or []
    match component["type"]:
        case ComponentType.CONTAINER:
            parts = list(_components(inside, message_id, canvas))
            yield Bar(join(parts), _colour(component.get("accent_color")))
        case ComponentType.SECTION:
            yield from _components([*inside, component["accessory"]], message_id, canvas)
        case ComponentType.ACTION_ROW if inside and inside[0]["type"] == ComponentType.BUTTON:
            yield Text("  ").join(_button(button, message_id, canvas) for button in inside)
        case ComponentType.ACTION_ROW:
            yield from _components(inside, message_id, canvas)
        case ComponentType.BUTTON:
            yield _button(component, message_id, canvas)
        case kind if kind in SELECT_TYPES:
            yield _select(component, message_id, canvas)
        case _:
            yield from _still(component, canvas)


def _still(component: Component, canvas: Canvas) -> Iterator[RenderableType]:
    """Components that nobody can press."""
    match component["type"]:
        case ComponentType.TEXT_DISPLAY:
            yield markdown(component["content"], canvas.name)
        case ComponentType.SEPARATOR:
            yield Text("─" * RULE_COLUMNS, style="dim") if component.get("divider", True) else Text()
        case ComponentType.MEDIA_GALLERY:
            for item in component["items"]:
                yield _media(item["media"], item.get("description"), canvas)
        case ComponentType.THUMBNAIL:
            yield _media(component["media"], component.get("description"), canvas)
        case ComponentType.FILE:
            yield _media(component["file"], None, canvas)
        case kind:
            yield Text(f"(a component of type {kind}, which the terminal does not show)", style="dim")


def _label(component: Component) -> str:
    emoji = (component.get("emoji") or {}).get("name") or ""
    return " ".join(part for part in (emoji, component.get("label") or "") if part) or "(no label)"


def _button(button: Component, message_id: int, canvas: Canvas) -> Text:
    canvas.controls.append(Control(message_id, button))
    number = f"[{len(canvas.controls)}] "
    if button.get("disabled"):
        return Text(f"{number}{_label(button)} (off)", style="dim")
    arrow = " ↗" if button["style"] == LINK_STYLE else ""
    return Text.assemble((number, "dim"), (f"{_label(button)}{arrow}", _BUTTON_COLOURS.get(button["style"], "bold")))


def _select(select: Component, message_id: int, canvas: Canvas) -> RenderableType:
    canvas.controls.append(Control(message_id, select))
    number = len(canvas.controls)
    title = select.get("placeholder") or "Choose"
    if select.get("disabled"):
        return Text(f"[{number}] {title} ▾ (off)", style="dim")
    lines = [Text.assemble((f"[{number}] ", "dim"), (f"{title} ▾", "bold"))]
    for place, option in enumerate(select.get("options") or [], 1):
        about = f"  {option['description']}" if option.get("description") else ""
        mark = "•" if option.get("default") else " "
        lines.append(Text.assemble((f"  {mark} {number} {place}  ", "dim"), _label(option), (about, "dim")))
    return Group(*lines)


def _media(media: Mapping[str, Any], description: str | None, canvas: Canvas) -> RenderableType:
    return _file(media["url"], str(media["url"]).rpartition("/")[2], description, canvas)


def _file(url: str, name: str, description: str | None, canvas: Canvas) -> RenderableType:
    path = canvas.keep(url)
    line = Text.assemble(("file ", "dim"), (name, "bold"), (f"  {description}" if description else "", "italic"))
    if path is None:
        return line.append(f"  {url}", "dim")
    line.append(f"  {path.stat().st_size:,} bytes  ", "dim").append(str(path), f"dim link {path.resolve().as_uri()}")
    picture = draw_picture(path.read_bytes()) if canvas.pictures else None
    return line if picture is None else Group(line, picture)


def draw_picture(content: bytes, columns: int = PICTURE_COLUMNS) -> Text | None:
    """A picture in half blocks, two pixels to a cell; None for a file that is no picture."""
    try:
        with Image.open(io.BytesIO(content)) as opened:
            opened.thumbnail((columns, columns))
            image = opened.convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError):
        return None
    text = Text()
    for y in range(0, image.height, 2):
        for x in range(image.width):
            upper = _hex(image, x, y)
            lower = _hex(image, x, min(y + 1, image.height - 1))
            text.append("▀", f"{upper} on {lower}")
        text.append("\n")
    text.rstrip()
    return text


def _hex(image: Image.Image, x: int, y: int) -> str:
    pixel = image.getpixel((x, y))
    assert isinstance(pixel, tuple)  # noqa: S101  the image is RGB
    return "#{:02x}{:02x}{:02x}".format(*pixel[:3])
