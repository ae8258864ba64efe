"""The chapter on how it works: nothing that it points to is missing, and what it quotes was measured."""

import re
from pathlib import Path

import pytest

from model.insight.facts import measured

CHAPTER = Path(__file__).parents[1] / "docs" / "how-it-works.md"
TEXT = CHAPTER.read_text(encoding="utf-8")
SMALL_BYTES = 250_000


def anchor(heading: str) -> str:
    """As GitHub makes them."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_what_it_points_to_is_there() -> None:
    headings = {anchor(heading) for heading in re.findall(r"^#+ (.*)$", TEXT, re.MULTILINE)}
    targets = re.findall(r"\]\(([^)]+)\)", TEXT)
    assert len(targets) > 20
    for target in targets:
        path, _, place = target.partition("#")
        assert not path or (CHAPTER.parent / path).exists(), target
        assert path or place in headings, target


def test_its_figures_are_small_and_made_by_the_command() -> None:
    figures = re.findall(r"\]\((pictures/[^)]+)\)", TEXT)
    made = (CHAPTER.parent / "figures.py").read_text(encoding="utf-8").partition("FIGURES: Final")[2]
    assert len(figures) == len(set(figures)) >= 8
    for figure in figures:
        assert f'"{Path(figure).stem}": ' in made
        assert (CHAPTER.parent / figure).stat().st_size < SMALL_BYTES


@pytest.mark.parametrize("cell", list(measured().cells))
def test_its_table_has_what_was_measured(cell: str) -> None:
    own = next(found for name, found in measured().cells.items() if name == cell)
    reach = [own.reach(curve, 0.01) for curve in (own.untrained, own.trained)]
    shown = [str(steps) if steps < len(own.trained) else f"over {steps - 1}" for steps in reach]
    row = f"| `compare-{cell}` | {own.hidden} | {own.parameters:,} | {own.perplexity:.0f} | {shown[0]} | {shown[1]} |"
    assert row in TEXT


def test_formulas_are_closed() -> None:
    assert TEXT.count("```") % 2 == 0
    inline = re.sub(r"```math\n.*?```", "", TEXT, flags=re.DOTALL)
    assert len(re.findall(r"\$`", inline)) == len(re.findall(r"`\$", inline)) > 40
