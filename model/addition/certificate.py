"""Small check of a proof that a network is exact, for all numbers of all lengths. It shares no code with the search.

What is proven. Let the state before the first column be h_0, as it stands in the weights. A column with the digits
x = (a, b, …) leads to h' = tanh(W x + b + U h), where W x is the input layer's product with the digits' embeddings, and
the digit written is the one with the largest logit w_d · h' + b_d. By hand one has a carry c instead of h. The claim:
whatever digits come, for as long as they come, the digit written is the one that one writes by hand.

The proof is by induction over the columns. The certificate has a box, an interval for each unit of the state, for every
column x with every carry c: box(x, c). It has one more for every x, first(x), for x as the first column. Shown is:

1. Beginning: tanh(W x + b + U h_0) lies in first(x), for every x.
2. Step: let (x, c) hand on the carry c', and let h be *anything* in box(x, c), or in first(x) with c = 0. Then, for
   every next column y, tanh(W y + b + U h) lies in box(y, c').
3. Digit: for every h in box(x, c), or in first(x), the logit of the right digit leads every other one.

By 1 and 2 the state after column t lies in the box of its digits and of the true carry that comes in: for t = 1 by 1,
for t + 1 by 2 from t. By 3 every digit is right. There are finitely many boxes, so that all of it can be computed; for
the step it suffices to know, after each carry c', between what U h lies for all h in all boxes that hand on c'.

What is computed with is rounded, here and where numbers are added. u = 2^-53 is float64's largest relative rounding
error and γ_n = n u / (1 - n u). A sum of n products, in any order, fused or not, misses by at most γ_n times the sum of
their magnitudes (Higham, Accuracy and Stability of Numerical Algorithms, 2nd edition, 3.1 and 4.2); tanh is taken to be
within 8 units in the last place. So every bound here is moved outward by what it may miss; and the boxes contain their
images with an error of ε to spare on each side, where ε is at least what one step of `FoldedNetwork` in float64, on any
machine, may miss. The lead in 3 must exceed what its own logits may miss. The proof is about the rounded computation.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load

from model.addition.operations import OPERATIONS, Operation
from model.errors import CertificateError
from model.header import read_header
from model.recipes import OperationName

METADATA: Final = "tangpoet-certificate"
MAX_BYTES: Final = 64 * 2**20

Array = NDArray[np.float64]
Ends = NDArray[np.float32]
Whole = NDArray[np.int64]
Tensors = Mapping[str, NDArray[np.float64]]

_U: Final = 2.0**-53
_TANH: Final = 8 * 2.0**-52
_LARGEST: Final = 2.0
_TINY: Final = 2.0**-1000
"""Covers what underflow may swallow."""


class Claim(BaseModel):
    """What a certificate says of itself."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    format_version: Literal[1] = 1
    weights: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
    """SHA-256 of the file of weights."""
    operation: OperationName
    cell: Literal["elman"] = "elman"
    precision: Literal["float64"] = "float64"
    order: Literal["tanh((W x + b) + U h)"] = "tanh((W x + b) + U h)"
    """In which order a step is computed."""
    error: Annotated[float, Field(gt=0, lt=1)]
    """ε: how much a computed state may miss, in each unit."""
    margin: Annotated[float, Field(gt=0)]
    """The least lead of a right digit's logit over any other."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What was checked and holds."""

    name: str
    weights: str
    operation: OperationName
    boxes: int
    error: float
    margin: float

    @property
    def statement(self) -> str:
        operation = OPERATIONS[self.operation]
        what = "subtracts numbers" if operation.subtracts else f"adds {operation.operands} numbers"
        return (
            f"{self.name}: proven exact: it {what} of any length without error ({self.boxes:,} boxes hold every state "
            f"that can be reached; a right digit leads by {self.margin:.2f} at least; weights {self.weights[:16]})"
        )


def certificate_of(weights: Path) -> Path:
    """Where the certificate of a file of weights is."""
    return weights.with_name(f"{weights.stem}.certificate.safetensors")


def verify(weights: Path) -> Proof:
    """Check the certificate beside the weights.

    Raises:
        CertificateError: if there is none, or it does not prove these weights exact; with the reason.
        CheckpointError: if the weights cannot be read.
    """
    header = read_header(weights, "adder")
    path = certificate_of(weights)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise CertificateError(f"{path}: too large for a certificate")
        content = weights.read_bytes()
        with safe_open(path, framework="numpy") as file:
            claim = Claim.model_validate(json.loads((file.metadata() or {}).get(METADATA, "null")))
            low, high = file.get_tensor("low"), file.get_tensor("high")
        tensors = {name: tensor.astype(np.float64) for name, tensor in load(content).items()}
    except OSError as error:
        raise CertificateError(f"{path}: no certificate that can be read ({error.strerror or error})") from None
    except (SafetensorError, ValidationError, ValueError, TypeError, KeyError) as error:
        reason = str(error).splitlines()[0]
        raise CertificateError(f"{path}: no certificate, or a damaged one ({reason})") from None
    if claim.weights != hashlib.sha256(content).hexdigest():
        raise CertificateError(f"{path}: belongs to other weights than {weights.name}")
    if claim.operation != header.configuration.get("operation"):
        raise CertificateError(f"{path}: is about another operation than {weights.name}")
    if header.configuration.get("cell", "rnn") != "rnn":
        raise CertificateError(f"{path}: the argument is about Elman networks, and {weights.name} holds another cell")
    try:
        check(tensors, claim, low, high)
    except CertificateError as error:
        raise CertificateError(f"{path}: refused: {error}") from None
    return Proof(weights.stem, claim.weights, claim.operation, len(low), claim.error, claim.margin)


def check(tensors: Tensors, claim: Claim, low: Ends, high: Ends) -> float:
    """Check the three points of the proof.

    Args:
        tensors: the weights by name, exactly as they are stored.
        claim: what is claimed.
        low: lower ends of the boxes, (boxes, hidden): all columns with carry 0, then with carry 1 and so on, then as
            first columns; columns in the order of their digits.
        high: upper ends.

    Returns:
        The margin that is proven; at least the one claimed.

    Raises:
        CertificateError: if one of them does not hold.
    """
    operation = OPERATIONS[claim.operation]
    columns, digits, handed_on = _by_hand(operation)
    hidden = len(tensors["first"])
    _check_form(low, high, (len(columns) * (operation.carries + 1), hidden))

    drive, drive_error = _drive(tensors, columns)
    recurrent = tensors["recurrent.weight"].T
    centre, radius = _centred(low.astype(np.float64), high.astype(np.float64))
    image_low, image_high, image_error = _product(centre, radius, recurrent)
    first_low, first_high, first_error = _product(tensors["first"][None], np.zeros((1, hidden)), recurrent)

    step_error = 0.0
    for carry in range(operation.carries + 1):
        rows = slice(carry * len(columns), (carry + 1) * len(columns))
        if carry == operation.carries:  # the first columns, from the initial state itself
            below, above, error = first_low[0], first_high[0], first_error.max()
        else:
            sources = handed_on == carry
            if not sources.any():
                raise CertificateError("a carry that nothing hands on")
            below, above = image_low[sources].min(axis=0), image_high[sources].max(axis=0)
            error = image_error[sources].max()
        next_low, next_high, sum_error = _step(drive, drive_error, below, above)
        step_error = max(step_error, float(error + drive_error.max() + sum_error.max()) + _TANH)
        if (next_low - claim.error < low[rows]).any() or (next_high + claim.error > high[rows]).any():
            place = "the first columns" if carry == operation.carries else f"columns with carry {carry}"
            raise CertificateError(f"a state can leave the boxes ({place})")
    if step_error * (1 + 1e-9) > claim.error:
        raise CertificateError("the error that is claimed for a step is less than float64's")

    margin = _least_lead(tensors, centre, radius, digits)
    if not margin >= claim.margin:
        raise CertificateError(f"a right digit leads by {margin:.6g} only, not by the {claim.margin:.6g} claimed")
    return margin


def _check_form(low: Ends, high: Ends, shape: tuple[int, int]) -> None:
    for ends in (low, high):
        if ends.dtype != np.float32 or ends.shape != shape:
            raise CertificateError("boxes are missing, too many, or of a wrong size")
        if not np.isfinite(ends).all():
            raise CertificateError("a box has an end that is no number")
    if (low > high).any() or np.abs([low, high]).max() > _LARGEST:
        raise CertificateError("a box is empty, or far larger than any state")


def _by_hand(operation: Operation) -> tuple[Whole, Whole, Whole]:
    """Columns (10^operands, operands); of every box the digit to write and the carry to hand on."""
    sign = -1 if -1 in operation.signs else 1
    columns = [[int(digit) for digit in f"{number:0{operation.operands}d}"] for number in range(10**operation.operands)]
    cases = []
    for carry in (*range(operation.carries), 0):
        for column in columns:
            total = sum(s * digit for s, digit in zip(operation.signs, column, strict=True)) + sign * carry
            cases.append((total % 10, sign * ((total - total % 10) // 10)))
    digits, handed_on = np.array(cases).T
    return np.array(columns), digits, handed_on


def _gamma(terms: int) -> float:
    return terms * _U / (1 - terms * _U)


def _centred(low: Array, high: Array) -> tuple[Array, Array]:
    """A centre for each interval and a radius that reaches both ends whatever the rounding."""
    centre = low + (high - low) / 2
    radius = np.maximum(high - centre, centre - low)
    return centre, np.nextafter(radius, np.inf)


def _drive(tensors: Tensors, columns: Whole) -> tuple[Array, Array]:
    """W x + b of every column as computed here, and by how much that, or another machine's, may miss."""
    inputs = tensors["embedding.weight"][columns].reshape(len(columns), -1)
    weights, bias = tensors["input.weight"].T, tensors["input.bias"]
    size = np.abs(inputs) @ np.abs(weights) + np.abs(bias)
    return inputs @ weights + bias, 2 * _gamma(len(weights) + 4) * size + _TINY


def _product(centre: Array, radius: Array, recurrent: Array) -> tuple[Array, Array, Array]:
    """Bounds of U h over boxes, rounded outward, and by how much another machine's product may miss.

    Three roundings of γ_n (the centre's product, the radius's, the size's) and those of the last two sums are covered
    by four of γ_(n+8).
    """
    middle, reach = centre @ recurrent, radius @ np.abs(recurrent)
    size = (np.abs(centre) + radius) @ np.abs(recurrent)
    outward = 4 * _gamma(len(recurrent) + 8) * size + _TINY
    return middle - reach - outward, middle + reach + outward, outward


def _step(drive: Array, drive_error: Array, below: Array, above: Array) -> tuple[Array, Array, Array]:
    """Bounds of tanh(drive + U h) where U h lies between two ends, outward, and what another machine's sum may miss."""
    size = np.abs(drive) + drive_error + np.maximum(np.abs(below), np.abs(above))
    outward = 8 * _U * size + _TINY
    low, high = np.tanh(drive + below - drive_error - outward), np.tanh(drive + above + drive_error + outward)
    return low - 2 * _TANH, high + 2 * _TANH, outward


def _least_lead(tensors: Tensors, centre: Array, radius: Array, digits: Whole) -> float:
    """The least lead of a right digit over another, in any state of any box, as any machine may compute it."""
    output, bias = tensors["output.weight"], tensors["output.bias"]
    # A logit is bounded in both computations, this and the other's, each with its rounding.
    size = (np.abs(centre) + radius) @ np.abs(output).T + np.abs(bias)
    error = 4 * _gamma(output.shape[1] + 8) * size + _TINY
    least = np.inf
    for digit in range(10):
        chosen = digits == digit
        ahead = output[digit] - output
        lead = centre[chosen] @ ahead.T - radius[chosen] @ np.abs(ahead).T + (bias[digit] - bias)
        lead -= error[chosen] + error[chosen, digit][:, None]
        least = min(least, float(np.delete(lead, digit, axis=1).min()))
    return float(np.nextafter(least - 8 * _U * abs(least), -np.inf))
