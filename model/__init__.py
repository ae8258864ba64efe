"""Recurrent networks that write poems and add numbers. Names are imported when first used: torch takes a second."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from model.addition import Adder, Addition
    from model.checker import check
    from model.generation import Poet
    from model.report import Report
    from model.requests import Poem, PoemRequest

__all__ = ["Adder", "Addition", "Poem", "PoemRequest", "Poet", "Report", "check"]

_HOMES = {
    "Adder": "model.addition",
    "Addition": "model.addition",
    "Poem": "model.requests",
    "PoemRequest": "model.requests",
    "Poet": "model.generation",
    "Report": "model.report",
    "check": "model.checker",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
