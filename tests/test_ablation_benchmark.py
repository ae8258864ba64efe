"""The benchmark that leaves out what a poet is told."""

from io import StringIO

import numpy as np
import pytest
from rich.console import Console

from benchmarks import ablation
from model.recipes import PoemRecipe
from model.slots import Told
from tests.model.learning import changed, corpus, hasten

RECIPE = changed(cell="lstm", slot=4, echo=3, dropout=0.0)


def test_what_is_left_out_is_told_neither_in_training_nor_in_judgement() -> None:
    whole, blind = (ablation.BlindTask(RECIPE, corpus(), hidden) for hidden in ((), (Told.ABOVE, Told.RHYME)))
    for table, other in (
        (whole.training_poems, blind.training_poems),
        (whole.validation_poems, blind.validation_poems),
    ):
        rows = np.arange(min(5, len(table)))
        told, untold = table.batch(rows).told, other.batch(rows).told
        assert told is not None
        assert untold is not None
        assert told[..., Told.ABOVE].any()
        assert not untold[..., [Told.ABOVE, Told.RHYME]].any()
        assert np.array_equal(told[..., Told.PLACE], untold[..., Told.PLACE])


def test_every_row_is_learnt(monkeypatch: pytest.MonkeyPatch) -> None:
    hasten(monkeypatch)
    recipe = PoemRecipe.model_validate(RECIPE.model_dump() | {"epochs": 1})
    shown = Console(file=StringIO(), width=120)
    ablation.compare(recipe, corpus(), shown)
    text = shown.file.getvalue()  # type: ignore[attr-defined]
    assert all(text.count(name) >= 2 for name in ablation.HIDDEN)
    assert "1.000" in text
