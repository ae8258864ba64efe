"""What the bot declines to do, each with the key of the words that say so."""

from typing import ClassVar


class Refusal(Exception):  # noqa: N818 - a "no" that is expected, not a fault
    """A request that is declined for a reason the person is told."""

    key: ClassVar[str]

    def __init__(self, **values: object) -> None:
        self.values = values
        super().__init__(self.key)


class Busy(Refusal):
    key = "error.busy"


class OneAtATime(Refusal):
    key = "error.one_at_a_time"


class ShuttingDown(Refusal):
    key = "error.shutting_down"


class NoNetwork(Refusal):
    """Weights that are missing or damaged: the person hears that there are none, the log has the reason."""

    key = "error.no_network"

    def __init__(self, reason: object) -> None:
        super().__init__(reason=str(reason))


class StartDoesNotFit(Refusal):
    """A start that is longer than the form."""

    key = "error.start.form_too_short"


class NoVerse(Refusal):
    """A text without Chinese verse."""

    key = "error.check.no_verse"


class NotOneCharacter(Refusal):
    """A text that is not one Chinese character."""

    key = "error.rhyme.one_character"


class UnknownCharacter(Refusal):
    """A character that is in no rhyme group."""

    key = "error.rhyme.unknown"


class Forgotten(Refusal):
    """A poem or an addition that the database no longer has."""

    key = "error.forgotten"
