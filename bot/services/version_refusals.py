"""Why a version of the weights is not used, shown or deleted."""

from bot.services.refusals import Refusal


class NoSuchVersion(Refusal):
    key = "error.version.unknown"


class VersionInUse(Refusal):
    key = "error.version.in_use"


class VersionNeeded(Refusal):
    """A job that is not at its end goes on from it."""

    key = "error.version.needed"


class ShippedVersion(Refusal):
    key = "error.version.shipped"


class LastVersion(Refusal):
    key = "error.version.last"


class NothingBefore(Refusal):
    """Nothing else was ever in use."""

    key = "error.version.nothing_before"


class ChangedVersion(Refusal):
    """A file that is not what it was when it was entered."""

    key = "error.version.changed"


class NotOurWeights(Refusal):
    """A file that is none of ours, or damaged; the log has the reason."""

    key = "error.version.not_ours"

    def __init__(self, reason: object) -> None:
        super().__init__(reason=str(reason))


class CannotUse(Refusal):
    """Weights that cannot be loaded; what was in use stays in use."""

    key = "error.version.cannot_use"

    def __init__(self, name: str, reason: object) -> None:
        super().__init__(name=name, reason=str(reason))
