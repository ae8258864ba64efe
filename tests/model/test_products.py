"""Products are exact sums of whole numbers: near to what was asked for, and the same in any company."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from model import products
from model.products import Floats, Product

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
    matrix = product._blocks.astype(np.int64)
    assert np.array_equal(matrix, product._blocks)
    assert np.abs(matrix).sum(axis=-2).max() * int(product._steps) <= 2**24


def test_inputs_of_any_size_and_none() -> None:
    weight, bias = np.eye(3, dtype=np.float32), np.array([1, 2, 3], np.float32)
    product = Product(weight, bias)
    assert np.array_equal(product(np.zeros((2, 3), np.float32)), np.array([bias, bias]))
    found = product(np.array([[1e-20, 0, 0], [1e20, -1e20, 0]], np.float32))
    np.testing.assert_allclose(found, np.array([[1.0, 2.0, 3.0], [1e20, -1e20, 3.0]]), rtol=1e-3)
    assert np.array_equal(Product(np.zeros((3, 2), np.float32), bias, 1.0)(np.ones((1, 2), np.float32)), bias[None])


@given(SHAPES, st.integers(0, 99))
@settings(deadline=None, max_examples=40)
def test_both_layouts_give_the_same_bits(shape: tuple[int, int, int], seed: int) -> None:
    """With AVX-512 in blocks, without it as a whole: a seed gives the same poem on both."""
    rows, depth, width = shape
    random = np.random.default_rng(seed)
    weight = random.standard_normal((width, depth)).astype(np.float32)
    inputs = random.uniform(-1, 1, (rows, depth)).astype(np.float32)
    with pytest.MonkeyPatch.context() as patch:
        found = []
        for packing in (True, False):
            patch.setattr(products, "_multiplies_without_packing", lambda packing=packing: not packing)
            found.append(Product(weight, weight[:, 0], 1.0)(inputs))
    assert np.array_equal(found[0], found[1])


@pytest.mark.parametrize(
    ("libraries", "expected"),
    [
        ([{"internal_api": "openblas", "architecture": "SkylakeX"}], True),
        ([{"internal_api": "openblas", "architecture": "Haswell"}], False),
        ([], False),
    ],
)
def test_what_the_library_was_made_for_decides_the_layout(
    monkeypatch: pytest.MonkeyPatch, libraries: list[dict[str, str]], *, expected: bool
) -> None:
    controller = SimpleNamespace(select=lambda **_: SimpleNamespace(info=lambda: libraries))
    monkeypatch.setattr(products, "ThreadpoolController", lambda: controller)
    assert products._multiplies_without_packing.__wrapped__() is expected


def test_high_matrices_are_multiplied_as_a_whole() -> None:
    product = Product(np.ones((130, 4000), np.float32), largest=1.0)
    assert len(product._blocks) == 1
    np.testing.assert_allclose(product(np.ones((3, 4000), np.float32)), 4000, rtol=1e-2)
