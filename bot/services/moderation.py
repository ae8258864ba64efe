"""Words that nobody is to read here: the owner's and the server's own, in wishes and in what comes of them."""

import re
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Final

from bot.services.refusals import Refusal
from bot.store.words import ServerWordRepository, bare
from model.requests import Poem, PoemRequest
from model.script import HAN

TRIES: Final = 5
"""So many poems are written until one has none of the words."""
_FIRST_OF_LINE: Final = re.compile(f"(?<![{HAN}])[{HAN}]")


class UnwantedWish(Refusal):
    """A wish with such a word. It is not repeated: what is said may be read by others."""

    key = "error.words.wish"


class UnwantedPoem(Refusal):
    """No poem without such a word came of the wish."""

    key = "error.words.poem"


class UnwantedSeed(Refusal):
    """The one poem that this seed makes has such a word."""

    key = "error.words.seed"


@dataclass(frozen=True, slots=True)
class WordList:
    """Words in the form of bot.store.words.bare."""

    words: frozenset[str]

    def in_text(self, text: str) -> bool:
        """Whether one of the words stands in a text, in either script.

        Marks and line breaks do not part a word: whoever reads a poem aloud, or in columns without marks, reads on.
        """
        plain = bare(text)
        return any(word in plain for word in self.words)

    def in_poem(self, text: str, theme: str = "") -> bool:
        """Whether one of the words stands in a poem: in its theme, its text, or down its lines' first characters."""
        heads = "".join(_FIRST_OF_LINE.findall(text))
        return any(map(self.in_text, (theme, text, heads)))

    def check_wish(self, wish: PoemRequest) -> None:
        """Raises:
        UnwantedWish: one of the words stands in what the poem is to be made of.
        """
        given = (wish.start, wish.theme, wish.heads, *wish.held)
        if any(self.in_text(text) for text in given if text):
            raise UnwantedWish


class Moderation:
    def __init__(self, owners: Iterable[str], servers: ServerWordRepository) -> None:
        self._owners = frozenset(map(bare, owners)) - {""}
        self._servers = servers

    async def words_for(self, guild_id: int | None) -> WordList:
        """The words that count in a server, or in a direct message (None)."""
        own = await self._servers.of(guild_id) if guild_id is not None else []
        return WordList(self._owners.union(own))


async def compose_clean(compose: Callable[[PoemRequest], Awaitable[Poem]], wish: PoemRequest, words: WordList) -> Poem:
    """A poem without any of the words; where one has come, another is written with another seed, a few times.

    Args:
        compose: writes a poem; it draws a seed where the wish has none.
        wish: what the poem is to be made of.
        words: that are not to be in it.

    Raises:
        UnwantedWish: one of the words is in the wish.
        UnwantedPoem: one of them was in every poem that was tried.
        UnwantedSeed: one of them is in the poem of the seed that was asked for.
    """
    words.check_wish(wish)
    for _ in range(TRIES if wish.seed is None else 1):
        poem = await compose(wish)
        if not words.in_poem(poem.text, poem.theme):
            return poem
    raise UnwantedPoem if wish.seed is None else UnwantedSeed
