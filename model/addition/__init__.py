"""Learn2Carry: a recurrent network that adds, column by column. Names are imported when first used."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from model.addition.adder import Adder, Addition

__all__ = ["Adder", "Addition"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("model.addition.adder"), name)
