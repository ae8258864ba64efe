"""The search for a proof that a network is exact. What it finds is believed only after `certificate.check`."""

import hashlib
import json
from pathlib import Path

import numpy as np
from safetensors.numpy import save

from model.addition.adder import read_network
from model.addition.certificate import METADATA, Claim, Proof, certificate_of, verify
from model.addition.folded import Array, FoldedNetwork
from model.addition.operations import BASE, Whole
from model.corpus.files import write_whole
from model.errors import CertificateError

_PAD = 1e-6
"""How much wider than need be the boxes are on each side: room for what the check rounds outward."""
_ERROR = 1e-8
"""The error of a step that the boxes are claimed to bear; far above float64's, well below the pad."""
_SETTLED = 1e-9
_ROUNDS = 500


def certify(weights: Path) -> Proof:
    """Look for boxes that prove the weights exact, and write the certificate beside them.

    Raises:
        CertificateError: if no boxes are found; these weights may be wrong somewhere, or right and not provably so.
        CheckpointError: if the weights cannot be read, or nothing can be written.
    """
    network = read_network(weights)[1]
    if network.cell != "rnn":
        raise CertificateError(
            f"{weights}: a proof is known for Elman networks only, and this is a {network.cell.upper()}"
        )
    low, high, settled = _boxes(network)
    if not settled:
        raise CertificateError(f"{weights}: the bounds of its states go on growing, so that nothing can be proven")
    margin = float(_leads(network, low, high).min())
    if margin <= 0:
        raise CertificateError(f"{weights}: in the worst case a wrong digit may lead by {-margin:.2f}")
    # The check rounds outward, so that it finds a little less.
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    claim = Claim(weights=digest, operation=network.operation.name, error=_ERROR, margin=margin - 1e-6)
    content = save(
        {"low": low.astype(np.float32), "high": high.astype(np.float32)}, {METADATA: json.dumps(claim.model_dump())}
    )
    write_whole(certificate_of(weights), content)
    return verify(weights)


def worst_margin(network: FoldedNetwork) -> float:
    """The least lead of a right digit over another in any sum of any length, as far as the search can bound it."""
    low, high, _ = _boxes(network)
    return float(_leads(network, low, high).min())


def _boxes(network: FoldedNetwork) -> tuple[Array, Array, bool]:
    """Boxes that contain what follows from them: begun with the first columns alone, and grown until nothing new comes.

    Begun with anything larger, they may settle around more than can be reached.

    Returns:
        Lower and upper ends, (cases, hidden), in the order of `Operation.cases`, and whether they settled.
    """
    table = network.table.reshape(-1, len(network.first))
    _, carries = network.operation.cases()
    points = np.tanh(table + network.first @ network.recurrent)
    low, high = _hulls(network, points, points, carries[-len(points) :])
    for _ in range(_ROUNDS):
        lows, highs = (np.concatenate([*np.tanh(table + end[:, None]), points]) for end in (low, high))
        lows, highs = _single(lows - _PAD, -np.inf), _single(highs + _PAD, np.inf)
        wider_low, wider_high = _hulls(network, lows, highs, carries)
        growth = max((low - wider_low).max(), (wider_high - high).max())
        if growth <= _SETTLED:
            return lows, highs, True
        low, high = np.minimum(low, wider_low), np.maximum(high, wider_high)
    return lows, highs, False


def _single(ends: Array, outward: float) -> Array:
    """The ends as the file has them: in single precision, moved outward."""
    return np.nextafter(ends.astype(np.float32), np.float32(outward)).astype(np.float64)


def _hulls(network: FoldedNetwork, low: Array, high: Array, carries: Whole) -> tuple[Array, Array]:
    """Ends of h U after each carry, (carries, hidden): the hull of the boxes' images, box by box."""
    centre, radius = (low + high) / 2 @ network.recurrent, (high - low) / 2 @ np.abs(network.recurrent)
    cases = [carries == carry for carry in range(network.operation.carries)]
    return (
        np.stack([(centre - radius)[chosen].min(axis=0) for chosen in cases]),
        np.stack([(centre + radius)[chosen].max(axis=0) for chosen in cases]),
    )


def _leads(network: FoldedNetwork, low: Array, high: Array) -> Array:
    """The least lead of each box's right digit over each other digit, (cases, 9)."""
    digits, _ = network.operation.cases()
    centre, radius = (low + high) / 2, (high - low) / 2
    leads = np.empty((len(digits), BASE - 1))
    for digit in range(BASE):
        ahead = network.output[:, [digit]] - np.delete(network.output, digit, axis=1)
        bias = network.output_bias[digit] - np.delete(network.output_bias, digit)
        chosen = digits == digit
        leads[chosen] = centre[chosen] @ ahead - radius[chosen] @ np.abs(ahead) + bias
    return leads
