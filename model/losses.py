"""Cross-entropy of a large output layer, a slice of rows at a time."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

# Rows whose logits exist at the same time: few enough for a processor's cache, enough to keep its cores busy.
SLICE_ROWS = {"cpu": 256, "cuda": 16_384}
_OTHER_DEVICES = 2_048
_LEAST = torch.finfo(torch.float32).tiny


class _SlicedCrossEntropy(torch.autograd.Function):
    """Loss and gradients in one pass over the slices, so that the whole table of logits never exists."""

    @staticmethod
    def forward(
        context: Any,
        features: Tensor,
        weight: Tensor,
        bias: Tensor,
        targets: Tensor,
        shares: Tensor,
        dtype: torch.dtype,
    ) -> Tensor:
        matrix, offset = weight.to(dtype), bias.to(dtype)
        d_features, d_weight, d_bias = torch.empty_like(features), torch.zeros_like(weight), torch.zeros_like(bias)
        loss = torch.zeros((), device=features.device)
        # In 16 bits a mean's share of one row would round to nothing: the largest share counts as one until the end.
        unit = shares.max()
        shares = shares / unit
        rows = SLICE_ROWS.get(features.device.type, _OTHER_DEVICES)
        for first in range(0, len(features), rows):
            part = slice(first, first + rows)
            inputs, target, share = features[part].to(dtype), targets[part, None], shares[part, None]
            slope = torch.addmm(offset, inputs, matrix.t()).float().softmax(dim=-1)
            # A probability that single precision cannot hold costs no more than the smallest that it can.
            loss -= (slope.gather(1, target).clamp_min_(_LEAST).log_() * share).sum()
            # ∂loss/∂logits = share · (softmax − one-hot)
            slope = slope.scatter_add_(1, target, torch.full_like(share, -1.0)).mul_(share)
            d_bias += slope.sum(0)
            slope = slope.to(dtype)
            d_features[part] = slope @ matrix
            d_weight += slope.t() @ inputs
        context.save_for_backward(d_features * unit, d_weight * unit, d_bias * unit)
        return loss * unit

    @staticmethod
    def backward(context: Any, *outer: Tensor) -> tuple[Tensor | None, ...]:
        d_features, d_weight, d_bias = context.saved_tensors
        return d_features * outer[0], d_weight * outer[0], d_bias * outer[0], None, None, None


def sliced_cross_entropy(
    features: Tensor, output: torch.nn.Linear, targets: Tensor, shares: Tensor, dtype: torch.dtype = torch.float32
) -> Tensor:
    """Sum over rows of share · −log softmax(output(features))[target].

    Args:
        features: (rows, width) what the output layer sees.
        output: the output layer, width to symbols.
        targets: (rows,) the right symbols.
        shares: (rows,) what each row weighs, as float32; they add up to one for a mean.
        dtype: in which the matrix products run; sums and softmax stay in float32.

    Returns:
        A scalar in nats.
    """
    function: Callable[..., Tensor] = _SlicedCrossEntropy.apply
    return function(features.float(), output.weight, output.bias, targets, shares, dtype)
