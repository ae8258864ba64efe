"""The plan of the house: which part may lean on which, and that no file grows beyond what one reads in a sitting."""

import ast
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
PACKAGES: Final = ("bot", "model", "loopback", "tests", "benchmarks", "docs")
LONGEST: Final = 350

MAY_LEAN_ON: Final = {
    "model": {"model"},
    "bot/store": {"model", "bot.store", "bot.share"},
    "bot/services": {
        *("model", "bot.store", "bot.services"),
        *("bot.config", "bot.current", "bot.sections", "bot.share", "bot.words"),
    },
    "bot/ui": {"model", "bot.store", "bot.services", "bot.ui", "bot.words", "discord"},
}
"""Of our own packages and discord.py. What stands behind TYPE_CHECKING does not count: it is not there at run time."""


def modules(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            # `from bot import words` names a module as well.
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        yield from imported(node)


@pytest.mark.parametrize("folder", MAY_LEAN_ON)
def test_arrows_point_one_way(folder: str) -> None:
    ours = {"bot", "model", "discord", "loopback", "tests", "benchmarks"}
    for path in modules(ROOT / folder):
        for name in imported(ast.parse(path.read_text(encoding="utf-8"))):
            allowed = any(f"{name}.".startswith(f"{part}.") for part in MAY_LEAN_ON[folder])
            assert allowed or name.partition(".")[0] not in ours, f"{path.relative_to(ROOT)} imports {name}"


def test_no_file_is_too_long_to_be_read() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines())
        for package in PACKAGES
        for path in modules(ROOT / package)
    }
    assert len(lengths) > 400
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def test_what_the_packages_read_beside_their_code_is_packed_with_it() -> None:
    packed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["package-data"]
    for package, patterns in packed.items():
        folder = ROOT / package
        files = {path for path in folder.rglob("*") if path.is_file() and path.suffix not in {".py", ".pyc"}}
        assert files == {path for pattern in patterns for path in folder.glob(pattern)}
