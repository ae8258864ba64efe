"""What the ranking is fitted on: the cost of masks is measured as the search measures it."""

import numpy as np
import pytest

from benchmarks.mask_costs import mask_costs
from model.constraints import Constraints
from model.forms import Form
from model.frame import OPEN, Frame
from model.novelty import LineFilter
from model.requests import PoemRequest
from model.search import Searcher, Wish
from tests.model.verse import verse_poet


@pytest.mark.parametrize("form", Form)
def test_masks_cost_a_poem_that_stands_what_they_cost_to_write_it(form: Form) -> None:
    writer = verse_poet()
    rules, characters = Constraints(writer.vocabulary), form.line_count * form.line_length
    tools = Searcher(writer.stepper, writer.vocabulary, rules, LineFilter.of([]).contains, told=True)
    for seed in range(3):
        known = np.full(characters, OPEN)
        frame = Frame.draw(form, known, rules, np.random.default_rng(seed))
        [written] = tools.search([Wish(frame, PoemRequest(form=form, candidates=5), seed)])
        poems = list(zip(*map(tools.lines, np.split(written.symbols, form.line_count, axis=1)), strict=True))
        costs = mask_costs(writer, poems, form)
        assert costs.shape == (len(poems), characters)
        # Towards the last rhyme word the network was told it, and its group may have been settled by it.
        same = characters - 2 * form.line_length
        assert costs[:, :same] == pytest.approx(written.cuts[:, :same], abs=1e-4)
        assert (costs <= 1e-6).all()
        assert costs.min() < -0.1
