"""Drawing symbols: the right ones, as often as they should come."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from model.requests import PoemRequest
from model.sampling import TRIES, Floats, Options, Symbols, draw, uniforms

LOGITS = st.lists(st.floats(-8, 8, width=32), min_size=1, max_size=150)


def column(count: int, seed: int = 0) -> Floats:
    numbers: Floats = np.random.default_rng(seed).random((count, TRIES)).astype(np.float32)
    return np.minimum(numbers, np.float32(1 - 2**-24))


def draw_many(
    logits: list[float], count: int, *, seed: int = 0, mask: list[bool] | None = None, **asked: Any
) -> Symbols:
    """The same row drawn so many times."""
    rows = np.tile(np.array(logits, dtype=np.float32), (count, 1))
    allowed = np.ones(len(logits), dtype=bool) if mask is None else np.array(mask)
    masks = np.tile(np.where(allowed, 0, -np.inf).astype(np.float32), (count, 1))
    options = Options.of([PoemRequest(**asked)] * count, count, len(logits))
    return draw(rows, masks, column(count, seed), options)


def distribution(logits: list[float], temperature: float, top_k: int, top_p: float) -> NDArray[np.float64]:
    """By sorting, in double precision."""
    scaled = np.array(logits, dtype=np.float32).astype(np.float64) / temperature
    weights = np.exp(scaled - scaled.max())
    weights /= weights.sum()
    kept = np.zeros(len(weights), dtype=bool)
    mass = 0.0
    for number, symbol in enumerate(np.argsort(-weights, kind="stable")):
        if mass >= top_p or number >= (top_k or len(weights)):
            break
        kept[symbol] = True
        mass += weights[symbol]
    shares: NDArray[np.float64] = np.where(kept, weights, 0) / weights[kept].sum()
    return shares


@pytest.mark.parametrize(
    ("temperature", "top_k", "top_p"),
    [(1.0, 0, 1.0), (0.7, 0, 1.0), (2.0, 0, 1.0), (1.0, 3, 1.0), (1.0, 0, 0.6), (0.8, 5, 0.9), (1.5, 40, 0.97)],
)
def test_symbols_come_as_often_as_they_should(temperature: float, top_k: int, top_p: float) -> None:
    """Chi-square against the distribution that sorting gives."""
    logits = np.random.default_rng(1).normal(0, 1.5, 90).round(3).tolist()
    count = 40_000
    found = np.bincount(
        draw_many(logits, count, temperature=temperature, top_k=top_k, top_p=top_p), minlength=len(logits)
    )
    expected = count * distribution(logits, temperature, top_k, top_p)
    assert (found[expected == 0] == 0).all()
    common = expected >= 5
    observed = np.append(found[common], found[~common].sum())
    wanted = np.append(expected[common], expected[~common].sum())
    observed, wanted = observed[wanted > 0], wanted[wanted > 0]
    chi_square = ((observed - wanted) ** 2 / wanted).sum()
    degrees = len(wanted) - 1
    # Wilson and Hilferty: the cube root is nearly normal. Four deviations: one chance in thirty thousand.
    deviation = ((chi_square / degrees) ** (1 / 3) - (1 - 2 / (9 * degrees))) / math.sqrt(2 / (9 * degrees))
    assert deviation < 4


@given(LOGITS, st.floats(0.1, 5), st.integers(0, 20), st.floats(0.01, 1), st.integers(0, 999))
@settings(deadline=None)
def test_what_is_drawn_is_in_the_nucleus_and_among_the_likeliest(
    logits: list[float], temperature: float, top_k: int, top_p: float, seed: int
) -> None:
    drawn = draw_many(logits, 20, seed=seed, temperature=temperature, top_k=top_k, top_p=top_p)
    values = np.array(logits, dtype=np.float32)
    scaled = values.astype(np.float64) / temperature
    weights = np.exp(scaled - scaled.max())
    weights /= weights.sum()
    for symbol in set(drawn.tolist()):
        # In single precision near neighbours can change places or fall together.
        likelier = weights > weights[symbol] * (1 + 1e-5)
        assert likelier.sum() < (top_k or len(logits))
        assert weights[likelier].sum() < top_p + 1e-5


@given(LOGITS, st.data())
@settings(deadline=None)
def test_what_may_not_come_never_comes(logits: list[float], data: st.DataObject) -> None:
    mask = data.draw(st.lists(st.booleans(), min_size=len(logits), max_size=len(logits)).filter(any))
    asked: dict[str, Any] = data.draw(
        st.sampled_from([{}, {"top_k": 2}, {"top_p": 0.3}, {"temperature": 0}, {"temperature": 10}])
    )
    drawn = draw_many(logits, 10, mask=mask, seed=data.draw(st.integers(0, 99)), **asked)
    assert all(mask[symbol] for symbol in drawn)


@given(LOGITS, st.integers(0, 99))
@settings(deadline=None)
def test_the_likeliest_is_taken_in_four_ways(logits: list[float], seed: int) -> None:
    best = np.float32(max(logits))
    ways: list[dict[str, Any]] = [{"temperature": 0}, {"top_k": 1}, {"top_p": 1e-9}, {"temperature": 1e-5}]
    for asked in ways:
        drawn = draw_many(logits, 4, seed=seed, **{"top_p": 1.0, **asked})
        assert all(np.float32(logits[symbol]) >= best - 1e-3 for symbol in drawn)
    greedy = draw_many(logits, 4, seed=seed, temperature=0, top_k=3, top_p=0.1)
    assert set(greedy.tolist()) == {int(np.argmax(np.array(logits, dtype=np.float32)))}


@pytest.mark.parametrize(
    "asked",
    [
        {"temperature": 1e-40},
        {"temperature": 1e-300},
        {"temperature": 1e-38, "top_k": 2},
        {"top_p": 1e-45},
        {"top_p": 1e-300},
        {"top_k": 10**30},
    ],
)
def test_the_most_extreme_options_still_draw(asked: dict[str, Any]) -> None:
    drawn = draw_many([1.0, 30.0, -5.0, 29.0, 0.0], 50, **asked)
    assert set(drawn.tolist()) <= {1, 3}
    if "top_k" not in asked or "temperature" in asked:
        assert set(drawn.tolist()) == {1}


def test_the_largest_number_finds_a_symbol_with_a_weight() -> None:
    """Rounding must not carry a draw beyond the last weight."""
    for symbols in (1, 63, 64, 65, 200):
        random = np.random.default_rng(symbols)
        logits = random.normal(0, 3, (200, symbols)).astype(np.float32)
        masks = np.where(random.random((200, symbols)) < 0.5, 0, -np.inf).astype(np.float32)
        masks[:, 0] = 0
        for number in (0.0, 1 - 2**-24):
            options = Options.of([PoemRequest(temperature=1, top_p=0.5)] * 100, 200, symbols)
            drawn = draw(logits, masks, np.full((200, TRIES), number, dtype=np.float32), options)
            assert (masks[np.arange(200), drawn] == 0).all()


def test_equal_symbols_come_equally_often() -> None:
    counts = np.bincount(draw_many([0.0] * 4, 8000, temperature=1, top_p=1.0), minlength=4)
    assert (abs(counts - 2000) < 200).all()


@given(
    st.lists(st.tuples(st.integers(0, 2**63 - 1), st.integers(0, 2**50)), min_size=1, max_size=5, unique=True),
    st.integers(1, 30),
    st.integers(1, 30),
)
def test_random_numbers_depend_on_seed_candidate_and_step_alone(
    keys: list[tuple[int, int]], steps: int, more: int
) -> None:
    short, long = uniforms(keys, steps), uniforms(keys, steps + more)
    assert short.shape == (len(keys), steps, TRIES)
    assert short.dtype == np.float32
    assert np.array_equal(long[:, :steps], short)
    assert (long >= 0).all()
    assert (long < 1).all()
    assert len(np.unique(short.reshape(len(keys), -1), axis=0)) == len(keys)
    for row, key in enumerate(keys):
        assert np.array_equal(uniforms([key], steps)[0], short[row])
        generator = np.random.Generator(np.random.Philox(key=key))
        np.testing.assert_allclose(short[row], generator.random((steps, TRIES)), rtol=1e-6)


def test_rows_are_drawn_each_by_its_own_options() -> None:
    logits = np.random.default_rng(5).normal(0, 2, 70).tolist()
    requests = [
        PoemRequest(temperature=0),
        PoemRequest(top_k=2),
        PoemRequest(top_p=0.4),
        PoemRequest(temperature=3, top_p=1),
        PoemRequest(temperature=0.3),
    ]
    numbers = column(8, seed=3)
    rows, masks = np.tile(np.array(logits, dtype=np.float32), (8, 1)), np.zeros((8, 70), dtype=np.float32)
    together = draw(rows, masks, numbers, Options.of(requests, 8, 70))
    for row, request in enumerate(requests):
        alone = draw(rows[:1], masks[:1], numbers[row : row + 1], Options.of([request], 1, 70))
        assert together[row] == alone[0]
