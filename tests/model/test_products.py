"""Products are exact sums of whole numbers: near to what was asked for, and the same in any company."""

import threading

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from model import products
from model.products import Floats, Product, share_among, work_alone

SHAPES = st.tuples(st.integers(1, 40), st.integers(1, 700), st.integers(1, 50))


def in_sixteen_bits(values: Floats) -> NDArray[np.float64]:
    return torch.from_numpy(values).bfloat16().double().numpy()


@given(SHAPES, st.floats(1e-6, 1e6), st.sampled_from([None, 1.0]), st.integers(0, 99))
@settings(deadline=None, max_examples=40)
def test_less_than_twice_is_lost_of_what_sixteen_bits_lose(
    shape: tuple[int, int, int], size: float, largest: float | None, seed: int
) -> None:
    rows, depth, width = shape
    random = np.random.default_rng(seed)
    weight = (random.standard_normal((width, depth)) * size).astype(np.float32)
    inputs = random.uniform(-1, 1, (rows, depth)).astype(np.float32)
    exact = inputs.astype(np.float64) @ weight.T.astype(np.float64)
    found = Product(weight, np.zeros(width, np.float32), largest)(inputs)
    rounded = in_sixteen_bits(inputs) @ in_sixteen_bits(weight).T
    lost, allowed = (np.sqrt(np.square(values - exact).mean()) for values in (found, rounded))
    # Of few numbers 16 bits may lose nothing by chance; then it counts what they can: one part in 256 of each term.
    worst = (np.abs(inputs) @ np.abs(weight).T).max() / 256
    assert lost <= max(2 * allowed, worst if exact.size <= 200 else 0.0)


@given(st.integers(1, 600), st.integers(1, 200), st.integers(0, 99))
@settings(deadline=None, max_examples=40)
def test_every_sum_is_exact(depth: int, width: int, seed: int) -> None:
    """The law that all rests on: no sum of magnitudes passes 2²⁴, even with the largest inputs there can be."""
    random = np.random.default_rng(seed)
    weight = (random.standard_t(1.5, (width, depth))).astype(np.float32)  # some weights far larger than the rest
    product = Product(weight, np.zeros(width, np.float32), 1.0)
    matrix = product._matrix.astype(np.int64)
    assert np.array_equal(matrix, product._matrix)
    assert np.abs(matrix).sum(axis=0).max() * int(product._steps) <= 2**24


def test_inputs_of_any_size_and_none() -> None:
    weight, bias = np.eye(3, dtype=np.float32), np.array([1, 2, 3], np.float32)
    product = Product(weight, bias)
    assert np.array_equal(product(np.zeros((2, 3), np.float32)), np.array([bias, bias]))
    found = product(np.array([[1e-20, 0, 0], [1e20, -1e20, 0]], np.float32))
    np.testing.assert_allclose(found, np.array([[1.0, 2.0, 3.0], [1e20, -1e20, 3.0]]), rtol=1e-3)
    assert np.array_equal(Product(np.zeros((3, 2), np.float32), bias, 1.0)(np.ones((1, 2), np.float32)), bias[None])


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_several_threads_give_what_one_gives(monkeypatch: pytest.MonkeyPatch, threads: int) -> None:
    random = np.random.default_rng(0)
    product = Product(random.standard_normal((90, 70)).astype(np.float32), np.zeros(90, np.float32), 1.0)
    inputs = random.uniform(-1, 1, (7, 70)).astype(np.float32)
    alone = product(inputs)
    monkeypatch.setattr(products, "_WORTH_SHARING", 0)
    monkeypatch.setattr(products, "_thread", threading.local())
    share_among(threads)
    assert np.array_equal(product(inputs), alone)
    assert np.array_equal(product(inputs[:1]), alone[:1])


def test_a_thread_among_others_shares_nothing_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "_WORTH_SHARING", 0)
    monkeypatch.setattr(products, "_helpers", lambda: pytest.fail("another thread was called"))
    monkeypatch.setattr(products, "_thread", threading.local())
    product = Product(np.ones((2, 2), np.float32), np.zeros(2, np.float32), 1.0)
    work_alone()
    np.testing.assert_allclose(product(np.ones((1, 2), np.float32)), 2.0, rtol=1e-3)
