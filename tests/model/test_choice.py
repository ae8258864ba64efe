"""Which candidate is given: the one that ranking all of them would give."""

import numpy as np
import pytest

from model.choice import FEW, Chooser
from model.features import Features
from model.forms import Form
from model.ranking import rankings
from model.scoring import LineScorer
from model.script import Script
from tests.model.verse import verse_poet


@pytest.mark.parametrize("form", [Form.WUJUE, Form.QILV])
@pytest.mark.parametrize("title", ["", "秋夜"])
def test_no_other_is_given_than_if_all_were_read(form: Form, title: str) -> None:
    writer = verse_poet()
    poems = [poem.lines for poem in writer.compose(form=form, count=32, seed=3, script=Script.HANT, top_p=1.0)]
    masks = np.linspace(-1, 0, len(poems))
    poems, masks = [*poems, *poems[:5]], np.append(masks, masks[:5])
    chooser = Chooser(writer.stepper, writer.vocabulary, Script.HANT)
    scorer = LineScorer(writer.stepper, writer.vocabulary, form)
    together = scorer.together(poems, tones=True)
    features = (
        Features.of(poems, form)
        .with_likelihood(together, masks)
        .with_coherence(
            together,
            scorer.alone(poems, tones=True),
            scorer.together(poems, title, tones=True) if title else None,
        )
    )
    best = chooser.best(poems, form, (), title, masks)
    assert poems[best] == poems[rankings()[features.form].order(features)[0]]


def test_few_are_read_once_as_a_whole() -> None:
    writer = verse_poet()
    poems = [poem.lines for poem in writer.compose(form=Form.QIJUE, count=FEW, seed=5, script=Script.HANT, top_p=1.0)]
    masks = np.linspace(-1, 0, FEW)
    scorer = LineScorer(writer.stepper, writer.vocabulary, Form.QIJUE)
    features = Features.of(poems, Form.QIJUE).with_likelihood(scorer.together(poems, tones=True), masks)
    best = Chooser(writer.stepper, writer.vocabulary, Script.HANT).best(poems, Form.QIJUE, (), "秋夜", masks)
    assert poems[best] == poems[rankings()[features.form].order(features)[0]]


def test_of_equals_the_first_is_given() -> None:
    writer = verse_poet()
    [poem] = writer.compose(form=Form.WUJUE, seed=1, script=Script.HANT)
    chooser = Chooser(writer.stepper, writer.vocabulary, Script.HANT)
    assert chooser.best([poem.lines] * 5, Form.WUJUE, (), "", np.zeros(5)) == 0
