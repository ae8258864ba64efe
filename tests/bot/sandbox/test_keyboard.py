"""Lines from a pipe, from a terminal, and from where there is no readline."""

import asyncio
import os
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox import keyboard


async def all_lines(content: bytes) -> list[str]:
    ours, theirs = os.pipe()
    os.write(theirs, content)
    os.close(theirs)
    reader = keyboard.piped(ours)
    lines = []
    async with asyncio.timeout(10):
        while (line := await reader.read("› ")) is not None:
            lines.append(line)
    os.close(ours)
    return lines


async def test_lines_of_a_pipe() -> None:
    assert await all_lines("/poem 月\r\n\nquit".encode()) == ["/poem 月", "", "quit"]
    assert await all_lines(b"") == []
    assert await all_lines(b"\xff\n") == ["\ufffd"]


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\r\n")), max_size=5))
def test_lines_come_as_they_were_written(lines: list[str]) -> None:
    content = "".join(f"{line}\n" for line in lines).encode()
    assert asyncio.run(all_lines(content)) == lines


async def test_typed_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("builtins.input", lambda prompt: f"{prompt}/poem")
    reader = keyboard.typed()
    assert await reader.read("› ") == "› /poem"

    def end(_prompt: str) -> str:
        raise EOFError

    monkeypatch.setattr("builtins.input", end)
    assert await reader.read("› ") is None


def test_without_readline_lines_are_plain(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(keyboard, "readline", None)
    with keyboard.editing(lambda _: [], tmp_path / "history"):
        assert keyboard.typed_so_far() == ""
    assert not (tmp_path / "history").exists()


def test_lines_are_remembered_and_completed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    done: list[object] = []
    editor = SimpleNamespace(
        set_completer=done.append,
        set_completer_delims=done.append,
        parse_and_bind=done.append,
        read_history_file=done.append,
        write_history_file=done.append,
        get_line_buffer=lambda: "/po月",
        get_endidx=lambda: 3,
    )
    monkeypatch.setattr(keyboard, "readline", editor)
    monkeypatch.setattr(keyboard, "termios", None)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(fileno=lambda: 0))
    with keyboard.editing(lambda line: [f"{line}em "], tmp_path / "history"):
        assert keyboard.typed_so_far() == "/po月"
    complete, *others = done
    assert callable(complete)
    assert [complete("po", state) for state in (0, 1)] == ["/poem ", None]
    assert others == [" ", "tab: complete", tmp_path / "history", tmp_path / "history"]


def test_a_module_that_is_missing_is_none() -> None:
    assert keyboard._optional("no_such_module") is None
