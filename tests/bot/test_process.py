"""The process: its command line, its exit codes, and what it prints."""

import os
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

import aiohttp
import discord
import pytest
from pydantic import SecretStr

from bot import sandbox
from bot.__main__ import main
from bot.config import ROOT, Config, ConfigError
from bot.operations import running
from bot.operations.exits import Exit
from bot.operations.lock import FolderInUse, FolderUnusable
from bot.store.database import StoreError
from loopback.rest import TOKEN


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith(("TANGPOET_", "DISCORD_TOKEN"))]:
        monkeypatch.delenv(name)
    monkeypatch.setattr("bot.operations.commands.load_token.__defaults__", (tmp_path,))
    monkeypatch.setattr("bot.operations.commands.load_config.__defaults__", (None, None, tmp_path))
    (tmp_path / "config.toml").touch()


@pytest.fixture
def arguments(tmp_path: Path) -> list[str]:
    return ["run", "--config", str(tmp_path / "config.toml")]


def python(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TANGPOET_", "DISCORD_TOKEN"))}
    return subprocess.run(
        [sys.executable, "-c", code], env=kept | environment, cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_help_comes_at_once() -> None:
    done = python(
        "import sys; from bot.__main__ import main\n"
        "try: main(['--help'])\n"
        "finally: print({'discord', 'torch', 'pydantic', 'simcord'} & set(sys.modules))"
    )

    assert done.returncode == 0
    assert done.stdout.endswith("set()\n")
    for code in Exit:
        assert f"{code.value} {code.meaning}" in " ".join(done.stdout.split())
    for command in ("run", "sandbox", "sync"):
        assert command in done.stdout


def test_the_bot_starts_without_torch_and_never_needs_the_simulation() -> None:
    done = python(
        "import sys; import bot.operations.commands, bot.app, bot.cogs.poem, bot.cogs.learning, bot.cogs.about\n"
        "print({'torch', 'simcord', 'matplotlib'} & set(sys.modules))"
    )

    assert (done.stdout, done.stderr) == ("set()\n", "")


def test_without_a_command_the_usage_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 2
    assert "usage: python -m bot" in capsys.readouterr().err


def test_without_a_token_one_line_says_so(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    for command in ("run", "sync"):
        assert main([command, *arguments[1:]]) == 78
        [line] = capsys.readouterr().err.splitlines()
        assert "DISCORD_TOKEN" in line
        assert "sandbox" in line


def test_wrong_settings_are_all_named(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    Path(arguments[-1]).write_text('[poem]\ntemperature = 9\nform = "x"')

    for command in ("run", "sync", "sandbox"):
        assert main([command, *arguments[1:]]) == 78
        keys = [line.split(":")[0] for line in capsys.readouterr().err.splitlines()]
        assert sorted(keys) == ["poem.form", "poem.temperature"]


class _Response:
    status = 500
    reason = "Internal Server Error"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (discord.LoginFailure("Improper token has been passed."), 77),
        (FolderInUse("another bot uses it"), 75),
        (FolderUnusable("cannot write"), 74),
        (StoreError("newer version"), 74),
        (sqlite3.DatabaseError("disk image is malformed"), 74),
        (ConfigError("wrong"), 78),
        (aiohttp.ClientError(), 69),
        (TimeoutError(), 69),
        (ConnectionResetError("reset by peer"), 69),
        (socket.gaierror("name not known"), 69),
        (OSError(28, "No space left on device"), 74),
        (discord.HTTPException(cast("Any", _Response()), "down"), 69),
    ],
)
def test_every_foreseeable_end_has_one_line_and_a_code(
    error: Exception,
    code: int,
    arguments: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    monkeypatch.setattr(running, "run", fail)
    monkeypatch.setattr("bot.operations.commands.set_up_logging", lambda *_: None)

    assert main(arguments) == code
    [line] = capsys.readouterr().err.splitlines()
    assert str(error) in line or code == 77
    assert TOKEN not in line


def test_the_sandbox_needs_no_token(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    played: list[Config] = []

    def play(config: Config, _options: object) -> int:
        played.append(config)
        return 0

    monkeypatch.setattr(sandbox, "main", play)

    assert main(["sandbox", *arguments[1:]]) == 0
    assert isinstance(played[0], Config)


def test_run_runs(arguments: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []

    async def serve(_config: Config, token: SecretStr) -> None:
        ran.append(f"serve {token.get_secret_value()}")

    async def sync(_config: Config, token: SecretStr) -> None:
        ran.append(f"sync {token.get_secret_value()}")

    monkeypatch.setenv("DISCORD_TOKEN", TOKEN)
    monkeypatch.setattr("bot.operations.commands.set_up_logging", lambda *_: None)
    monkeypatch.setattr(running, "serve", serve)
    monkeypatch.setattr(running, "sync", sync)

    assert main(arguments) == 0
    assert main(["sync", *arguments[1:]]) == 0
    assert ran == [f"serve {TOKEN}", f"sync {TOKEN}"]
