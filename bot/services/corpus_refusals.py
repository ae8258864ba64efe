"""Why a corpus is not taken, shown or removed."""

from typing import Final

from bot.services.children import ChildFailed
from bot.services.refusals import Refusal


class NoSuchCorpus(Refusal):
    key = "error.corpus.unknown"


class BadCorpusName(Refusal):
    key = "error.corpus.name"


class CorpusNameTaken(Refusal):
    key = "error.corpus.taken"


class CorpusTooLarge(Refusal):
    key = "error.corpus.too_large"


class CorpusInUse(Refusal):
    """A job learns from it."""

    key = "error.corpus.in_use"


class CorpusStays(Refusal):
    """The corpus of loved poems is no folder that could be removed."""

    key = "error.corpus.stays"


class WaitsNoMore(Refusal):
    """Something to be confirmed that was confirmed or thrown away already."""

    key = "error.corpus.waits_no_more"


class DownloadRuns(Refusal):
    key = "error.corpus.download_runs"


class NoFavorites(Refusal):
    """No poem that people love may be learnt from, or too few may."""

    key = "error.corpus.no_favorites"


class NoBase(Refusal):
    """Loved poems are mixed with old ones, and there are none."""

    key = "error.corpus.no_base"


class CannotRead(Refusal):
    """A corpus that the child could not read; the log has what it said."""

    key = "error.corpus.fault.unread"


class EmptyFile(CannotRead):
    key = "error.corpus.fault.empty"


class NotUtf8(CannotRead):
    key = "error.corpus.fault.encoding"


class UnknownFormat(CannotRead):
    key = "error.corpus.fault.format"


class DamagedFile(CannotRead):
    key = "error.corpus.fault.damaged"


class NoPoems(CannotRead):
    key = "error.corpus.fault.no_poems"


class TooMuchInIt(CannotRead):
    """It takes more time or memory than it may: an archive that is small and unpacks to gigabytes, for one."""

    key = "error.corpus.fault.too_much"


_BY_FAULT: Final[dict[str, type[CannotRead]]] = {
    "empty": EmptyFile,
    "encoding": NotUtf8,
    "format": UnknownFormat,
    "damaged": DamagedFile,
    "no_poems": NoPoems,
    "too_large": TooMuchInIt,
    "time": TooMuchInIt,
    "memory": TooMuchInIt,
}


def refusal_of(error: ChildFailed) -> CannotRead:
    """What a person hears of a child that could not read a corpus."""
    return _BY_FAULT.get(error.fault, CannotRead)()
