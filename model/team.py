"""Several processes that train one network together, as torchrun starts them. Needs no torch until they meet."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import torch
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Team:
    """Which of how many processes this one is. The first one leads: it alone writes and judges."""

    rank: int = 0
    size: int = 1
    local_rank: int = 0
    """Counted on this machine, which has a GPU for each where there are any."""

    @classmethod
    def of(cls, variables: Mapping[str, str]) -> Self:
        """The team that torchrun tells of; one alone where it tells of none."""
        rank, size, local = (int(variables.get(name) or default) for name, default in _VARIABLES)
        return cls(rank, size, local)

    @property
    def leads(self) -> bool:
        return self.rank == 0

    @property
    def is_alone(self) -> bool:
        return self.size == 1

    @contextmanager
    def meeting(self, device: torch.device) -> Iterator[None]:
        """Inside of this the processes can hear each other: by nccl on GPUs, by gloo on processors."""
        if self.is_alone:
            yield
            return
        from torch import distributed  # noqa: PLC0415 - torch takes a second, and help needs none

        distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
        try:
            yield
        finally:
            distributed.destroy_process_group()

    def total(self, value: Tensor) -> float:
        """The sum of what each has; all of them have to ask."""
        if not self.is_alone:
            from torch import distributed  # noqa: PLC0415

            value = value.clone()
            distributed.all_reduce(value)
        return float(value.item())

    def leaders(self, value: Tensor) -> float:
        """What the first one has; all of them have to ask."""
        return self.total(value if self.leads else value * 0)


_VARIABLES = (("RANK", 0), ("WORLD_SIZE", 1), ("LOCAL_RANK", 0))
