"""Programs beside the bot: what they may use, what they are told, and how they end."""

import asyncio
import gzip
import io
import os
import signal
import sys
import tarfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from bot.services import children as module
from bot.services.children import Bounds, ChildFailed, Children
from bot.services.corpus_folder import CorpusFolder
from bot.services.corpus_refusals import TooMuchInIt
from bot.services.refusals import ShuttingDown
from bot.services.uploads import Uploads

ROOMY = Bounds(seconds=60, memory=3_072, file=64)


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first word is a program of its own: Python starts at once where it imports nothing of ours."""

    def command(arguments: Sequence[str | Path], _: Bounds) -> list[str]:
        return [sys.executable, "-S", "-c", str(arguments[0])]

    monkeypatch.setattr(module, "_command", command)


async def run(code: str, bounds: Bounds = ROOMY) -> dict[str, Any]:
    return await Children().run(code, bounds=bounds)


@pytest.mark.usefixtures("scripted")
async def test_the_answer_is_a_json_object() -> None:
    assert await run("print('{\"a\": [1, 2]}')") == {"a": [1, 2]}


async def until(holds: Callable[[], bool]) -> None:
    """Threads tell nobody what they do."""

    def watch() -> None:
        while not holds():
            time.sleep(0.01)

    await asyncio.wait_for(asyncio.to_thread(watch), 60)


BAD_ENDS = [
    ("print('no json')", "other", "it ended with 0"),
    ("print('[]')", "other", "it ended with 0"),
    ("import sys; print('{\"fault\": \"empty\"}'); sys.exit('error: x is empty')", "empty", "error: x is empty"),
    ("import sys; sys.exit('error: there is not enough memory; allow more')", "memory", "not enough memory"),
    ("raise MemoryError", "memory", "MemoryError"),
    (f"import os; os.kill(os.getpid(), {int(signal.SIGXCPU)})", "time", "it was ended"),
    (f"import os; os.kill(os.getpid(), {int(signal.SIGABRT)})", "memory", "it ended with -6"),
    ("import sys; sys.stderr.write('x' * 10**6); sys.exit(1)", "other", "xxx"),
]


@pytest.mark.usefixtures("scripted")
@pytest.mark.parametrize(("code", "fault", "reason"), BAD_ENDS)
async def test_a_bad_end_is_told(code: str, fault: str, reason: str) -> None:
    with pytest.raises(ChildFailed, match=reason) as told:
        await run(code)
    assert told.value.fault == fault
    assert len(str(told.value)) < 3_000


@pytest.mark.usefixtures("scripted")
async def test_whoever_takes_too_long_is_ended() -> None:
    with pytest.raises(ChildFailed, match=r"longer than 0\.5 s") as told:
        await run("import time; time.sleep(600)", Bounds(seconds=0.5))
    assert told.value.fault == "time"


def gone(pid: int) -> bool:
    """Whether a process has ended; who sees to it afterwards does not matter."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return True
    return stat.rsplit(")", 1)[1].split()[0] == "Z"


@pytest.mark.usefixtures("scripted")
async def test_the_bot_that_closes_ends_them_with_all_that_they_began(tmp_path: Path) -> None:
    path = tmp_path / "pid"
    code = (
        "import os, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(600)'])\n"
        f"open({str(path) + '.part'!r}, 'w').write(str(child.pid))\n"
        f"os.rename({str(path) + '.part'!r}, {str(path)!r})\n"
        "time.sleep(600)"
    )
    children = Children()
    running = children.start(code, bounds=ROOMY)
    waiting = asyncio.create_task(children.run("import time; time.sleep(600)", bounds=ROOMY))
    await until(lambda: len(children._running) == 2 and path.exists())
    children.close()
    with pytest.raises(ShuttingDown):
        await waiting
    await until(lambda: not running.runs)
    assert isinstance(running.failure, ShuttingDown)
    await until(lambda: gone(int(path.read_text())))
    with pytest.raises(ShuttingDown):
        await children.run("print('{\"a\": 1}')", bounds=ROOMY)


@pytest.mark.usefixtures("scripted")
async def test_one_that_nobody_waits_for_tells_how_it_ended() -> None:
    children = Children()
    well, badly = (children.start(code, bounds=ROOMY) for code in ("print('{\"a\": 1}')", "raise SystemExit('no')"))
    await until(lambda: not (well.runs or badly.runs))
    assert well.failure is None
    assert isinstance(badly.failure, ChildFailed)


@pytest.mark.usefixtures("scripted")
async def test_one_that_takes_long_is_waited_for_asleep() -> None:
    children = Children()
    assert await children.run_long("print('{\"a\": 1}')", bounds=ROOMY) == {"a": 1}
    with pytest.raises(ChildFailed, match="no"):
        await children.run_long("raise SystemExit('no')", bounds=ROOMY)
    waiting = asyncio.create_task(children.run_long("import time; time.sleep(600)", bounds=ROOMY))
    await until(lambda: bool(children._running))
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    children.close()


@pytest.mark.usefixtures("scripted")
async def test_the_token_stays_with_the_bot(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISCORD_TOKEN", "discord_token_file", "TANGPOET_OWNER__USERS"):
        monkeypatch.setenv(name, "secret")
    answer = await run("import json, os; print(json.dumps(dict(os.environ)))")
    assert "secret" not in str(answer)
    assert answer["OMP_NUM_THREADS"] == "1"
    assert answer["PATH"] == os.environ["PATH"]


def test_bounds_stand_before_the_command() -> None:
    words = module._command(["corpus", "take", Path("x")], Bounds(seconds=7, memory=100, file=3))
    assert words[1:] == [
        "-m", "model", "--nice", "10", "--limit-memory", "100", "--limit-seconds", "7", "--limit-file", "3",
        "corpus", "take", "x",
    ]  # fmt: skip
    assert "--limit-memory" not in module._command(["evaluate"], Bounds(seconds=7))


# The bounds themselves, with the real program.


def packed(content: bytes, name: str = "poet.tang.0.json") -> bytes:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz") as tar:
        info = tarfile.TarInfo(name)
        info.size = len(content)
        tar.addfile(info, io.BytesIO(content))
    return archive.getvalue()


async def taken(tmp_path: Path, content: bytes) -> None:
    await Uploads(CorpusFolder(tmp_path), Children(), largest=10**8).take("x", "x", content)


@pytest.mark.parametrize("kind", ["member", "stream"])
async def test_a_small_file_that_unpacks_to_much_is_declined(tmp_path: Path, kind: str) -> None:
    """A member of 65 MiB, and a stream that is no archive at all: both come in some kilobytes."""
    zeros = b"\0" * (65 << 20)
    with pytest.raises(TooMuchInIt if kind == "member" else Exception, match=r"error\.corpus"):
        await taken(tmp_path, packed(zeros) if kind == "member" else gzip.compress(zeros, 1))
    assert await asyncio.to_thread(lambda: list((tmp_path / "corpora" / ".waiting").iterdir())) == []


@pytest.mark.parametrize(
    ("bounds", "lines", "fault"),
    [
        (Bounds(seconds=1), 120_000, "time"),
        (Bounds(seconds=60, memory=300), 120_000, "memory"),
        (Bounds(seconds=60, file=1), 30_000, "other"),
    ],
)
async def test_who_wants_more_than_is_allowed_is_ended(tmp_path: Path, bounds: Bounds, lines: int, fault: str) -> None:
    path = tmp_path / "much.txt"
    # Every line another one: what is written in the end is larger than a mebibyte, too.
    characters = [chr(0x4E00 + number) for number in range(2_000)]
    poems = (
        f"{characters[n % 2000]}{characters[n // 2000 % 2000]}月山风花春，{characters[n % 1999]}夜雨江湖海天。"
        for n in range(lines)
    )
    path.write_text("\n".join(poems), encoding="utf-8")
    with pytest.raises(ChildFailed) as told:
        await Children().run("corpus", "take", path, "--out", tmp_path / "out", bounds=bounds)
    assert told.value.fault == fault
    assert not (tmp_path / "out" / "part.json").exists()
