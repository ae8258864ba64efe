"""The sliced cross-entropy is the cross-entropy."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from model import losses
from model.losses import sliced_cross_entropy

SHAPES = st.tuples(st.integers(1, 40), st.integers(1, 12), st.integers(2, 30))


def problem(shape: tuple[int, int, int], seed: int) -> tuple[Tensor, nn.Linear, Tensor, Tensor]:
    rows, width, symbols = shape
    torch.manual_seed(seed)
    output = nn.Linear(width, symbols)
    shares = torch.rand(rows) + 0.01
    return 2 * torch.randn(rows, width), output, torch.randint(symbols, (rows,)), shares / shares.sum()


def plain(
    features: Tensor, output: nn.Linear, targets: Tensor, shares: Tensor, scale: float
) -> tuple[Tensor, list[Tensor]]:
    """Value and gradients as PyTorch has them, in double precision."""
    inputs, weight, bias = (part.detach().double().requires_grad_() for part in (features, output.weight, output.bias))
    rows = nn.functional.cross_entropy(nn.functional.linear(inputs, weight, bias), targets, reduction="none")
    loss = (rows * shares.double()).sum()
    return loss.detach(), [scale * gradient for gradient in torch.autograd.grad(loss, [inputs, weight, bias])]


def sliced(
    features: Tensor, output: nn.Linear, targets: Tensor, shares: Tensor, scale: float, dtype: torch.dtype
) -> tuple[Tensor, list[Tensor]]:
    inputs = features.clone().requires_grad_()
    loss = sliced_cross_entropy(inputs, output, targets, shares, dtype)
    gradients = torch.autograd.grad(scale * loss, [inputs, output.weight, output.bias])
    return loss.detach().double(), [gradient.double() for gradient in gradients]


@given(SHAPES, st.integers(0, 1000), st.sampled_from([1, 3, 256]), st.sampled_from([1.0, -2.5, 1024.0]))
@settings(deadline=None)
def test_values_and_gradients_are_those_of_pytorch(
    shape: tuple[int, int, int], seed: int, rows: int, scale: float
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(losses.SLICE_ROWS, "cpu", rows)
        found = sliced(*problem(shape, seed), scale, torch.float32)
    wanted = plain(*problem(shape, seed), scale)
    torch.testing.assert_close(found, wanted, atol=1e-5 * abs(scale), rtol=1e-4)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.bfloat16, 3e-2), (torch.float16, 4e-3)])
def test_shorter_numbers_give_nearly_the_same(dtype: torch.dtype, tolerance: float) -> None:
    shape = (600, 16, 50)
    loss, gradients = sliced(*problem(shape, 1), 1.0, dtype)
    wanted, others = plain(*problem(shape, 1), 1.0)
    assert loss.item() == pytest.approx(wanted.item(), rel=tolerance)
    for mine, other in zip(gradients, others, strict=True):
        assert (mine - other).norm() < 2 * tolerance * other.norm()


def test_no_share_is_rounded_away_in_half_precision() -> None:
    """One row of a hundred thousand has a share below the smallest half-precision number."""
    features, output, targets, shares = problem((4, 3, 5), 2)
    loss, gradients = sliced(features, output, targets, shares * 1e-8, 1.0, torch.float16)
    wanted, others = plain(features, output, targets, shares * 1e-8, 1.0)
    assert loss.item() == pytest.approx(wanted.item(), rel=1e-2)
    for mine, other in zip(gradients, others, strict=True):
        assert (mine - other).norm() < 1e-2 * other.norm()


def test_gradients_of_a_tied_matrix_add_up() -> None:
    features, output, targets, shares = problem((9, 4, 6), 3)
    embedding = output.weight
    loss = sliced_cross_entropy(features + embedding[targets], output, targets, shares)
    (found,) = torch.autograd.grad(loss, [embedding])
    rows = nn.functional.cross_entropy(output(features + embedding[targets]), targets, reduction="none")
    (wanted,) = torch.autograd.grad((rows * shares).sum(), [embedding])
    torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-4)
