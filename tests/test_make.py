"""The Makefile, with a Python that only writes down what it is asked to do."""

import importlib.metadata
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bot.config import ROOT

PYTHON = """#!/bin/sh
echo "$@" >> "$CALLS"
case "$*" in
*version_info*) exit "${OLD:-0}" ;;
*ensurepip*) exit "${BARE:-0}" ;;
*"-m venv"*) rm -rf .venv && mkdir -p .venv/bin && cp "$0" .venv/bin/python ;;
*install*) exit "${OFFLINE:-0}" ;;
*load_token*) exit "${TOKEN:-3}" ;;
*"-m bot"*) echo "$@"; cat ;;
esac
"""


class Clone:
    """A folder with the Makefile and that Python."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "calls"
        for name in ("Makefile", "pyproject.toml", "constraints.txt"):
            shutil.copy(ROOT / name, folder)
        self.python = folder / "python"
        self.python.write_text(PYTHON)
        self.python.chmod(0o755)

    def make(self, *arguments: str, stdin: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
        outer = {"MAKEFLAGS", "MAKELEVEL", "MFLAGS", "MAKEOVERRIDES", "ARGS", "TORCH", "PYTHON"}
        environment = {key: value for key, value in os.environ.items() if key not in outer}
        environment |= {"CALLS": str(self.log), **variables}
        self.log.write_text("")
        return subprocess.run(
            ["make", f"PYTHON={self.python}", *arguments],
            cwd=self.folder, env=environment, input=stdin, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip

    def installs(self) -> list[str]:
        """What pip was asked for."""
        calls = re.findall(r"-m pip .* install (.*)", self.log.read_text())
        return [call.replace("-c constraints.txt ", "") for call in calls]


@pytest.fixture
def clone(tmp_path: Path) -> Clone:
    return Clone(tmp_path)


def test_run_sets_up_once_and_passes_lines_on(clone: Clone) -> None:
    first = clone.make("run", stdin="/poem 月\n")
    assert first.returncode == 0, first.stderr
    assert first.stdout == "-m bot sandbox\n/poem 月\n"
    assert first.stderr.splitlines() == [
        "Setting up .venv: the first time takes minutes …",
        "There is no DISCORD_TOKEN: this is the sandbox, the same bot in a simulated Discord.",
    ]
    assert clone.installs() == ["-e .[sandbox]"]
    second = clone.make("run", "ARGS=--port 8080", stdin="/add 1 2\n")
    assert second.stdout == "-m bot sandbox --port 8080\n/add 1 2\n"
    assert clone.installs() == []


def test_a_token_or_a_faulty_one_runs_the_bot(clone: Clone) -> None:
    for status in "01":
        ended = clone.make("run", TOKEN=status)
        assert ended.stdout == "-m bot run\n"
        assert "sandbox" not in ended.stderr


def test_set_up_again_when_what_it_holds_has_changed(clone: Clone) -> None:
    clone.make("check")
    assert clone.installs() == ["-e .[sandbox]", "-e .[dev]"]
    clone.make("check")
    assert clone.installs() == []
    later = (clone.folder / ".venv/ready-to-test").stat().st_mtime + 10
    os.utime(clone.folder / "constraints.txt", (later, later))
    clone.make("soak")
    assert clone.installs() == ["-e .[sandbox]", "-e .[dev]"]


def test_a_set_up_that_failed_is_tried_again(clone: Clone) -> None:
    assert clone.make("run", OFFLINE="1").returncode != 0
    assert "-m bot" not in clone.log.read_text()
    assert clone.make("run").returncode == 0
    assert clone.installs() == ["-e .[sandbox]"]


def test_a_virtual_environment_without_its_python_is_made_anew(clone: Clone) -> None:
    clone.make("run")
    python = clone.folder / ".venv/bin/python"
    python.unlink()
    python.symlink_to(clone.folder / "gone")
    assert clone.make("run").returncode == 0
    assert clone.installs() == ["-e .[sandbox]"]


def test_pytorch_for_processors_comes_from_its_own_index(clone: Clone) -> None:
    clone.make("run", "TORCH=cpu")
    index = "--extra-index-url https://download.pytorch.org/whl/cpu"
    assert clone.installs() == [f"{index} torch", "-e .[sandbox]"]


@pytest.mark.parametrize(
    ("fault", "advice"),
    [("OLD", "Python 3.11 or newer is needed"), ("BARE", "apt install python3-venv")],
)
def test_a_python_that_does_not_do_takes_one_line(clone: Clone, fault: str, advice: str) -> None:
    ended = clone.make("run", **{fault: "1"})
    assert ended.returncode != 0
    assert ended.stdout == ""
    said = [line for line in ended.stderr.splitlines() if not line.startswith("make")]
    assert len(said) == 1
    assert advice in said[0]
    assert not (clone.folder / ".venv").exists()


def test_a_python_that_is_not_there_takes_one_line(clone: Clone) -> None:
    clone.python.unlink()
    ended = clone.make("test")
    assert [line for line in ended.stderr.splitlines() if not line.startswith("make")] == [
        f"Python 3.11 or newer is needed, and {clone.python} is not: install one, then make PYTHON=/path/to/python3"
    ]


def test_help_names_every_target(clone: Clone) -> None:
    text = clone.make().stdout
    phony = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)[0].split()
    assert re.findall(r"^make (\w+)", text, re.MULTILINE) == phony


def test_clean_keeps_what_the_bot_keeps(clone: Clone) -> None:
    kept = clone.folder / "data/run/tangpoet.db"
    kept.parent.mkdir(parents=True)
    kept.touch()
    for name in ("bot", "model", "loopback", "tests", "benchmarks", "docs"):
        (clone.folder / name / "__pycache__").mkdir(parents=True)
    clone.make("run")
    assert clone.make("clean").returncode == 0
    assert kept.exists()
    assert not (clone.folder / ".venv").exists()
    assert not list(clone.folder.rglob("__pycache__"))


def test_constraints_are_what_the_tests_run_with() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if not line.startswith("#"))
    assert list(pins) == sorted(pins, key=str.lower)
    installed = {name: importlib.metadata.version(name).partition("+")[0] for name in pins}
    assert installed == pins


def test_the_script_of_continuous_integration_can_be_run() -> None:
    script = ROOT / ".ci/run"
    assert os.access(script, os.X_OK)
    assert script.read_text(encoding="utf-8").splitlines()[-2:] == ["make test", "make check"]
