"""What one asks of a `Poet`, and what one gets. Needs no torch."""

from dataclasses import dataclass
from typing import Literal, get_args

from model.forms import Form
from model.script import Script

SEED_LIMIT = 2**63
DRAWN_SEEDS = 2**53
"""Seeds that are drawn stay below this, so that JSON and Discord carry them without loss."""
OnUnknown = Literal["error", "keep"]
Rules = Literal["verse", "length"]


@dataclass(frozen=True, slots=True)
class PoemRequest:
    """A wish for one poem."""

    start: str | None = None
    """The characters that the poem begins with, in either script."""
    form: Form | None = None
    """The form to keep in length, tones and rhyme; the network writes freely where none is given."""
    theme: str | None = None
    """What the poem is about, in either script; a network that knows titles reads it before it writes."""
    heads: str | None = None
    """The characters that the lines begin with, one each (藏头诗)."""
    held: tuple[str, ...] = ()
    """The lines that stand already, one entry for each line of the form; those that are empty are to be written."""
    seed: int | None = None
    """The same seed, weights, options and machine give the same poem; one is drawn where none is given."""
    temperature: float = 0.45
    """1 samples as the network believes, less plays safe, 0 always takes the likeliest character."""
    top_k: int = 0
    """Only the k likeliest characters may come; 0 for all."""
    top_p: float = 0.9
    """Only the likeliest characters that together have this probability may come; 1 for all."""
    script: Script | None = None
    """The script of the poem; that of the start where none is given, else the network's own."""
    rules: Rules = "verse"
    """What of a form is kept: length, tones and rhyme, without a line of the corpus; or the length alone."""
    on_unknown: OnUnknown = "error"
    """What to do with a start character that the network does not know."""
    candidates: int = 1
    """How many poems are written, of which the best is given."""

    def __post_init__(self) -> None:
        if self.seed is not None and not 0 <= self.seed < SEED_LIMIT:
            raise ValueError(f"a seed is a whole number from 0 to {SEED_LIMIT - 1}, not {self.seed}")
        if not 0 <= self.temperature <= 10:
            raise ValueError(f"a temperature lies between 0 and 10, not at {self.temperature}")
        if self.top_k < 0:
            raise ValueError(f"top_k is zero (all characters) or more, not {self.top_k}")
        if not 0 < self.top_p <= 1:
            raise ValueError(f"top_p is more than 0 and at most 1 (all characters), not {self.top_p}")
        if self.on_unknown not in get_args(OnUnknown):
            raise ValueError(f"on_unknown is 'error' or 'keep', not {self.on_unknown!r}")
        if self.rules not in get_args(Rules):
            raise ValueError(f"rules are 'verse' or 'length', not {self.rules!r}")
        if not 1 <= self.candidates <= 1024:
            raise ValueError(f"there are 1 to 1024 candidates, not {self.candidates}")


@dataclass(frozen=True, slots=True)
class Poem:
    """A poem, with all that is needed to write it again."""

    text: str
    """For display: sentences one a line, with punctuation."""
    lines: tuple[str, ...]
    """The lines of verse, without punctuation."""
    form: Form | None
    """The form that the lines have, asked for or not."""
    traditional: str
    """The text in traditional characters, as it was written; empty where the network writes simplified ones."""
    pattern: str
    """The name of the tonal pattern that was kept; empty without a form."""
    theme: str
    """What it is about, asked for or drawn; empty where the network knows no titles."""
    start: str
    """The characters of the start as they were typed; empty where there was none."""
    given: tuple[int, ...]
    """Which of its characters, marks not counted, were given by the request: its rules do not hold for them."""
    broken: tuple[str, ...]
    """The given characters that break the pattern, as they were typed."""
    seed: int
    weights: str
    """The name of the weights: the first 16 hexadecimal digits of their file's SHA-256."""
    script: Script
    unknown: tuple[str, ...]
    """Characters of the start that the network does not know and that stand as they were typed."""
    request: PoemRequest
