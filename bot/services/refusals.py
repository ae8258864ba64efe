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


class ServerBusy(Refusal):
    """As many requests of one server wait as may."""

    key = "error.server_busy"


class GivenUp(Refusal):
    """A request whose person no longer wanted to wait for it."""

    key = "waiting.given_up"


class BegunAlready(Refusal):
    """A request that cannot be given up any more."""

    key = "waiting.begun"


class WaitsNoMore(Refusal):
    """A request that has ended, or that a restart has cut off."""

    key = "waiting.no_more"


class NotYours(Refusal):
    """Somebody else's request."""

    key = "waiting.not_yours"


class PersonTooOften(Refusal):
    """A person who has to wait before the next request."""

    key = "error.too_often.person"


class ServerTooOften(Refusal):
    """A server whose people have to wait before the next request."""

    key = "error.too_often.server"


class TooSlow(Refusal):
    """A request whose answer came too late for Discord to take it."""

    key = "error.too_slow"


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


class StartDoesNotFitHere(StartDoesNotFit):
    """The same where nobody can choose another form."""

    key = "error.start.form_fixed"


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
