"""Log lines: for people and for programs, each with its request, and never with a secret."""

import json
import logging
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.current import CURRENT, CurrentRequest
from bot.operations.logs import JsonFormatter, TextFormatter, set_level, set_up_logging
from bot.sections import LogSection
from bot.services.poet import PoetService
from bot.store.poems import PoemRepository
from model.generation import Poet
from tests.bot.support import rows
from tests.conftest import World

SECRET = 'abc."secret'
INTERACTION_TOKEN = "aW50ZXJhY3Rpb246MTIzNDU2Nzg5MDEyMzQ1Njc4OTp4eXo"


@pytest.fixture
def restored() -> Iterator[None]:
    """Logging as it was before the test."""
    root = logging.getLogger()
    handlers, level, filters = root.handlers, root.level, list(logging.getLogger("discord.client").filters)
    yield
    root.handlers = handlers
    root.setLevel(level)
    logging.getLogger("discord.client").filters = filters
    logging.captureWarnings(capture=False)


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[list[dict[str, Any]]]:
    """What the bot logs, as a program reads it."""
    said: list[dict[str, Any]] = []

    class Reader(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            said.append(json.loads(self.format(record)))

    reader, logger = Reader(), logging.getLogger("bot")
    reader.setFormatter(JsonFormatter(None))
    logger.addHandler(reader)
    with caplog.at_level(logging.INFO, "bot"):
        yield said
    logger.removeHandler(reader)


def record(message: str = "hello %s", *, error: BaseException | None = None) -> logging.LogRecord:
    told = (type(error), error, error.__traceback__) if error is not None else None
    arguments = ("you",) if "%s" in message else ()
    return logging.LogRecord("bot", logging.INFO, "", 0, message, arguments, told)


def formatted(formatter: logging.Formatter, entry: logging.LogRecord, request: CurrentRequest | None = None) -> str:
    kept = CURRENT.set(request)
    try:
        return formatter.format(entry)
    finally:
        CURRENT.reset(kept)


def test_a_line_for_people() -> None:
    assert formatted(TextFormatter(None), record()).endswith("INFO    bot: hello you")


def test_a_line_for_people_tells_its_request() -> None:
    line = formatted(TextFormatter(None), record(), CurrentRequest(7, "poem", 42))
    assert "bot: hello you [poem, request 7, server 42, " in line
    assert line.endswith(" ms]")
    line = formatted(TextFormatter(None), record(), CurrentRequest(7, "poem", None, reference="0a1b2c3d"))
    assert "a direct message" in line
    assert line.endswith(" ms, reference 0a1b2c3d]")


def test_the_request_stands_before_a_trace() -> None:
    first, *others = formatted(TextFormatter(None), record(error=ValueError("x")), CurrentRequest(7, "poem", 1)).split(
        "\n"
    )
    assert first.endswith(" ms]")
    assert others == ["ValueError: x"]


def test_a_line_for_programs() -> None:
    line = json.loads(formatted(JsonFormatter(None), record("two\nlines")))
    assert line.pop("time").endswith("+00:00")
    assert line == {"level": "info", "logger": "bot", "message": "two\nlines"}
    assert "\n" not in formatted(JsonFormatter(None), record("two\nlines", error=ValueError("x")))


def test_a_line_for_programs_tells_its_request() -> None:
    entry, request = record(error=ValueError("bad")), CurrentRequest(2**60, "poem", None, reference="0a1b2c3d")
    line = json.loads(formatted(JsonFormatter(None), entry, request))

    assert (line["request"], line["command"], line["server"]) == (str(2**60), "poem", None)
    assert line["milliseconds"] >= 0
    assert line["reference"] == "0a1b2c3d"
    assert line["trace"] == "ValueError: bad"


@pytest.mark.parametrize("kind", ["text", "json"])
@pytest.mark.usefixtures("restored")
def test_secrets_are_kept_out_of_the_log(capsys: pytest.CaptureFixture[str], kind: str) -> None:
    set_up_logging(LogSection.model_validate({"format": kind, "level": "info"}), SECRET)
    try:
        raise ValueError(f"with {SECRET} inside, at https://x/webhooks/1/{INTERACTION_TOKEN}/callback")
    except ValueError:
        logging.getLogger("x").exception("token %s", SECRET)
    logging.getLogger("x").warning("answering %s", INTERACTION_TOKEN)
    logging.getLogger("discord.client").warning("PyNaCl is not installed, voice will NOT be supported")
    logging.getLogger("x").debug("too quiet")
    said = capsys.readouterr().err

    assert said.count("[token]") == 4
    for secret in (SECRET, "secret inside", INTERACTION_TOKEN, "voice", "quiet"):
        assert secret not in said
    if kind == "json":
        assert [json.loads(line)["level"] for line in said.splitlines()] == ["error", "warning"]


@given(before=st.text(), after=st.text(), secret=st.text(min_size=8).filter(lambda text: "[" not in text))
@settings(max_examples=50)
def test_whatever_is_logged_is_one_line_without_the_secret(before: str, after: str, secret: str) -> None:
    message, error = f"{before}{secret}{after}", ValueError(f"{after}{secret}{before}")
    entry = logging.LogRecord("bot", logging.INFO, "", 0, message, (), (ValueError, error, None))
    [line] = formatted(JsonFormatter(secret), entry).splitlines()
    told = json.loads(line)

    assert secret not in told["message"]
    assert secret not in told["trace"]
    assert secret not in formatted(TextFormatter(secret), entry)


@pytest.mark.parametrize("level", ["debug", "warning"])
@pytest.mark.usefixtures("restored")
def test_no_level_shows_the_tokens_of_interactions(level: str) -> None:
    set_level(level)
    for name in ("discord.webhook.async_", "discord.http", "discord.gateway"):
        assert not logging.getLogger(name).isEnabledFor(logging.DEBUG)
        assert logging.getLogger(name).isEnabledFor(logging.INFO) == (level == "debug")
    assert logging.getLogger("bot").isEnabledFor(logging.DEBUG) == (level == "debug")


async def test_each_request_leaves_one_line_with_its_time(world: World, lines: list[dict[str, Any]]) -> None:
    card = await world.alice.slash(world.channel, "poem")
    [(number, outcome)] = await rows(world.bot, "SELECT id, outcome FROM requests")
    [line] = [line for line in lines if line["message"] == "Answered"]

    assert outcome == "done"
    assert card.response is not None
    assert (line["request"], line["command"]) == (str(number), "poem")
    assert line["server"] == str(world.guild.id)
    assert line["milliseconds"] > 0


async def test_a_failure_tells_the_reference_that_the_person_saw(
    world: World, lines: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: Any) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(PoemRepository, "add", fail)
    result = await world.alice.slash(world.channel, "poem")
    [line] = [line for line in lines if line["level"] == "error"]

    assert line["reference"] in result.followups[0].content
    assert line["command"] == "poem"
    assert "ZeroDivisionError" in line["trace"]
    assert world.env.errors


async def test_what_serves_many_tells_no_request(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[CurrentRequest | None] = []
    compose_each, compose_all, add = PoetService._compose, Poet.compose_all, PoemRepository.add

    async def serve(*arguments: Any) -> Any:
        seen.append(CURRENT.get())
        return await compose_each(*arguments)

    def compose(*arguments: Any) -> Any:
        seen.append(CURRENT.get())
        return compose_all(*arguments)

    async def keep(*arguments: Any) -> int:
        seen.append(CURRENT.get())
        return await add(*arguments)

    monkeypatch.setattr(world.bot.poet._poems, "_serve", partial(serve, world.bot.poet))
    monkeypatch.setattr(Poet, "compose_all", compose)
    monkeypatch.setattr(PoemRepository, "add", keep)
    await world.alice.slash(world.channel, "poem")

    by_task, by_worker, by_command = seen
    assert (by_task, by_worker) == (None, None)
    assert by_command is not None
    assert by_command.command == "poem"
