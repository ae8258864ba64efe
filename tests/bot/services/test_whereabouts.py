"""Where the bot is: what this process sees, or what Discord names where several share the work."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from bot.services.whereabouts import ASKED_AGAIN, Whereabout, Whereabouts
from bot.share import ALL, Share

NOW = datetime(2026, 1, 1, tzinfo=UTC)
HERE, ELSEWHERE = Whereabout(1, "here", 3), Whereabout(2, "elsewhere", 5)


class Discord:
    def __init__(self) -> None:
        self.asked = 0
        self.servers = [HERE, ELSEWHERE]
        self.fails = False

    async def __call__(self) -> Sequence[Whereabout]:
        self.asked += 1
        if self.fails:
            raise OSError("away")
        return list(self.servers)


def whereabouts(share: Share) -> tuple[Whereabouts, Discord]:
    discord = Discord()
    return Whereabouts(share, lambda: [HERE], discord), discord


async def test_who_serves_all_asks_nobody() -> None:
    known, discord = whereabouts(ALL)
    assert await known.all(NOW) == [HERE]
    assert await known.find(ELSEWHERE.id, NOW) is None
    assert not discord.asked


async def test_one_of_several_asks_discord_once_a_minute() -> None:
    known, discord = whereabouts(Share((0,), 2))
    for passed in (timedelta(), ASKED_AGAIN / 2):
        assert await known.all(NOW + passed) == [HERE, ELSEWHERE]
        assert await known.find(ELSEWHERE.id, NOW + passed) == ELSEWHERE
    assert discord.asked == 1
    discord.servers = [HERE]
    assert await known.all(NOW + ASKED_AGAIN) == [HERE]
    assert discord.asked == 2


async def test_it_asks_again_after_a_change_and_where_the_clock_was_put_back() -> None:
    known, discord = whereabouts(Share((0,), 2))
    await known.all(NOW)
    known.forget()
    await known.all(NOW)
    await known.all(NOW - timedelta(hours=1))
    assert discord.asked == 3


async def test_silence_is_not_taken_for_an_answer() -> None:
    known, discord = whereabouts(Share((0,), 2))
    discord.fails = True
    with pytest.raises(OSError, match="away"):
        await known.all(NOW)
    discord.fails = False
    assert await known.all(NOW) == [HERE, ELSEWHERE]
