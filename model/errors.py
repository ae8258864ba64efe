"""Faults that a person can mend. `str()` of each is one line: what is wrong, and what to do instead."""

from __future__ import annotations

from typing import ClassVar, Final, Literal

StartFault = Literal["empty", "not_han", "too_long", "unknown"]
ThemeFault = Literal["empty", "not_han", "too_long"]
CorpusFault = Literal["missing", "empty", "encoding", "format", "damaged", "too_large", "no_poems", "other"]
HeadsFault = Literal["empty", "not_han", "too_long", "too_few", "unknown"]
NumberFault = Literal[
    "empty", "not_a_number", "negative", "decimal", "spaces", "too_few", "too_many", "too_long", "below_zero"
]

_START_MESSAGES: Final[dict[str, str]] = {
    "empty": "the start is empty: give one or more Chinese characters, such as 月",
    "not_han": "the start may hold Chinese characters only, without {shown}: give something like 月 or 清明时节雨",
    "too_long": "the start is too long: give at most 32 Chinese characters, and no more than the form has room for",
    "unknown": "these weights do not know {shown}: choose another start, or let unknown characters stay as typed",
}

_THEME_MESSAGES: Final[dict[str, str]] = {
    "empty": "the theme is empty: say in Chinese characters what the poem is about, such as 思乡, or leave it out",
    "not_han": "the theme may hold Chinese characters only, without {shown}: give something like 思乡 or 春雨",
    "too_long": "the theme is too long: give at most 12 Chinese characters, such as 送友人归江南",
}

_HEADS_MESSAGES: Final[dict[str, str]] = {
    "empty": "there are no heads: give 2 to 8 Chinese characters, one for each line, such as 我爱长安",
    "not_han": "heads are Chinese characters only, without {shown}: give something like 我爱长安",
    "too_long": "there are too many heads: give 2 to 8 Chinese characters, one for each line",
    "too_few": "one head makes no acrostic: give 2 to 8 Chinese characters, one for each line",
    "unknown": "these weights do not know {shown}: choose other heads, or let unknown characters stay as typed",
}

_NUMBER_MESSAGES: Final[dict[str, str]] = {
    "empty": "a number is empty: give whole numbers, such as 123 and 456",
    "not_a_number": "{shown} cannot be read as a whole number: write digits, such as 123, or numerals, such as 3万",
    "negative": "{shown} is negative: give whole numbers of zero or more",
    "decimal": "{shown} has a decimal point: give whole numbers",
    "spaces": "{shown} has spaces or separators inside: write its digits together, such as 1234567",
    "too_few": "numbers are missing: give two, such as 123 and 456, or three where the weights take three",
    "too_many": "too many numbers: give two, or three where the weights take three",
    "below_zero": "{shown} is more than the number before it: the larger number comes first, nothing goes below zero",
    "too_long": "{shown} has too many digits: give a shorter number",
}

_SHOWN_CHARACTERS = 24


def _shorten(text: str) -> str:
    """The text in quotes, safe to print: control characters escaped, cut where it is long."""
    cut = text if len(text) <= _SHOWN_CHARACTERS else text[:_SHOWN_CHARACTERS] + "…"
    return repr(cut)


class ModelError(Exception):
    """A fault that a person can mend."""

    kind: ClassVar[str] = "fault"
    """In a word, for programs."""


class CorpusError(ModelError):
    """A corpus that cannot be found, read or used.

    Attributes:
        fault: what is wrong, for who says it in other words.
    """

    def __init__(self, message: str, fault: CorpusFault = "other") -> None:
        self.fault: CorpusFault = fault
        super().__init__(message)

    kind = "corpus"


class CheckpointError(ModelError):
    """A file of weights that cannot be read or written."""

    kind = "weights"


class NotSavedError(CheckpointError):
    """A file of weights that could not be written: the one before it is as it was."""

    kind = "disk"


class CertificateError(ModelError):
    """A certificate of exactness that is missing, foreign or wrong, or that cannot be had."""


class RecipeError(ModelError):
    """A recipe that does not exist, or whose settings do not fit."""

    kind = "recipe"


class TrainingError(ModelError):
    """A training run that cannot start or go on."""

    kind = "training"


class DiskError(TrainingError):
    """A run whose notes cannot be written."""

    kind = "disk"


class FolderTakenError(TrainingError):
    """A folder in which another process trains."""

    kind = "taken"


class NotANumberError(TrainingError):
    """A run whose loss or weights are no finite numbers any more."""

    kind = "no_number"


class BadStart(ModelError):  # noqa: N818 - a name that others rely on
    """A start that no poem can begin with.

    Attributes:
        reason: what is wrong.
        characters: the characters at fault, at most the first few; empty where none can be named.
    """

    def __init__(self, reason: StartFault, characters: str = "") -> None:
        self.reason: StartFault = reason
        self.characters = characters
        super().__init__(_START_MESSAGES[reason].format(shown=_shorten(characters)))


class BadTheme(ModelError):  # noqa: N818 - beside BadStart
    """A theme that no poem can have; attributes as those of `BadStart`."""

    def __init__(self, reason: ThemeFault, characters: str = "") -> None:
        self.reason: ThemeFault = reason
        self.characters = characters
        super().__init__(_THEME_MESSAGES[reason].format(shown=_shorten(characters)))


class BadHeads(ModelError):  # noqa: N818 - beside BadStart
    """Characters that no lines can begin with; attributes as those of `BadStart`."""

    def __init__(self, reason: HeadsFault, characters: str = "") -> None:
        self.reason: HeadsFault = reason
        self.characters = characters
        super().__init__(_HEADS_MESSAGES[reason].format(shown=_shorten(characters)))


class BadNumber(ModelError):  # noqa: N818 - a name that others rely on
    """A text that is not a number which the adder takes.

    Attributes:
        reason: what is wrong.
        text: the text as it was given.
    """

    def __init__(self, reason: NumberFault, text: str = "") -> None:
        self.reason: NumberFault = reason
        self.text = text
        super().__init__(_NUMBER_MESSAGES[reason].format(shown=_shorten(text)))
