"""What is declined about poems that people keep and asked for, and how those are searched."""

import unicodedata

from bot.services.refusals import Refusal
from model.script import Script, convert, normalise, unify


class NothingKept(Refusal):
    """Somebody who keeps no poem yet."""

    key = "error.favorites.none"


class NothingFound(Refusal):
    """No kept poem has what is searched."""

    key = "error.favorites.not_found"


class NotKept(Refusal):
    """A poem that the person does not keep."""

    key = "error.favorites.not_kept"


class NoSuchPage(Refusal):
    """A page that was there when its button was drawn."""

    key = "error.favorites.no_page"


class NoPoemCard(Refusal):
    """A message that is no card of a poem, or not one of ours."""

    key = "error.favorites.no_card"


class MayNotRemove(Refusal):
    """Somebody who neither asked for a card nor keeps order in its channel."""

    key = "error.favorites.may_not_remove"


class NothingAsked(Refusal):
    """Somebody who asked for no poem yet."""

    key = "error.history.none"


def cleaned(typed: str) -> str:
    """What is searched without spaces and what nobody sees; empty where nothing is left."""
    return "".join(char for char in unify(typed) if unicodedata.category(char)[0] not in "ZC")


def spellings(search: str) -> tuple[str, ...]:
    """How what is searched may be written in a poem, in either script; none where nothing is searched."""
    forms = (search, *(convert(search, script) for script in Script), normalise(search))
    return tuple(dict.fromkeys(filter(None, forms)))
