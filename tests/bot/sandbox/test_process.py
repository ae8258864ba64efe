"""The sandbox as a person starts it: the real bot, lines from a pipe or a terminal, signals."""

import asyncio
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.config import ROOT
from tests.bot.sandbox.browser import browsing, free_port

SECONDS = 60.0


@pytest.fixture
def environment(tmp_path: Path, weights: Path) -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("TANGPOET_", "DISCORD_"))}
    return kept | {
        "TANGPOET_STORAGE__DIR": str(tmp_path / "run"),
        "TANGPOET_MODEL__DIR": str(weights),
        "TANGPOET_MODEL__DEVICE": "cpu",
        "TERM": "xterm-256color",
    }


def sandbox(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "bot", "sandbox", *arguments]


def pipe(lines: str, environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        sandbox(*arguments), input=lines, env=environment, cwd=ROOT, capture_output=True, text=True,
        timeout=SECONDS, check=False, encoding="utf-8",
    )  # fmt: skip


def test_lines_from_a_pipe_are_answered(environment: dict[str, str], tmp_path: Path) -> None:
    ended = pipe("/poem 月\n1\n/nothing\n/add 123 456\n/poem moon\n/admin servers list", environment)
    assert ended.returncode == 0, ended.stderr
    poems = re.findall(r"^▎ (月.*)$", ended.stdout, re.MULTILINE)
    assert len([line for line in poems if "·" not in line]) == 2
    assert "Unknown command: /nothing." in ended.stdout
    assert "123 + 456 = 579" in ended.stdout
    assert "only you see this" in ended.stdout.partition("› /poem moon")[2]
    assert ended.stderr == "tangpoet sandbox: a simulated Discord, on this machine only\n"
    assert (tmp_path / "run" / "sandbox" / "tangpoet.db").exists()
    assert not (tmp_path / "run" / "tangpoet.db").exists()
    again = pipe("/poem 月\n", environment)
    assert "▎ 月" in again.stdout


def test_it_writes_chinese_where_the_locale_has_none(environment: dict[str, str]) -> None:
    environment |= {"PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"}
    ended = pipe("/echo\n/poem 月\n", environment, "--locale", "zh-CN", "--no-page")
    assert ended.returncode == 0, ended.stderr
    assert "▎ 月" in ended.stdout


@pytest.mark.parametrize("port", ["0", "x", "70000"])
def test_a_port_that_is_none_is_refused(port: str, environment: dict[str, str]) -> None:
    ended = pipe("", environment, "--port", port)
    assert ended.returncode == 2
    assert f"a port is a number from 1 to 65535, not {port}" in ended.stderr


def test_two_sandboxes_do_not_share_a_folder(environment: dict[str, str]) -> None:
    with subprocess.Popen(
        sandbox(), env=environment, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8",
        stderr=subprocess.DEVNULL,
    ) as first:  # fmt: skip
        assert first.stdin is not None
        assert first.stdout is not None
        first.stdin.write("help\n")
        first.stdin.flush()
        assert first.stdout.readline() == "› help\n"
        second = pipe("help\n", environment)
        assert second.returncode == 75
        assert re.fullmatch(r"Another sandbox is open in .*: close it first\.\n", second.stderr)
        first.send_signal(signal.SIGTERM)
        assert first.wait(SECONDS) == 0


def test_a_folder_that_cannot_be_written_takes_one_line(environment: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    ended = pipe("", environment | {"TANGPOET_STORAGE__DIR": str(tmp_path / "file")})
    assert ended.returncode == 74
    assert re.fullmatch(r"cannot write .*: Not a directory; choose another \[storage\] dir\n", ended.stderr)


class Terminal:
    """The other end of a pseudo-terminal."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.seen = b""

    def until(self, pattern: str) -> str:
        """What is printed up to a pattern, without colours."""
        start, end = len(self.seen), time.monotonic() + SECONDS
        while time.monotonic() < end:
            if select.select([self.descriptor], [], [], 0.1)[0]:
                self.seen += self._read()
            fresh = self.seen[start:].decode("utf-8", "replace")
            text = re.sub(r"\x1b(?:\[[0-9;?]*[A-Za-z]|\]8;[^\x1b]*\x1b\\)", "", fresh)
            if re.search(pattern, text):
                return text
        raise AssertionError(f"{pattern} did not come: {fresh}")

    def _read(self) -> bytes:
        try:
            return os.read(self.descriptor, 1 << 16)
        except OSError:  # the process has ended
            return b"<end>"

    def type(self, text: str) -> None:
        os.write(self.descriptor, text.encode())


@contextmanager
def terminal(environment: dict[str, str], *arguments: str) -> Iterator[tuple[Terminal, "subprocess.Popen[bytes]"]]:
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        sandbox(*arguments), env=environment, cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs,
        start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    try:
        yield Terminal(ours), process
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def test_a_person_types_and_leaves(environment: dict[str, str]) -> None:
    with terminal(environment) as (screen, process):
        greeting = screen.until("› $")
        assert re.search(r"The same channel in a browser: http://127\.0\.0\.1:\d+/#", greeting)
        assert "Type /poem 月 or help; Ctrl-D leaves." in greeting
        screen.type("/add 1 2\n")
        assert "1 + 2 = 3" in screen.until(r"▎[^›]*› $")
        screen.type("/po\t月 f\t五绝\n")
        assert "▎ 月" in screen.until(r"▎[^›]*› $")
        screen.type("\x04")
        screen.until("<end>")
        assert process.wait(SECONDS) == 0


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_closes_it_in_good_order(number: signal.Signals, environment: dict[str, str], tmp_path: Path) -> None:
    with terminal(environment, "--no-page") as (screen, process):
        assert "browser" not in screen.until("› $")
        screen.type("/poe")
        screen.until("/poe")
        process.send_signal(number)
        assert process.wait(SECONDS) == 0
    assert b"Traceback" not in screen.seen
    log = (tmp_path / "run" / "sandbox" / "sandbox.log").read_text(encoding="utf-8")
    assert "Traceback" not in log


async def test_what_the_page_does_stands_above_what_is_typed(environment: dict[str, str]) -> None:
    port = str(free_port())
    with terminal(environment, "--port", port) as (screen, process):
        greeting = await asyncio.to_thread(screen.until, "› $")
        match = re.search(rf"http://127\.0\.0\.1:{port}/#\S+", greeting)
        assert match is not None
        screen.type("/add 2")
        await asyncio.to_thread(screen.until, "/add 2")
        async with browsing(match[0]) as browser:
            assert (await browser.run("add", a="40", b="2"))["settlement"] == "settled"
        shown = await asyncio.to_thread(screen.until, r"› /add 2$")
        assert "on the page" in shown
        assert "40 + 2 = 42" in shown
        screen.type(" 2\n")
        assert "2 + 2 = 4" in await asyncio.to_thread(screen.until, r"▎[^›]*› $")
        process.send_signal(signal.SIGINT)
        assert await asyncio.to_thread(process.wait, SECONDS) == 0
