"""Two networks on the same texts: in one script, poem by poem, and no better than chance allows."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.corpus import SourcePoem
from model.evaluation.intervals import Share
from model.evaluation.measuring import nats_per_poem
from model.evaluation.versus import Versus, keeps_verse, versus
from model.script import Script, convert
from tests.model.evaluation.test_measuring import UNIFORM, constant
from tests.model.learning import call, poet, quatrains, save_poet


def poems(texts: list[str]) -> list[SourcePoem]:
    return [SourcePoem(text) for text in texts]


NATS = st.lists(st.floats(0, 500), min_size=1, max_size=20)


@given(NATS, st.data())
def test_who_is_better_one_way_is_worse_the_other(ours: list[float], data: st.DataObject) -> None:
    size = len(ours)
    theirs = data.draw(st.lists(st.floats(1, 500), min_size=size, max_size=size))
    counts = data.draw(st.lists(st.integers(1, 56), min_size=size, max_size=size))
    one = Versus.of(np.array(ours), np.array(theirs), np.array(counts))
    other = Versus.of(np.array(theirs), np.array(ours), np.array(counts))

    assert one.difference == pytest.approx(-other.difference, abs=1e-9)
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low), abs=1e-6)
    assert one.low - 1e-9 <= one.high
    assert one.difference == pytest.approx(one.bits - one.against, abs=1e-9)
    assert not (one.better and other.better)
    assert one.bits * sum(counts) * math.log(2) == pytest.approx(sum(ours), abs=1e-6)


@given(st.lists(st.tuples(st.floats(10, 400), st.integers(20, 56)), min_size=1, max_size=20))
def test_nobody_is_better_than_themselves(costs: list[tuple[float, int]]) -> None:
    nats, counts = np.array([cost for cost, _ in costs]), np.array([count for _, count in costs])
    same = Versus.of(nats, nats, counts)

    assert (same.difference, same.low, same.high, same.ratio, same.better) == (0, 0, 0, 1, False)


def test_the_pairs_tell_what_the_two_alone_do_not() -> None:
    """Poems differ far more than the networks do: each poem is held against itself."""
    random = np.random.default_rng(0)
    counts = np.full(60, 28)
    ours = random.gamma(2, 60, 60)
    theirs = ours + random.normal(1.0, 1.0, 60)

    assert Versus.of(ours, theirs, counts).better
    assert not Versus.of(ours, random.permutation(theirs), counts).better


def test_one_that_has_read_the_poems_is_better() -> None:
    found = versus(poet("gru"), UNIFORM, poems(quatrains(30, seed=0)))

    assert found.better
    assert found.bits < found.against
    assert found.poems == 30


def test_both_scripts_are_told_the_same_text() -> None:
    """A network of either script reads what the simplified text becomes in its own."""
    texts = ["月来风，花时云。", "書門東，馬長樓。"]
    hant = poet("gru", Script.HANT)
    mixed = poems([convert(texts[0], Script.HANT), texts[1]])
    found = versus(hant, hant, mixed)
    simplified = poems([convert(text, Script.HANS) for text in texts])

    assert found.bits == pytest.approx(nats_per_poem(hant, simplified).sum() / (12 * math.log(2)))
    assert versus(hant, hant, simplified).bits == found.bits


def test_without_poems_nothing_is_said() -> None:
    with pytest.raises(ValueError, match="no poems"):
        versus(UNIFORM, UNIFORM, [])


def test_so_many_poems_are_written_and_checked() -> None:
    found = keeps_verse(poet("gru"), 6)

    assert found.of == 6
    assert 0 <= found.hits <= 6
    assert keeps_verse(poet("gru"), 6) == found


def test_a_network_that_ends_at_once_keeps_nothing() -> None:
    assert keeps_verse(constant([0.0] * 10), 4).hits < 4


def test_the_command_tells_both(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    one = save_poet(tmp_path / "one.safetensors", poet("gru"))
    other = save_poet(tmp_path / "other.safetensors", poet("rnn"))
    path = tmp_path / "poems.txt"
    path.write_text("\n".join(quatrains(10)), encoding="utf-8")
    words = ("evaluate", "--weights", one, "--against", other, "--poems", path, "--verse", 4, "--threads", 1)
    assert call(*words, "--json") == 0
    answer = json.loads(capsys.readouterr().out)

    assert answer["versus"]["poems"] == answer["poems"] == 10
    assert answer["versus"]["difference"] == pytest.approx(answer["versus"]["bits"] - answer["versus"]["against"])
    assert isinstance(answer["versus"]["better"], bool)
    assert Share(**answer["verse"]).of == 4
    assert call(*words) == 0
    said = capsys.readouterr().out
    assert "bits per character" in said
    assert "of 4" in said
