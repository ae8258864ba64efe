"""Everything goes wrong between the bot and Discord, again and again, while people ask and keep poems.

Nothing that was acknowledged is lost, nothing is posted twice, and the bot comes back by itself.
"""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from random import Random

import aiohttp
import pytest

from bot.app import PoetBot
from bot.config import Config
from bot.store.database import DATABASE, Database
from loopback.faults import Fault, Refused
from loopback.people import Channel
from loopback.running import connected
from loopback.server import StandIn
from tests.loopback.fans import Fans, Kept, poem_on, with_daily_poem, with_hall

SEED = 20261127
PEOPLE = 4
STARS = 2
DAILY = 12
"""Servers with a poem of the day, which is due when the bot starts."""
CALLBACK, ANSWER, POST = "interactions/*/callback", "webhooks/*", "channels/*/messages"
MOST_CALLS_BETWEEN = 8
LULL_SECONDS = 0.5
"""Between two blows the bot gets on by some calls, or has so much time."""

pytestmark = pytest.mark.usefixtures("pauses", "impatient")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    patience = aiohttp.ClientTimeout(total=5, sock_connect=5, sock_read=0.3)
    monkeypatch.setattr("bot.operations.silence.PATIENCE", patience)


def too_fast(chance: Random) -> Refused:
    """With a scope, or without one; one of them counts for all calls."""
    scope = chance.choice([None, "user", "shared", "global"])
    return Refused.too_fast(0.02, everywhere=scope == "global", scope=scope)


def refusals(chance: Random) -> Iterator[Fault]:
    """What REST does to the next calls of one kind: to answers, to acknowledgements, to posts."""
    while True:
        method, route = chance.choice([("POST", CALLBACK), ("PATCH", ANSWER), ("POST", ANSWER), ("POST", POST)])
        refused = chance.choice([too_fast(chance), Refused(500), Refused(502), Refused(503), Refused(429)])
        works = refused.status >= 500 and chance.random() < 0.5
        yield chance.choice(
            [
                Fault(method, route, refused, works=works, times=chance.randint(1, 6)),
                Fault(method, route, silent=True, works=chance.random() < 0.5),
                Fault(method, route, seconds=0.2, times=chance.randint(1, 3)),
            ]
        )


class Storm:
    """Faults of all kinds, one after another."""

    def __init__(self, stand_in: StandIn, chance: Random) -> None:
        self.counts: Counter[str] = Counter()
        self._stand_in = stand_in
        self._chance = chance
        self._refusals = refusals(chance)
        gateway = stand_in.gateway
        self._blows: dict[str, Callable[[], Awaitable[None]]] = {
            "the gateway closed, the session can go on": lambda: gateway.drop(chance.choice([1001, 4000])),
            "the gateway closed, the session is lost": lambda: gateway.drop(4009, forget=True),
            "the connection broke without a word": self._tear,
            "the gateway asked to come again": gateway.reconnect,
            "the session was refused": lambda: gateway.invalidate(resumable=False),
            "the session was refused, and could go on": lambda: gateway.invalidate(resumable=True),
            "events came again when it resumed": self._repeat,
        }

    async def rage(self, blows: int) -> None:
        for _ in range(blows):
            await self._calls(self._chance.randint(0, MOST_CALLS_BETWEEN))
            if self._chance.random() < 0.4:
                await self._shake()
            else:
                fault = self._stand_in.faults.add(next(self._refusals))
                self.counts[_name(fault)] += 1
        self._stand_in.faults.waiting.clear()

    async def _calls(self, count: int) -> None:
        """Let the bot get on by so many calls, as long as it does."""
        calls = self._stand_in.calls
        wanted = len(calls) + count
        with suppress(TimeoutError):
            async with asyncio.timeout(LULL_SECONDS):
                await self._stand_in.until(lambda: len(calls) >= wanted)

    async def _shake(self) -> None:
        name = self._chance.choice([*self._blows, "everything came twice"])
        self.counts[name] += 1
        if name not in self._blows:
            self._stand_in.gateway.twice = not self._stand_in.gateway.twice
            return
        await self._stand_in.until(lambda: self._stand_in.gateway.ready)
        await self._blows[name]()

    async def _tear(self) -> None:
        self._stand_in.gateway.tear()

    async def _repeat(self) -> None:
        self._stand_in.gateway.again = self._chance.randint(1, 5)
        await self._stand_in.gateway.drop(4000)


def _name(fault: Fault) -> str:
    effect = ", but it had taken effect" if fault.works else ""
    if fault.silent:
        return f"REST said nothing{effect}"
    if fault.refused is None:
        return "REST was slow"
    limited = "with a scope" if "X-RateLimit-Scope" in fault.refused.headers else "without a scope"
    return f"REST: 429 {limited}" if fault.refused.status == 429 else f"REST: {fault.refused.status}{effect}"


async def weather(config: Config, stand_in: StandIn, seed: int, blows: int) -> Counter[str]:
    """A storm over a bot at work. Returns what happened how often."""
    chance = Random(seed)
    await (await Database.open(config.storage.dir / DATABASE)).close()
    poems = stand_in.server("poets").channel("poems")
    hall = with_hall(stand_in, config, poems, STARS)
    daily = [with_daily_poem(stand_in, config) for _ in range(DAILY)]
    fans = Fans(stand_in, [stand_in.person(f"{n}") for n in range(PEOPLE)], poems, chance, patience=2.0)
    storm = Storm(stand_in, chance)
    limits = config.limits.model_copy(update={"server_per_minute": 60_000})
    config = config.model_copy(update={"limits": limits})
    async with connected(config, stand_in) as bot:
        asking = asyncio.create_task(fans.crowd_in())
        await stand_in.until(lambda: fans.cards, while_runs=asking)
        await storm.rage(blows)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        await comes_back(stand_in, bot, fans)
        await clear_up(bot)
        await look(config, stand_in, fans, hall, daily)
    stand_in.gateway.twice = False
    async with connected(config, stand_in) as bot:
        await comes_back(stand_in, bot, fans)
        await clear_up(bot)
        await stand_in.until(lambda: all(stand_in.rest.posted(place) for place in daily))
    return storm.counts + await look(config, stand_in, fans, hall, daily)


async def clear_up(bot: PoetBot) -> None:
    """What a few rounds of the hall of fame do, which are ten minutes apart."""
    for _ in range(3):
        await bot.fame.refresh()
        await asyncio.gather(*filter(None, [bot.fame._task]))


async def comes_back(stand_in: StandIn, bot: PoetBot, fans: Fans) -> None:
    """Whoever asks next is answered."""
    await stand_in.until(lambda: stand_in.gateway.ready)
    asked = await stand_in.types(fans.people[0], fans.channel, "poem")
    while not asked.answer:  # it may have been asked while nobody listened
        await asyncio.sleep(0.5)
        asked = asked if asked.acknowledged else await stand_in.types(fans.people[0], fans.channel, "poem")
    await bot.journal.idle()


async def look(config: Config, stand_in: StandIn, fans: Fans, hall: Channel, daily: list[Channel]) -> Counter[str]:
    found = Kept.read(config)
    assert (found.integrity, found.written_twice) == ("ok", 0)
    assert fans.acknowledged() <= found.favorites
    assert fans.cards.keys() <= found.poems
    shown = Counter(poem[0] for message in stand_in.rest.posted(hall) if (poem := poem_on(message)))
    famous = {poem for poem, loved in Counter(poem for _, poem in found.favorites).items() if loved >= STARS}
    assert shown == Counter(famous)
    posted = [len(stand_in.rest.posted(place)) for place in daily]
    assert max(posted) <= 1
    return Counter(
        {
            "poems answered": len(fans.cards),
            "stars pressed": len(fans.pressed),
            "favourites acknowledged": len(fans.acknowledged()),
            "poems in the hall of fame": len(shown),
            "poems of the day due": len(daily),
            "poems of the day posted": sum(posted),
        }
    )


async def test_a_storm_loses_nothing_and_repeats_nothing(stand_in: StandIn, config: Config) -> None:
    counts = await weather(config, stand_in, SEED, blows=25)

    assert counts["favourites acknowledged"]
    assert counts["poems in the hall of fame"]


@pytest.mark.soak
@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_long_storm(stand_in: StandIn, config: Config, seed: int) -> None:
    counts = await weather(config, stand_in, seed, blows=700)

    print(f"\nseed {seed}")
    for name, count in sorted(counts.items()):
        print(f"{name}: {count:,}")
    assert counts["favourites acknowledged"] > 100
