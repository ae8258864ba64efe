"""Fields of a form (Discord's modals) and choices of a menu, answered with a line of text."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from simcord.enums import ComponentType, OptionType

from bot.sandbox.lines import Finder, Refused, Word, is_number, read_file, split

Component = Mapping[str, Any]

PARAGRAPH: Final = 2
_ENTITY_MENUS: Final = {
    ComponentType.USER_SELECT: OptionType.USER,
    ComponentType.ROLE_SELECT: OptionType.ROLE,
    ComponentType.MENTIONABLE_SELECT: OptionType.MENTIONABLE,
    ComponentType.CHANNEL_SELECT: OptionType.CHANNEL,
}
_MENUS: Final = (ComponentType.STRING_SELECT, *_ENTITY_MENUS)
_LISTS: Final = (*_MENUS, ComponentType.CHECKBOX_GROUP)


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a form, or (without a component) a text that stands between fields."""

    label: str
    about: str
    component: Component | None

    @property
    def kind(self) -> ComponentType:
        return ComponentType.TEXT_DISPLAY if self.component is None else ComponentType(self.component["type"])


def fields(modal: Mapping[str, Any]) -> Iterator[Field]:
    """Fields in the order in which they stand."""
    for component in modal["components"]:
        match component["type"]:
            case ComponentType.TEXT_DISPLAY:
                yield Field("", component["content"], None)
            case ComponentType.LABEL:
                yield Field(component["label"], component.get("description") or "", component["component"])
            case ComponentType.ACTION_ROW:
                for child in component["components"]:
                    yield Field(child.get("label") or "", "", child)


def is_required(component: Component) -> bool:
    given = component.get("required")
    if given is None:
        return component["type"] in (ComponentType.TEXT_INPUT, *_MENUS)
    return bool(given)


def hints(field: Field) -> list[str]:
    """What a person should know before answering."""
    component = field.component or {}
    found = [field.about] if field.about else []
    if not is_required(component):
        found.append("optional")
    if field.kind == ComponentType.TEXT_INPUT:
        least, most = component.get("min_length") or 0, component.get("max_length")
        found += [f"{least} to {most} characters"] if most else []
        found += [r"\n begins a new line"] if component.get("style") == PARAGRAPH else []
        found += [f"empty keeps: {component['value']}"] if component.get("value") else []
    elif field.kind == ComponentType.FILE_UPLOAD:
        found.append("file:PATH")
    elif field.kind == ComponentType.CHECKBOX:
        found.append("yes or no")
    elif component.get("options"):
        options = enumerate(component["options"], 1)
        found.append("one of " if _most(component) == 1 else "some of ")
        found[-1] += ", ".join(f"{place} {option['label']}" for place, option in options)
    return found


def read_field(field: Field, line: str, find: Finder) -> object | None:
    """A line as the value of a field; None leaves an optional field out.

    Raises:
        Refused: where the client would not send the form.
    """
    component = field.component or {}
    if field.kind == ComponentType.TEXT_INPUT:
        return _read_text(field.label, component, line)
    if not line.strip():
        if is_required(component):
            raise Refused(f"{field.label} needs an answer.")
        return None
    words = split(line)
    if field.kind == ComponentType.FILE_UPLOAD:
        return [read_file(field.label, word.value if word.name == "file" else word.text) for word in words]
    if field.kind == ComponentType.CHECKBOX:
        return line.strip().casefold() in {"yes", "y", "true", "on", "1"}
    values = pick(component, words, find)
    return values if field.kind in _LISTS else values[0]


def _read_text(label: str, component: Component, line: str) -> str | None:
    text = line.replace(r"\n", "\n") if component.get("style") == PARAGRAPH else line
    text = "" if text == '""' else text or component.get("value") or ""
    if not text:
        if is_required(component):
            raise Refused(f"{label} needs an answer.")
        return None
    least, most = component.get("min_length") or 0, component.get("max_length") or 4_000
    if not least <= len(text) <= most:
        raise Refused(f"{label} takes {least} to {most} characters, here are {len(text)}.")
    return text


def _most(component: Component) -> int:
    if component["type"] == ComponentType.CHECKBOX_GROUP:
        return int(component.get("max_values") or len(component["options"]))
    if component["type"] == ComponentType.RADIO_GROUP:
        return 1
    return int(component.get("max_values") or 1)


def pick(menu: Component, words: Sequence[Word], find: Finder) -> list[Any]:
    """Values of a menu that the words name: an option's number, label or value; a member, role or channel.

    Raises:
        Refused: a word names nothing, or there are too few or too many.
    """
    entity = _ENTITY_MENUS.get(menu["type"])
    values = [_entity(entity, word.text, find) if entity else _option(menu, word.text) for word in words]
    least, most = menu.get("min_values", 1), _most(menu)
    if not (least or 0) <= len(values) <= most:
        wanted = str(most) if least == most else f"{least} to {most}"
        raise Refused(f"Choose {wanted}, not {len(values)}.")
    return values


def _entity(kind: OptionType, text: str, find: Finder) -> object:
    found = find(kind, text)
    if found is None:
        raise Refused(f"There is no {kind.name.lower()} called {text} here.")
    return found


def _option(menu: Component, text: str) -> str:
    options = menu.get("options") or []
    for option in options:
        if text.casefold() in (option["label"].casefold(), option["value"].casefold()):
            return str(option["value"])
    if is_number(text) and 0 < int(text) <= len(options):
        return str(options[int(text) - 1]["value"])
    listed = ", ".join(f"{place} {option['label']}" for place, option in enumerate(options, 1))
    raise Refused(f"There is no choice {text}. Choose one of: {listed}.")
