"""The sandbox's page and the terminal show the same channel."""

import asyncio
import io
import re
import socket
from pathlib import Path
from typing import Any

from tests.bot.sandbox.browser import browsing, free_port
from tests.bot.sandbox.toy import sit


def address_in(notes: io.StringIO) -> str:
    match = re.search(r"http://127\.0\.0\.1:\d+/#\S+", notes.getvalue())
    assert match is not None
    return match[0]


async def test_page_and_terminal_show_the_same_channel(tmp_path: Path) -> None:
    notes = io.StringIO()

    async def browse() -> None:
        async with browsing(address_in(notes)) as browser:
            async with browser.http.get(browser.root) as response:
                assert "<title>" in await response.text()
            assert "terminal's" in await browser.look()
            result = await browser.run("echo", text="the page's")
            assert result["settlement"] == "settled", result
            assert "the page's" in await browser.look()

    sitting = await sit("/echo terminal's", browse, "wait 0", folder=tmp_path, port=free_port(), notes=notes)
    assert "  on the page\nthe page's|" in sitting.output
    assert sitting.status == 0


async def test_page_and_terminal_take_turns(tmp_path: Path) -> None:
    notes = io.StringIO()
    results: list[dict[str, Any]] = []
    running: list[asyncio.Task[None]] = []

    async def browse() -> None:
        async with browsing(address_in(notes)) as browser:
            while len(results) < 4 or all(result["rejected"] for result in results):
                results.append(await browser.run("echo", text="page"))

    async def begin() -> None:
        running.append(asyncio.create_task(browse()))

    async def end() -> None:
        await asyncio.gather(*running)

    lines = ["/echo line"] * 8
    sitting = await sit(begin, *lines, end, folder=tmp_path, port=free_port(), notes=notes)
    # The page may see that it is behind, and tries again; it never meets another actor in the middle of an action.
    codes = {item["code"] for result in results for item in result["diagnostics"]}
    assert codes <= {"stale-revision"}
    assert len(re.findall(r"^line\|", sitting.output, re.MULTILINE)) == 8


async def test_the_page_may_be_closed_from_the_browser(tmp_path: Path) -> None:
    notes = io.StringIO()

    async def close() -> None:
        async with browsing(address_in(notes)) as browser:
            await browser.act("close")

    sitting = await sit(close, "/echo on", folder=tmp_path, port=free_port(), notes=notes)
    assert "on|None" in sitting.output
    assert sitting.status == 0


async def test_a_port_in_use_takes_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        sitting = await sit("/echo a", folder=tmp_path, port=port)
    assert sitting.status == 75
    assert sitting.output == ""
    advice = "Choose another with --port, or leave --port out for a free one."
    line = f"There is no page: Port {port} cannot be used (Address already in use). {advice}"
    assert sitting.notes.splitlines()[1:] == [line]
