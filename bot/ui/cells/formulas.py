"""The equations of the cells, for a picture and for whoever hears them. Needs no matplotlib.

The notation is that of `model/backprop`.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from model.recipes import Cell


class Formula(NamedTuple):
    """One equation: as it is set, and as plain text."""

    set: str
    plain: str


_NEXT: Final = Formula(r"$\mathbf{y}_k = \mathrm{softmax}(V\,\mathbf{h}_k + \mathbf{c})$", "y_k = softmax(V h_k + c)")


_SIGMA: Final = Formula(r"\sigma", "σ")


def _gate(letter: str, squash: Formula = _SIGMA) -> Formula:
    """A gate of the usual kind, out of the character and the state before it."""
    return Formula(
        rf"$\mathbf{{{letter}}}_k = {squash.set}(W_{letter}\,\mathbf{{x}}_k + U_{letter}\,\mathbf{{h}}_{{k-1}}"
        rf" + \mathbf{{b}}_{letter})$",
        f"{letter}_k = {squash.plain}(W_{letter} x_k + U_{letter} h_(k−1) + b_{letter})",
    )


FORMULAS: Final[Mapping[Cell, Mapping[str, Formula]]] = {
    "rnn": {
        "sum": Formula(
            r"$\mathbf{z}_k = U\,\mathbf{h}_{k-1} + W\,\mathbf{x}_k + \mathbf{b}$", "z_k = U h_(k−1) + W x_k + b"
        ),
        "state": Formula(r"$\mathbf{h}_k = \tanh(\mathbf{z}_k)$", "h_k = tanh(z_k)"),
        "next": _NEXT,
        "back": Formula(
            r"$\dfrac{\partial \mathbf{h}_k}{\partial \mathbf{h}_{k-1}} = \mathrm{diag}(1 - \mathbf{h}_k^{\,2})\;U$",
            "∂h_k/∂h_(k−1) = diag(1 − h_k²) U",
        ),
    },
    "gru": {
        "reset": _gate("r"),
        "update": _gate("z"),
        "candidate": Formula(
            r"$\mathbf{n}_k = \tanh(W_n\,\mathbf{x}_k + \mathbf{b}_n"
            r" + \mathbf{r}_k \odot (U_n\,\mathbf{h}_{k-1} + \mathbf{c}_n))$",
            "n_k = tanh(W_n x_k + b_n + r_k ⊙ (U_n h_(k−1) + c_n))",
        ),
        "state": Formula(
            r"$\mathbf{h}_k = (1 - \mathbf{z}_k) \odot \mathbf{n}_k + \mathbf{z}_k \odot \mathbf{h}_{k-1}$",
            "h_k = (1 − z_k) ⊙ n_k + z_k ⊙ h_(k−1)",
        ),
        "next": _NEXT,
        "back": Formula(
            r"$\dfrac{\partial \mathbf{h}_k}{\partial \mathbf{h}_{k-1}} = \mathrm{diag}(\mathbf{z}_k) + \cdots$",
            "∂h_k/∂h_(k−1) = diag(z_k) + …",
        ),
    },
    "lstm": {
        "forget": _gate("f"),
        "input": _gate("i"),
        "output": _gate("o"),
        "candidate": _gate("g", Formula(r"\tanh", "tanh")),
        "memory": Formula(
            r"$\mathbf{C}_k = \mathbf{f}_k \odot \mathbf{C}_{k-1} + \mathbf{i}_k \odot \mathbf{g}_k$",
            "C_k = f_k ⊙ C_(k−1) + i_k ⊙ g_k",
        ),
        "state": Formula(r"$\mathbf{h}_k = \mathbf{o}_k \odot \tanh(\mathbf{C}_k)$", "h_k = o_k ⊙ tanh(C_k)"),
        "next": _NEXT,
        "back": Formula(
            r"$\dfrac{\partial \mathbf{C}_k}{\partial \mathbf{C}_{k-1}} = \mathrm{diag}(\mathbf{f}_k) + \cdots$",
            "∂C_k/∂C_(k−1) = diag(f_k) + …",
        ),
    },
}
"""Each by the word for what it makes. The last says by what an error is multiplied on its way one step back."""

GATE_NAMES: Final = {"f": "forget", "i": "input", "o": "output", "z": "update", "r": "reset", "h": "state"}
"""The words for what `model.insight.reading.GATES` lists by letters."""
