#!/usr/bin/env python3
"""Draw the README's pictures again, the sandbox's page and the picture of its poem: python docs/pictures.py [LINE …]"""

import asyncio
import base64
import contextlib
import io
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import aiohttp
from rich.console import Console

from bot.app import create_bot
from bot.config import load_config
from bot.sandbox.session import Session
from bot.sandbox.world import World

FOLDER = Path(__file__).parent / "pictures"
LINES = ("/poem 月 七绝 秋夜 seed:1", "/add 123 456")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
OPTIONS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--hide-scrollbars",
    "--window-size=1100,1480",
    "--remote-debugging-port=0",
)
# The page has come to rest when its buttons can be pressed and its fonts are there.
AT_REST = """
!!document.querySelector('main button:not([disabled])')
  && !document.body.innerText.includes('Updating') && document.fonts.status == 'loaded'
"""
SECONDS = 30.0


class Nobody:
    """The lines come from elsewhere."""

    async def read(self, _prompt: str) -> str | None:
        return None


async def take(lines: tuple[str, ...], browser: str, scratch: Path) -> None:
    bot = create_bot(load_config(overrides={"storage.dir": str(scratch / "run")}))
    world = World(bot, locale="en-US", files=scratch / "files")
    async with world.running():
        address = await world.serve(None)
        session = Session(world, Console(file=io.StringIO()), Nobody(), interactive=False)
        for line in lines:
            await session.obey(line)
        await photograph(address, browser, FOLDER / "sandbox.png", scratch / "browser")
        poem = await bot.poems.get(1)
        if poem is not None:
            await asyncio.to_thread((FOLDER / "poem.png").write_bytes, await bot.pictures.picture(1, poem))


async def photograph(address: str, browser: str, path: Path, profile: Path) -> None:
    """Open an address in a browser without a window, and take its picture when it has come to rest."""
    process = await asyncio.create_subprocess_exec(
        browser, *OPTIONS, f"--user-data-dir={profile}", address, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        async with asyncio.timeout(SECONDS), aiohttp.ClientSession() as http:
            async with http.get(f"http://127.0.0.1:{await debugging_port(profile)}/json") as answer:
                pages = [page for page in await answer.json() if page["type"] == "page"]
            async with http.ws_connect(pages[0]["webSocketDebuggerUrl"], max_msg_size=0) as page:
                await rest(page)
                picture = await ask(page, "Page.captureScreenshot")
    finally:
        process.terminate()
        await process.wait()
    await asyncio.to_thread(path.write_bytes, base64.b64decode(picture["data"]))


async def debugging_port(profile: Path) -> str:
    """The port that the browser writes into its profile when it listens."""
    while True:
        with contextlib.suppress(FileNotFoundError, IndexError):
            return (await asyncio.to_thread((profile / "DevToolsActivePort").read_text)).split()[0]
        await asyncio.sleep(0.1)


async def rest(page: aiohttp.ClientWebSocketResponse) -> None:
    """Wait until the page stands still: the same twice, a second apart."""
    still = 0
    while still < 2:
        answer = await ask(page, "Runtime.evaluate", expression=AT_REST)
        still = still + 1 if answer["result"].get("value") else 0
        await asyncio.sleep(1.0)


async def ask(page: aiohttp.ClientWebSocketResponse, method: str, **parameters: object) -> dict[str, Any]:
    """One call of the Chrome DevTools protocol."""
    await page.send_json({"id": 1, "method": method, "params": parameters})
    return dict((await page.receive_json())["result"])


def main() -> None:
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        sys.exit("Pictures need a browser: install chromium.")
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        asyncio.run(take(tuple(sys.argv[1:]) or LINES, browser, Path(scratch)))
    print(*sorted(FOLDER.glob("*.png")), sep="\n")


if __name__ == "__main__":
    main()
