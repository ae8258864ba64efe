"""What somebody could send who wants to harm: any command, menu or press that the bot has, with any content.

All is found in the running bot, so that whatever is added to it is attacked as well.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast, get_args, get_origin

import discord
from discord import AppCommandOptionType as Kind
from discord import app_commands
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from bot.ui.guards import GuardedItem
from tests.bot.owner import message
from tests.conftest import World

Command = app_commands.Command[Any, ..., Any]
Menu = app_commands.ContextMenu
Item = type[GuardedItem[Any]]

# With letters that the bot shows nowhere by itself: what comes back as it is was not made safe.
MARKUP = (
    *("**zqj**", "__zqj__", "||zqj||", "~~zqj~~", "`zqj`", "```zqj```", "*zqj*", "_zqj_"),
    *("[zqj](https://evil.example)", "https://evil.example", "<https://evil.example>"),
    *("<@80351110224678912>", "<@!80351110224678912>", "<@&80351110224678912>", "<#80351110224678912>", "@everyone"),
    *("@here", "</poem:80351110224678912>", "<t:1>", "<:zqj:80351110224678912>"),
)
AT_THE_BEGINNING = re.compile(r"^[ \t]*(#{1,3}|>|>>>|-#|-|\d+\.) *zqj", re.MULTILINE)
NASTY = (
    *MARKUP,
    *("# zqj", "> zqj", ">>> zqj", "-# zqj", "- zqj", "\n# zqj", "\n> zqj", "\\", "\\*zqj\\*"),
    *(
        "月",
        "清明时节雨纷纷",
        "白日依山尽，黄河入海流。",
        "moon",
        "思乡",
        "I love 长安",
        "髒話",
        "１２３",
        "一百二十三",
        "9" * 400,
    ),
    *("-1", "1.5", "1e309", "NaN", "0x10", "٣", "²", "⑨", "", " ", "\t", "\r\n", "\x00", "\x07", "\x1b[31m", "\x7f"),
    *("\u200b", "\u200d", "\u202e", "\u2066", "\u2028", "\ufeff", "\ufffe", "\U000e0041", "\U0010ffff", "Z̸̢̛̖͝a̷l̶g̸o̴"),
    *("😀", "👨‍👩‍👧", "ﷺ", "ß", "İ", "ſ", "𠮷", "\u3000", "〇", "㐀"),
    *("'; DROP TABLE poems; --", '" OR 1=1', "%_%", "../../etc/passwd", "C:\\CON", "file:///etc/passwd"),
    *("{0}", "{start.__class__}", "{reference}", "%s%n", "${jndi:ldap://x}", "<script>", "$(reboot)", "8:00"),
)
TEXT_INPUT, CHANNEL_SELECT = 4, 8
LONGEST = 6_000
"""Discord lets nobody type more into an option."""


def texts(longest: int = LONGEST) -> st.SearchStrategy[str]:
    anything = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)  # Discord sends what UTF-8 can say
    parts = st.lists(st.sampled_from(NASTY) | anything, min_size=1, max_size=5).map("".join)
    repeated = st.builds(lambda part, times: part * times, parts, st.sampled_from([1, 1, 1, 1, 7, 600]))
    return repeated.map(lambda text: text[:longest])


@dataclass(frozen=True)
class Attack:
    """An interaction that somebody makes.

    Attributes:
        what: is attacked, for people who read of it.
        kind: Discord's number: 2 a command or menu, 3 a press, 4 typing, 5 a form.
        data: of the interaction.
    """

    what: str
    kind: int
    data: dict[str, Any]


def commands_of(world: World) -> list[Command]:
    tree = world.bot.tree
    return [command for command in tree.walk_commands() if isinstance(command, app_commands.Command)]


def menus_of(world: World) -> list[Menu]:
    tree = world.bot.tree
    kinds = discord.AppCommandType.message, discord.AppCommandType.user
    return [menu for kind in kinds for menu in tree.get_commands(type=kind) if isinstance(menu, Menu)]


def items_of(world: World) -> list[Item]:
    """All that can be pressed and outlives the process."""
    return cast("list[Item]", list(world.bot._connection._view_store._dynamic_items.values()))


class Attacks:
    """Strategies for the attacks on a bot in its world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._ids = st.sampled_from([world.bob.id, world.alice.id, world.guild.id, world.channel.id, 1, 2**63 - 1])
        name = {"name": "龘"}
        role = name | {"id": str(world.guild.id), "permissions": "0", "position": 0, "color": 0, "hoist": False}
        self._resolved = {
            "users": {str(world.bob.id): _user(world.bob.id)},
            "members": {},
            "channels": {str(world.channel.id): {"id": str(world.channel.id), "type": 0, "permissions": "0"} | name},
            "roles": {str(world.guild.id): role | {"managed": False, "mentionable": True, "flags": 0}},
            "attachments": {"7": _ATTACHMENT},
        }

    def any(self) -> st.SearchStrategy[Attack]:
        world = self._world
        commands = [self.command(command) for command in commands_of(world)]
        typing = [self.typing(command, name) for command, name in offering(world)]
        menus = [self.menu(menu) for menu in menus_of(world)]
        items = [self.press(item) for item in items_of(world)]
        return st.one_of(*commands, *commands, *typing, *menus, *items)

    def command(self, command: Command) -> st.SearchStrategy[Attack]:
        parts = [self._option(parameter) for parameter in command.parameters]
        return st.tuples(*parts).map(
            lambda options: Attack(
                f"/{command.qualified_name}", 2, self._data(command, [option for option in options if option])
            )
        )

    def typing(self, command: Command, name: str) -> st.SearchStrategy[Attack]:
        option = {"name": name, "type": 3, "focused": True}
        return texts(100).map(
            lambda typed: Attack(
                f"/{command.qualified_name} {name}:", 4, self._data(command, [option | {"value": typed}])
            )
        )

    def menu(self, menu: Menu) -> st.SearchStrategy[Attack]:
        registered = self._world.env.backend.find_command(menu.name, None, menu.type.value)
        assert registered is not None
        data = {"id": registered["id"], "name": menu.name, "type": menu.type.value}
        return st.tuples(texts(2_000), st.booleans(), custom_ids(".*")).map(
            lambda drawn: Attack(menu.name, 2, data | self._target(*drawn))
        )

    def press(self, item: Item) -> st.SearchStrategy[Attack]:
        kind = COMPONENT_TYPES[get_origin(widget := _widget_of(item)) or widget]
        values, resolved = st.lists(texts(100), min_size=1, max_size=3), {}
        if kind == CHANNEL_SELECT:
            values, resolved = st.just([str(self._world.channel.id)]), {"resolved": self._resolved}
        return st.tuples(custom_ids(item.__discord_ui_compiled_template__.pattern), values).map(
            lambda drawn: Attack(
                item.name,
                3,
                {"custom_id": drawn[0], "component_type": kind, "values": drawn[1]} | resolved,
            )
        )

    def _target(self, content: str, ours: bool, custom_id: str) -> dict[str, Any]:  # noqa: FBT001 - drawn
        target = message(self._world, custom_id) | {"content": content}
        if not ours:
            target["author"] = _user(self._world.bob.id)
        return {"target_id": target["id"], "resolved": {"messages": {target["id"]: target}}}

    def _option(self, parameter: app_commands.transformers.CommandParameter | Any) -> st.SearchStrategy[dict[str, Any]]:
        values = self._values(parameter)
        option = {"name": parameter.display_name, "type": parameter.type.value}
        given = values.map(lambda value: option | {"value": value})
        return given if parameter.required else given | st.just({})

    def _values(self, parameter: Any) -> st.SearchStrategy[Any]:
        if parameter.choices:
            return st.sampled_from([choice.value for choice in parameter.choices])
        least, most = parameter.min_value, parameter.max_value
        match parameter.type:
            case Kind.string:
                return texts(most or LONGEST) | self._ids.map(str)
            case Kind.integer:
                return st.integers(-(2**53) if least is None else least, 2**53 if most is None else most)
            case Kind.number:
                return st.floats(least, most, allow_nan=False, allow_infinity=False)
            case Kind.boolean:
                return st.booleans()
        resolved = {Kind.user: "users", Kind.channel: "channels", Kind.role: "roles", Kind.attachment: "attachments"}
        return st.sampled_from(list(self._resolved[resolved[parameter.type]]))

    def _data(self, command: Command, options: list[dict[str, Any]]) -> dict[str, Any]:
        name, *path = command.qualified_name.split()
        for depth, part in enumerate(reversed(path)):
            options = [{"name": part, "type": 2 if depth else 1, "options": options}]
        registered = self._world.env.backend.find_command(name, None)
        assert registered is not None
        return {"id": registered["id"], "name": name, "type": 1, "options": options, "resolved": self._resolved}


def offering(world: World) -> Iterator[tuple[Command, str]]:
    """Options that offer something while somebody types."""
    for command in commands_of(world):
        for parameter in command.parameters:
            if parameter.autocomplete:
                yield command, str(parameter.display_name)


def custom_ids(pattern: str) -> st.SearchStrategy[str]:
    """Custom ids that fit: with any numbers, with those of what there is, and much too long."""
    alphabet = st.characters(exclude_categories=["Cs"])
    drawn = st.from_regex(re.compile(pattern), fullmatch=True, alphabet=alphabet)
    low = drawn.map(lambda custom_id: re.sub(r"[0-9]+", "1", custom_id))
    return (drawn | low).filter(lambda custom_id: len(custom_id) <= 100 and bool(re.fullmatch(pattern, custom_id)))


COMPONENT_TYPES: dict[Any, int] = {
    discord.ui.Button: 2,
    discord.ui.Select: 3,
    discord.ui.UserSelect: 5,
    discord.ui.RoleSelect: 6,
    discord.ui.ChannelSelect: 8,
}


def _widget_of(item: type) -> Any:
    """The widget that a dynamic item stands for; of a base class, where it does not say so itself."""
    for base in item.__mro__:
        for generic in getattr(base, "__orig_bases__", ()):
            for argument in get_args(generic):
                if (get_origin(argument) or argument) in COMPONENT_TYPES:
                    return argument
    raise AssertionError(item)


def _user(number: int) -> dict[str, Any]:
    return {"id": str(number), "username": "龘", "discriminator": "0", "avatar": None}


_ATTACHMENT = {
    "id": "7",
    "filename": "../龘.tar.xz",
    "size": 10**12,
    "url": "https://cdn.discordapp.com/attachments/1/2/none",
    "proxy_url": "https://cdn.discordapp.com/attachments/1/2/none",
    "content_type": "text/plain",
}


def pressed_message(world: World, data: dict[str, Any]) -> dict[str, Any]:
    """A message of ours with what is pressed in it."""
    component: dict[str, Any] = {"type": data["component_type"], "id": 2, "custom_id": data["custom_id"]}
    if component["type"] == 2:
        component["style"] = 2
    if component["type"] == 3:
        component["options"] = [{"label": "龘", "value": value} for value in data["values"]]
    row = {"type": 1, "id": 1, "components": [component]}
    return message(world, data["custom_id"]) | {"components": [row]}


def filled(form: dict[str, Any] | None, chance: random.Random) -> Attack | None:
    """A form that was opened, as somebody sends it who means harm."""
    if form is None:
        return None
    labels = []
    for label in form["components"]:
        field = dict(label.get("component") or {})
        if field.get("type") == TEXT_INPUT:
            text = "".join(chance.choices(NASTY, k=4)) * chance.choice([1, 1, 300])
            field["value"] = text[: field.get("max_length") or 4_000]
            labels.append({"type": 18, "id": label.get("id"), "component": field})
    return Attack(f"form {form['title']}", 5, {"custom_id": form["custom_id"], "components": labels})


def drawn(strategy: st.SearchStrategy[Attack], count: int, number: int) -> list[Attack]:
    """So many attacks, always the same for a number."""
    found: list[Attack] = []

    @seed(number)
    @settings(max_examples=count, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(strategy)
    def collect(attack: Attack) -> None:
        found.append(attack)

    collect()
    return found
