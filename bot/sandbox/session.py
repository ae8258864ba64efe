"""One sitting at the sandbox: lines in, answers out, time passing meanwhile."""

import asyncio
import contextlib
import math
from collections.abc import Awaitable, Sequence
from typing import Any, Final

from rich.console import Console, RenderableType
from rich.text import Text
from simcord import BackendError, InteractionResult, SetupError
from simcord.backend.models import Message
from simcord.enums import AppCommandType, ComponentType

from bot.sandbox.draw import LINK_STYLE, LOADING_FLAG, Canvas, Control, draw_message
from bot.sandbox.fields import Field, fields, hints, pick, read_field
from bot.sandbox.guide import about_option, complete, details, next_option, overview
from bot.sandbox.keyboard import Keyboard, typed_so_far
from bot.sandbox.lines import Leaf, Refused, Word, assign, fill, find_leaf, is_number, shown_name, split
from bot.sandbox.markup import markdown
from bot.sandbox.world import BOT_NAME, World

PROMPT: Final = "› "
TICK_SECONDS: Final = 1.0
MESSAGE_LIMIT: Final = 2_000
SLASHES: Final = ("/", "／")
_CLEAR_LINE: Final = "\r\x1b[K"


class Session:
    """The person's side of the channel."""

    def __init__(self, world: World, console: Console, keyboard: Keyboard, *, interactive: bool) -> None:
        self.world = world
        self.console = console
        self.keyboard = keyboard
        self.interactive = interactive
        self.controls: list[Control] = []
        self._shown: dict[int, str] = {}  # message id -> what it looked like
        self._last: list[int] = []
        self._stale: set[int] = set()
        self._prompt: str | None = None
        self._acting = asyncio.Lock()

    async def run(self) -> None:
        """Obey lines until the last one."""
        async with asyncio.TaskGroup() as group:
            ticking = group.create_task(self._tick())
            while (line := await self.ask(PROMPT)) is not None:
                if line.strip() in ("quit", "exit"):
                    break
                await self.obey(line.strip())
            ticking.cancel()

    async def ask(self, prompt: str) -> str | None:
        """A line of the person's; what happens meanwhile is shown above the prompt."""
        self._prompt = prompt
        try:
            line = await self.keyboard.read(prompt)
        finally:
            self._prompt = None
        if line is not None and not self.interactive:
            self.say(f"{prompt}{line}", "dim")
        return line

    def say(self, text: str, style: str = "") -> None:
        self.print(Text(text, style=style))

    def print(self, *parts: RenderableType) -> None:
        waiting = self._prompt if self.interactive else None
        if waiting is not None:
            self.console.out(_CLEAR_LINE, end="")
        for part in parts:
            self.console.print(part, soft_wrap=isinstance(part, Text))
        if waiting is not None:
            self.console.out(waiting + typed_so_far(), end="")

    # ------------------------------------------------------------------- lines

    async def obey(self, line: str) -> None:
        """Do what a line says; what Discord would refuse is said, and nothing ends."""
        try:
            await self._obey(line)
        except Refused as refusal:
            self.say(str(refusal), "yellow")
        except (SetupError, BackendError) as error:
            self.say(f"Discord refuses: {getattr(error, 'message', error)}", "yellow")
        except TimeoutError:
            self.say(f"{BOT_NAME} is still at work; the answer is shown when it comes.", "dim")

    async def _obey(self, line: str) -> None:
        words = split(line)
        if not words:
            return
        first, rest = words[0].text, words[1:]
        if first.startswith(SLASHES):
            await self._command(words)
        elif is_number(first):
            await self._press(int(first), rest)
        elif first == "help":
            self._help(rest)
        elif first == "menu":
            await self._menu(" ".join(word.text for word in rest))
        elif line == "show":
            self._print_messages(self._find(self._last))
        elif first == "wait" and len(rest) == 1:
            await asyncio.sleep(_seconds(rest[0].text))
            await self._catch_up()
        elif len(line) > MESSAGE_LIMIT:
            raise Refused(f"Discord takes at most {MESSAGE_LIMIT:,} characters in a message, here are {len(line):,}.")
        else:
            await self.world.say(line)
            self.say("Said in the channel. Commands begin with /; help lists them.", "dim")
            await self._catch_up()

    async def _command(self, words: Sequence[Word]) -> None:
        leaf, rest = find_leaf(self.world.commands(), words, self.world.locale)
        if rest and rest[-1].text == "?":
            await self._suggest(leaf, rest[:-1])
            return
        options = fill(leaf, rest, self.world.locale, self.world.find)
        await self._do(self.world.slash(leaf.path, options))

    async def _suggest(self, leaf: Leaf, words: Sequence[Word]) -> None:
        """What the option that is being filled offers, or what the next one takes."""
        locale = self.world.locale
        filled = assign(leaf, words, locale)
        by_name = {option["name"]: option for option in leaf.options}
        name = next(reversed(filled), None)
        option = by_name.get(name or "") or {}
        if not option.get("autocomplete"):
            option = next_option(leaf, filled) or {}
            name = option.get("name")
        if name is None:
            raise Refused(f"{leaf.shown} takes nothing more.")
        self.say(f"{shown_name(option, locale)}  {about_option(option, locale)}")
        if option.get("autocomplete"):
            typed = filled.pop(name, Word("", "")).text
            others = {other: word.text for other, word in filled.items()}
            for choice in await self.world.suggest(leaf.path, name, typed, others):
                self.say(f"  {choice['name']}" + (f"  {choice['value']}" if choice["value"] != choice["name"] else ""))

    def _help(self, words: Sequence[Word]) -> None:
        commands, locale = self.world.commands(), self.world.locale
        if words:
            leaf, _ = find_leaf(commands, words, locale)
            self.print(details(leaf, locale))
        else:
            self.print(overview(commands, self.world.commands(AppCommandType.MESSAGE), locale))

    async def _menu(self, name: str) -> None:
        menus = self.world.commands(AppCommandType.MESSAGE)
        menu = next((menu for menu in menus if name in (menu["name"], shown_name(menu, self.world.locale))), None)
        if menu is None:
            listed = ", ".join(shown_name(menu, self.world.locale) for menu in menus) or "nothing"
            raise Refused(f"The message menu holds: {listed}.")
        messages = [message for message in self._find(self._last) if not self.world.is_direct(message)]
        if not messages:
            raise Refused("There is no message to use it on.")
        await self._do(self.world.menu(menu["name"], messages[-1]))

    async def _press(self, number: int, words: Sequence[Word]) -> None:
        if not 0 < number <= len(self.controls):
            there = f"They go from 1 to {len(self.controls)}." if self.controls else "Nothing can be pressed yet."
            raise Refused(f"There is no number {number}. {there}")
        control = self.controls[number - 1]
        component = control.component
        message = self.world.message(control.message_id)
        if message is None:
            raise Refused("Its message is gone.")
        if component.get("disabled"):
            raise Refused("It is off.")
        if component["type"] != ComponentType.BUTTON:
            await self._choose(message, component, words)
        elif component["style"] == LINK_STYLE:
            self.say(f"It leads to {component['url']}")
        else:
            await self._do(self.world.click(message, component["custom_id"]), source=message)

    async def _choose(self, message: Message, menu: Any, words: Sequence[Word]) -> None:
        if not words:
            line = await self.ask(f"{menu.get('placeholder') or 'Choose'}: ")
            if line is None:
                return
            words = split(line)
        values = pick(menu, words, self.world.find)
        await self._do(self.world.select(message, menu["custom_id"], values), source=message)

    # ----------------------------------------------------------------- answers

    async def _do(self, action: Awaitable[InteractionResult], *, source: Message | None = None) -> None:
        """Act, on a message or not, and show what came of it."""
        async with self._acting:
            result = await self._wait(action)
            changed = self._changed()
            if changed:
                self._print_messages(changed)
            elif not result.acknowledged:
                # Discord's own words.
                self.say("This interaction failed" if source else "The application did not respond", "red")
            elif result.modal is None:
                self.say("Done; nothing to see.", "dim")
        if result.modal is not None:
            await self._fill_form(result, result.modal, source)

    async def _wait(self, action: Awaitable[InteractionResult]) -> InteractionResult:
        if not self.interactive:
            return await action
        with self.console.status(f"{BOT_NAME} is thinking…"):
            return await action

    async def _fill_form(self, shown: InteractionResult, modal: dict[str, Any], source: Message | None) -> None:
        self.print(Text.assemble((modal["title"], "bold"), ("  a form; /cancel closes it", "dim")))
        values: dict[str, Any] = {}
        for field in fields(modal):
            if field.component is None:
                self.print(markdown(field.about, self.world.name))
                continue
            answered, value = await self._fill_field(field)
            if not answered:
                self.say("The form is closed; nothing was sent.", "dim")
                return
            if value is not None:
                values[field.component["custom_id"]] = value
        await self._do(self.world.submit(shown, values, source), source=source)

    async def _fill_field(self, field: Field) -> tuple[bool, object | None]:
        """Ask until the answer fits; the first value tells whether there was one."""
        if about := hints(field):
            self.say("  " + " · ".join(about), "dim")
        while (line := await self.ask(f"  {field.label}: ")) is not None and line.strip() != "/cancel":
            try:
                return True, read_field(field, line, self.world.find)
            except Refused as refusal:
                self.say(f"  {refusal}", "yellow")
        return False, None

    # ---------------------------------------------------------------- messages

    def _find(self, ids: Sequence[int]) -> list[Message]:
        return [message for message in self.world.messages() if message.id in ids]

    def _changed(self) -> list[Message]:
        """Messages that look other than when they were last seen here; one that is being written is not there yet."""
        found = {message.id: message for message in self.world.messages() if not message.flags & LOADING_FLAG}
        looks = {identity: _look(message) for identity, message in found.items()}
        changed = [message for identity, message in found.items() if self._shown.get(identity) != looks[identity]]
        self._shown = looks
        return changed

    def _print_messages(self, messages: Sequence[Message], whence: str = "") -> None:
        if not messages:
            self.say("There is no message yet.", "dim")
            return
        canvas = Canvas(self.world.name, self.world.keep, pictures=self._draws_pictures())
        for message in messages:
            remarks = ["direct message" if self.world.is_direct(message) else "", whence]
            self.print(draw_message(message, canvas, BOT_NAME, *filter(None, remarks)))
        self._last = [message.id for message in messages]
        self._stale -= set(self._last)
        if canvas.controls:
            self.controls = canvas.controls

    def _draws_pictures(self) -> bool:
        return self.console.is_terminal and self.console.color_system in ("256", "truecolor")

    # -------------------------------------------------------------------- time

    async def _tick(self) -> None:
        used = self.world.page.used if self.world.page is not None else asyncio.Event()
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(used.wait(), TICK_SECONDS)
            await self._catch_up()

    async def _catch_up(self) -> None:
        """Let time pass, and show what came of it or of what was done on the page."""
        async with self._acting:
            with contextlib.suppress(TimeoutError):
                await self.world.pass_time()
            from_page = self.world.page is not None and self.world.page.used.is_set()
            if self.world.page is not None:
                self.world.page.used.clear()
            known = set(self._shown)
            changed = self._changed()
            new = [message for message in changed if from_page or message.id not in known]
            edited = {message.id for message in changed} - {message.id for message in new}
            if new:
                self._print_messages(new, "on the page" if from_page else "meanwhile")
            if edited - self._stale:
                self.say("A message above has changed; show prints the last one again.", "dim")
            self._stale |= edited
            if changed and not from_page:
                await self.world.refresh_page()

    def completions(self, line: str) -> Sequence[str]:
        """What the word at the end of a line can become."""
        return complete(line, self.world.commands(), self.world.locale)


def _look(message: Message) -> str:
    return repr((message.content, message.embeds, message.components, message.attachments, message.flags))


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise Refused(f"wait takes seconds, not {text}.")
    return seconds
