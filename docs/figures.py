#!/usr/bin/env python3
"""Draw the figures of docs/how-it-works.md again, from the shipped weights and certificate: python docs/figures.py"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm
from safetensors.numpy import load_file

from bot.services.fonts import Fonts, NoTypeface, Typeface
from bot.store.additions import AdditionRecord
from bot.ui.cells.diagram import draw_diagram
from bot.ui.cells.heat import draw_gates, labels_of
from bot.ui.cells.reach import draw_reach
from bot.ui.plotting import BLUE, FAINT, INK, JADE, VERMILION, Pen, on_paper, png, sheet
from bot.ui.state_plot import draw_states
from bot.ui.states import plot_words
from bot.words import Language
from model.addition import Adder
from model.addition.adder import read_network
from model.addition.certificate import certificate_of
from model.addition.folded import FoldedNetwork
from model.addition.state_map import Directions
from model.backprop import CellWeights, elman
from model.backprop.weights import Array
from model.generation import Poet
from model.insight.facts import measured
from model.insight.gates import read, trace_of
from model.recipes import Cell
from model.script import Script
from model.shipped import SHIPPED
from model.vocabulary import BEGIN
from model.weights import PoemWeights

FOLDER: Final = Path(__file__).parent / "pictures"
POEM: Final = "白日依山盡，黃河入海流。欲窮千里目，更上一層樓。"
"""王之渙, 登鸛雀樓."""
SUM: Final = ("275", "9648")
_ENGLISH: Final = Language.ENGLISH


def main() -> None:
    try:
        typeface: Typeface | None = Fonts("auto").best(POEM, Script.HANT)
    except NoTypeface:
        sys.exit("Figures need a Chinese typeface: apt install fonts-arphic-ukai")
    FOLDER.mkdir(exist_ok=True)
    for name, draw in FIGURES.items():
        path = FOLDER / f"{name}.png"
        path.write_bytes(draw(typeface))
        print(path)


def diagram(cell: Cell) -> bytes:
    return draw_diagram(cell, _ENGLISH, None)


def compared(cell: Cell) -> Poet:
    return Poet.load(SHIPPED / f"compare-{cell}.safetensors", "cpu")


def gates(typeface: Typeface | None) -> bytes:
    """The gates of an LSTM that reads a famous poem."""
    poet = compared("lstm")
    return draw_gates(read(poet.stepper.as_weights(), poet.vocabulary, POEM), _ENGLISH, typeface)


def errors(typeface: Typeface | None) -> bytes:
    """‖δ_{t,k}‖ of an Elman network over a famous poem: what each loss L_t says to each step k."""
    poet = compared("rnn")
    ids = [BEGIN, *poet.vocabulary.encode(POEM)]
    weights = poet.stepper.as_weights()
    trace = trace_of(weights, ids[:-1])
    apart = elman.pairs(CellWeights.from_arrays(weights.arrays), trace, slopes(weights, trace.h, ids[1:]))
    lengths = np.linalg.norm(apart[..., 0], axis=2)
    figure, pen, brush = sheet(7.2, 6.4), Pen(None), Pen(typeface)
    axes = figure.add_axes((0.1, 0.1, 0.78, 0.84))
    on_paper(axes)
    shown = np.ma.masked_equal(lengths, 0)
    image = axes.imshow(shown, cmap="magma_r", norm=LogNorm(lengths[lengths > 0].min(), lengths.max()))
    places = range(len(POEM))
    axes.set_xticks(places, labels_of("始" + POEM[:-1], typeface), **brush.text(11))
    axes.set_yticks(places, labels_of(POEM, typeface), **brush.text(11))
    axes.tick_params(length=0)
    axes.set_xlabel("step k: the character that is read", **pen.text(10))
    axes.set_ylabel("loss t: the character that is foretold", **pen.text(10))
    axes.set_title(r"$\Vert\delta_{t,k}\Vert$", **pen.formula(14), pad=8)
    bar = figure.colorbar(image, cax=figure.add_axes((0.9, 0.1, 0.025, 0.84)))
    bar.ax.tick_params(colors=INK, labelsize=9)
    return png(figure)


def slopes(network: PoemWeights, states: Array, targets: list[int]) -> Array:
    """∂L_t/∂h_t of the cross-entropy, (time, hidden, 1), through bridge and output layer."""
    weights = {name: value.astype(np.float64) for name, value in network.arrays.items()}
    bridge, embedding = weights["bridge.weight"], weights["embedding.weight"]
    logits = (states[:, :, 0] @ bridge.T + weights["bridge.bias"]) @ embedding.T + weights["output.bias"]
    chances = np.exp(logits - logits.max(axis=1, keepdims=True))
    chances /= chances.sum(axis=1, keepdims=True)
    chances[range(len(targets)), targets] -= 1  # softmax − one-hot
    found: Array = (chances @ embedding @ bridge)[:, :, None]
    return found


def states(_typeface: Typeface | None) -> bytes:
    """Where the states of a sum lie."""
    adder = Adder.load(SHIPPED / "adder.safetensors")
    found = adder.add(*SUM)
    record = AdditionRecord.of(found, version="", certificate="proven")
    chart = adder.state_map(found)
    return draw_states(chart, plot_words(record, chart, _ENGLISH), None)


def boxes(_typeface: Typeface | None) -> bytes:
    """What the boxes of the certificate hand on, and how safely each leads to its digit."""
    path = SHIPPED / "adder.safetensors"
    _, network = read_network(path)
    ends = load_file(certificate_of(path))
    low, high = (ends[name][:200].astype(np.float64) for name in ("low", "high"))
    centre, radius = (low + high) / 2, (high - low) / 2
    totals = np.add.outer((0, 1), np.add.outer(np.arange(10), np.arange(10))).ravel()
    figure, pen = sheet(8.0, 4.2), Pen(None)
    left, right = figure.add_axes((0.08, 0.13, 0.4, 0.74)), figure.add_axes((0.57, 0.13, 0.4, 0.74))
    _handed_on(left, network, centre, radius, totals, pen)
    _leads(right, network, centre, radius, totals, pen)
    return png(figure)


def _handed_on(axes: Axes, network: FoldedNetwork, centre: Array, radius: Array, totals: Any, pen: Pen) -> None:
    directions = Directions.of(network)
    along = network.recurrent @ directions.handed
    middle = centre @ along - directions.handed_middle @ directions.handed
    reach = radius @ np.abs(along)
    spread = np.tile(np.linspace(-0.3, 0.3, 10), 20)
    colours = [VERMILION if total >= 10 else BLUE for total in totals]
    on_paper(axes)
    axes.scatter(totals + spread, middle, s=9, c=colours)
    axes.vlines(totals + spread, middle - reach, middle + reach, colors=colours, lw=1.3)
    title = f"what each box hands on, ± {reach.max():.2f} at most"
    axes.set_title(title, **pen.text(10), pad=7)
    axes.set_xlabel("a + b + carry (red: 10 and more)", **pen.text(9))
    axes.set_ylabel("U h, along its strongest direction", **pen.text(9))
    axes.grid(visible=True, axis="y", color=FAINT, lw=0.5)


def _leads(axes: Axes, network: FoldedNetwork, centre: Array, radius: Array, totals: Any, pen: Pen) -> None:
    leads = []
    for own_centre, own_radius, digit in zip(centre, radius, totals % 10, strict=True):
        ahead = network.output[:, [digit]] - network.output
        bias = network.output_bias[digit] - network.output_bias
        lead = own_centre @ ahead - own_radius @ np.abs(ahead) + bias
        leads.append(float(np.delete(lead, digit).min()))
    on_paper(axes)
    axes.scatter(totals + np.tile(np.linspace(-0.3, 0.3, 10), 20), leads, s=9, color=JADE)
    axes.axhline(0, color=INK, lw=1)
    axes.set_ylim(bottom=0)
    axes.set_title(f"the least lead of the right digit: {min(leads):.2f}", **pen.text(10), pad=7)
    axes.set_xlabel("a + b + carry", **pen.text(9))
    axes.set_ylabel("logits", **pen.text(9))
    axes.grid(visible=True, axis="y", color=FAINT, lw=0.5)


FIGURES: Final[Mapping[str, Callable[[Typeface | None], bytes]]] = {
    "cell-rnn": lambda _: diagram("rnn"),
    "cell-gru": lambda _: diagram("gru"),
    "cell-lstm": lambda _: diagram("lstm"),
    "errors": errors,
    "influence": lambda _: draw_reach(measured(), None, _ENGLISH, None),
    "gates": gates,
    "states": states,
    "boxes": boxes,
}

if __name__ == "__main__":
    main()
