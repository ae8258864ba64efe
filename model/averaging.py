"""A running average of a network's weights: judged and kept in place of the weights of one moment."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor, nn


class RunningAverage:
    """Exponential average over the steps of a run (Polyak & Juditsky 1992), younger at the beginning.

    The decay of step n, counted from 0, is at most (1 + n) / (10 + n), so that the first draw of the weights is soon
    forgotten.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self._parameters: list[Tensor] = list(network.parameters())
        self._names = [name for name, _ in network.named_parameters()]
        self._decay = decay
        self._means = [parameter.detach().clone() for parameter in self._parameters]

    def update(self, step: int) -> None:
        """Take in the weights after this step, counted from 0."""
        decay = min(self._decay, (1 + step) / (10 + step))
        with torch.no_grad():
            torch._foreach_lerp_(self._means, self._parameters, 1 - decay)

    @contextmanager
    def applied(self) -> Iterator[None]:
        """The network has the averages for its weights inside of this, and its own again behind it."""
        self._exchange()
        try:
            yield
        finally:
            self._exchange()

    def _exchange(self) -> None:
        for number, parameter in enumerate(self._parameters):
            self._means[number], parameter.data = parameter.data, self._means[number]

    def tensors(self) -> dict[str, Tensor]:
        """The averages by the names of the weights."""
        return dict(zip(self._names, self._means, strict=True))

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Go on from averages that `tensors` gave.

        Raises:
            KeyError: if one is missing.
        """
        for mean, name in zip(self._means, self._names, strict=True):
            mean.copy_(tensors[name])
