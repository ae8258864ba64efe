"""Learning to write poems: the loss is the one that the words say, and it falls."""

import math
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from model import generation
from model.batches import Batch, PoemTable
from model.corpus import Corpus, SourcePoem, split_corpus
from model.errors import TrainingError
from model.optimisation import learning_rate, make_optimizer
from model.poem_task import PoemTask, mean_loss, poem_loss
from model.recipes import PoemRecipe
from model.script import Script
from model.torch_stepping import make_stepper
from model.vocabulary import PAD
from tests.model.learning import CPU, TINY, corpus, network


def with_texts(texts: list[str]) -> Corpus:
    return replace(corpus(1), poems=[SourcePoem(text, "", "", "") for text in texts])


POEMS = st.lists(st.lists(st.integers(4, 19), min_size=1, max_size=7), min_size=1, max_size=6)


@given(POEMS, st.integers(0, 99))
@settings(deadline=None)
def test_the_loss_is_a_mean_over_symbols_or_over_poems(poems: list[list[int]], seed: int) -> None:
    reader = network(seed=seed)
    rows = [[2, *poem, 3] for poem in poems]
    width = max(map(len, rows))
    ids = np.array([row + [PAD] * (width - len(row)) for row in rows])
    nats = []
    for row in rows:
        logits, _ = reader(torch.tensor([row[:-1]]))
        nats.append(nn.functional.cross_entropy(logits[0], torch.tensor(row[1:]), reduction="none").tolist())
    batch = Batch(ids[:, :-1], ids[:, 1:])
    by_symbol, count = poem_loss(reader, batch, "float32", per_poem=False)
    by_poem, same_count = poem_loss(reader, batch, "float32", per_poem=True)
    assert count == same_count == sum(map(len, nats))
    assert by_symbol.item() == pytest.approx(sum(map(sum, nats)) / count, rel=1e-4)
    assert by_poem.item() == pytest.approx(float(np.mean([np.mean(poem) for poem in nats])), rel=1e-4)


def test_the_held_out_loss_does_not_depend_on_batches() -> None:
    task = PoemTask("tiny", TINY, corpus(), 0, CPU)
    task.network.eval()
    texts = ["月山，风花。", "江水。", "天日夜人心，来归何处不。"] * 50
    table = PoemTable(texts, task.vocabulary)
    total, symbols = 0.0, 0
    for row in range(len(table)):
        loss, count = poem_loss(task.network, table.batch(np.array([row])), "float32", per_poem=False)
        total, symbols = total + loss.item() * count, symbols + count
    assert mean_loss(task.network, table) == pytest.approx(total / symbols, rel=1e-5)


def test_an_epoch_has_its_own_order_and_always_the_same() -> None:
    first, second = (PoemTask("tiny", TINY, corpus(), 5, CPU) for _ in range(2))
    orders = [[batch.rows.tolist() for batch in task.batches(epoch)] for task in (first, second) for epoch in (0, 1)]
    assert orders[0] == orders[2] != orders[1] == orders[3]
    assert sorted(row for batch in orders[0] for row in batch) == list(range(100))


def test_the_vocabulary_is_the_training_poems() -> None:
    poems = corpus(300)
    task = PoemTask("tiny", TINY.model_copy(update={"floor": 60}), poems, 0, CPU)
    counts = Counter(char for poem in split_corpus(poems.poems).train for char in poem.text)
    assert set(task.vocabulary.characters) == {char for char, count in counts.items() if count >= 60}
    header = task.header(7, {"loss": 1.0})
    assert header.characters == "".join(task.vocabulary.characters)
    assert (header.kind, header.recipe, header.script, header.step) == ("poem", "tiny", "hans", 7)
    assert PoemRecipe.model_validate(header.settings) == task.recipe


def test_initialisations_of_the_recipe_are_used() -> None:
    recipe = TINY.model_copy(update={"initialisation": {"output": "orthogonal"}})
    weight = PoemTask("tiny", recipe, corpus(), 0, CPU).network.output.weight
    torch.testing.assert_close(weight.t() @ weight, torch.eye(weight.shape[1]), atol=1e-4, rtol=0)


@pytest.mark.parametrize(
    ("poems", "recipe", "said"),
    [
        (with_texts(["月山花，江水云。"]), TINY, "too small: 1 poems to train on and 0 to judge by; give a larger"),
        (
            with_texts([poem.text.replace("，", "。") for poem in corpus().poems]),
            TINY,
            "needs ，, 。 and other characters; give a corpus of such poems, or a lower floor",
        ),
        (
            corpus(),
            TINY.model_copy(update={"floor": 100_000}),
            "needs ，, 。 and other characters; give a corpus of such poems, or a lower floor",
        ),
    ],
)
def test_a_corpus_that_is_not_enough(poems: Corpus, recipe: PoemRecipe, said: str) -> None:
    with pytest.raises(TrainingError) as caught:
        PoemTask("tiny", recipe, poems, 0, CPU)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_sample_is_a_poem_in_the_corpus_script(monkeypatch: pytest.MonkeyPatch) -> None:
    task = PoemTask("tiny", TINY, replace(corpus(), script=Script.HANT), 2, CPU)
    assert task.sample() == task.sample()
    [poem] = generation.Poet(make_stepper(task.network), task.vocabulary, Script.HANT).compose(seed=2)
    assert task.sample() == poem.text
    assert poem.script is Script.HANT


def test_the_network_learns() -> None:
    """Eight characters may follow each of 57: one that learns needs half the nats of one that only counts."""
    recipe = PoemRecipe(
        cell="gru", embedding=24, hidden=48, learning_rate=2e-2, decay=0.7, batch=20, epochs=12, clip=1.0
    )
    poems = corpus(400)
    task = PoemTask("tiny", recipe, poems, 0, CPU)
    optimizer = make_optimizer(task.network, recipe)
    step, steps = 0, recipe.epochs * len(task.batches(0))
    task.network.train()
    for epoch in range(recipe.epochs):
        for batch in task.batches(epoch):
            for group in optimizer.param_groups:
                group["lr"] = learning_rate(recipe, step, steps)
            loss, _ = task.loss(batch, "float32")
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
            step += 1
    task.network.eval()
    counts = Counter(symbol for poem in split_corpus(poems.poems).train for symbol in [*poem.text, "end"])
    total = sum(counts.values())
    unigram = -sum(count / total * math.log(count / total) for count in counts.values())
    assert unigram > 3.5
    assert task.evaluate()["loss"] < 0.75 * unigram
    assert loss.item() < 0.6 * unigram


def test_a_poem_is_read_as_often_as_its_weight() -> None:
    poems = [replace(poem, weight=1 + number % 3) for number, poem in enumerate(corpus().poems)]
    task = PoemTask("tiny", TINY, replace(corpus(), poems=poems), 0, CPU)
    plain = PoemTask("tiny", TINY, corpus(), 0, CPU)
    train = split_corpus(poems).train
    for epoch in range(2):
        batches = task.batches(epoch)
        read = Counter(row for batch in batches for row in batch.rows.tolist())
        assert read == {row: poem.weight for row, poem in enumerate(train)}
    assert task.steps == 2 * len(task.batches(0)) > plain.steps
    # A corpus without weights is read as ever.
    assert sorted(row for batch in plain.batches(0) for row in batch.rows.tolist()) == list(range(len(train)))
