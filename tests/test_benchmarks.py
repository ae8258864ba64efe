"""The benchmarks as commands."""

import ast
import os
import sys
from pathlib import Path

import pytest
import simcord

from benchmarks import bot, pictures
from bot.services.fonts import Fonts

FOLDER = Path(__file__).parents[1] / "benchmarks"
COMMANDS = sorted(path.stem for path in FOLDER.glob("*.py") if "def main(" in path.read_text(encoding="utf-8"))


def test_there_are_some() -> None:
    assert {"bot", "generation", "home", "quality", "ranking", "training"} <= set(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_a_benchmark_that_is_called_does_something(name: str) -> None:
    last = ast.parse((FOLDER / f"{name}.py").read_text(encoding="utf-8")).body[-1]
    assert isinstance(last, ast.If)
    assert ast.unparse(last) == "if __name__ == '__main__':\n    main()"


def test_pictures_are_not_measured_without_a_typeface(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["pictures", "--quick"])
    monkeypatch.setattr(os, "sched_setaffinity", lambda *_: None, raising=False)
    monkeypatch.setattr(Fonts, "typefaces", lambda *_: [])
    pictures.main()
    assert capsys.readouterr().out.startswith("There is no Chinese typeface here")


async def test_a_bot_that_does_not_answer_keeps_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = []

    async def silent(_env: simcord.Env) -> None:
        raise TimeoutError

    async def shut(env: simcord.Env) -> None:
        closed.append(env.bot.is_closed())

    monkeypatch.setattr(simcord.Env, "start", silent)
    monkeypatch.setattr(simcord.Env, "shutdown", shut)
    with pytest.raises(TimeoutError):
        await bot._measure(bot.ECHO, 0.0)
    assert closed == [True]
