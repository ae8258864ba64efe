"""/top, and servers that the bot leaves and comes back to."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from discord.utils import utcnow
from simcord import InteractionResult, ResponseMessage
from simcord.backend import serializers

from bot.store.community import MOST_STARS
from bot.store.database import milliseconds
from bot.store.paging import Place, Turn
from tests.bot.keeping import POEM, written
from tests.bot.support import buttons, command, components, interact, rows, text
from tests.conftest import World

DAY = timedelta(days=1)
ROWS = "SELECT guild_id, left_at IS NULL FROM servers ORDER BY guild_id"


async def loved(
    world: World, *stars: int, guild_id: int | None = None, ago: timedelta = timedelta(hours=1)
) -> list[int]:
    """Poems of the server that so many people began to keep that long ago."""
    guild_id = guild_id or world.guild.id
    texts = [f"第{number}首诗之首句，山月。" for number in range(len(stars))]
    poems = await written(world.bot, world.alice.id, *texts, guild_id=guild_id)
    for poem_id, count in zip(poems, stars, strict=True):
        for person in range(count):
            await world.bot.favorites.keep(100 + person, poem_id, utcnow() - ago)
    return poems


def shown(message: ResponseMessage | None) -> list[tuple[int, int]]:
    """The poems of a page with their stars."""
    entries = [line for line in text(message).split("\n") if line.startswith("**#")]
    return [(int(line.split("**")[1].removeprefix("#")), int(line.rpartition("⭐ ")[2])) for line in entries]


async def refused(world: World, period: str | None = None, **changes: Any) -> ResponseMessage:
    page = await top(world, period, **changes)
    assert world.env.errors
    return page


async def top(world: World, period: str | None = None, **changes: Any) -> ResponseMessage:
    data = command(world, "top", **({"period": period} if period else {}))
    result = await interact(world, data, **changes)
    assert result.response is not None
    return result.response


def answer(result: InteractionResult) -> ResponseMessage:
    assert result.response is not None
    return result.response


async def test_the_most_loved_come_first_and_of_equals_the_newest(world: World) -> None:
    a, b, c, d = await loved(world, 1, 3, 0, 3)
    page = await top(world, "ever")

    assert page.ephemeral
    assert text(page).strip().startswith("### 🏆 Most loved of all time")
    assert shown(page) == [(d, 3), (b, 3), (a, 1)]
    assert str(c) not in {str(poem) for poem, _ in shown(page)}
    assert POEM.theme in text(page)
    assert not buttons(page)


async def test_periods_count_the_stars_of_their_time(world: World) -> None:
    [old] = await loved(world, 4, ago=40 * DAY)
    [month] = await loved(world, 3, ago=20 * DAY)
    [week] = await loved(world, 2, ago=6 * DAY)
    await world.bot.favorites.keep(999, old, utcnow())

    assert shown(await top(world)) == [(week, 2), (old, 1)]
    assert shown(await top(world, "week")) == [(week, 2), (old, 1)]
    assert shown(await top(world, "month")) == [(month, 3), (week, 2), (old, 1)]
    assert shown(await top(world, "ever")) == [(old, 5), (month, 3), (week, 2)]


async def test_other_servers_poems_and_those_of_direct_messages_are_not_there(world: World) -> None:
    [ours] = await loved(world, 1)
    await loved(world, 5, guild_id=77)
    poems = await written(world.bot, world.alice.id, "独酌。")
    await world.bot.favorites.keep(1, poems[0], utcnow())

    for period in ("week", "month", "ever"):
        assert shown(await top(world, period)) == [(ours, 1)]


@pytest.mark.parametrize("period", ["week", "ever"])
async def test_pages_turn_both_ways_without_leaving_out_or_repeating_any(world: World, period: str) -> None:
    poems = await loved(world, *[2] * 12)
    page = await top(world, period)
    seen = shown(page)
    assert [button["disabled"] for button in buttons(page).values()] == [True, False]
    for _ in range(2):
        on = list(buttons(page))[1]
        page = answer(await world.alice.click(page, custom_id=on))
        seen += shown(page)
    assert [poem for poem, _ in seen] == poems[::-1]
    assert [button["disabled"] for button in buttons(page).values()] == [False, True]
    back = next(iter(buttons(page)))
    page = answer(await world.alice.click(page, custom_id=back))
    assert shown(page) == seen[5:10]


async def test_a_page_that_is_empty_by_now_is_said(world: World) -> None:
    poems = await loved(world, *[1] * 6)
    page = await top(world, "ever")
    await world.bot.favorites.let_go(100, poems[0])
    result = await world.alice.click(page, custom_id=list(buttons(page))[1])

    assert "nothing on that page any more" in answer(result).content


async def test_one_is_read_in_full_privately(world: World) -> None:
    [poem] = await loved(world, 2)
    page = await top(world)
    card = answer(await world.alice.select(page, [str(poem)], custom_id="top:open"))

    assert card.ephemeral
    assert "第0首诗之首句，山月。" in text(card)
    assert buttons(card)[f"poem:{poem}:keep"]["label"] == "2"


async def test_one_that_is_gone_is_said(world: World) -> None:
    [poem] = await loved(world, 2)
    page = await top(world)
    async with world.bot.poems._database.transaction() as transaction:
        await transaction.execute("DELETE FROM poems")
    result = await world.alice.select(page, [str(poem)], custom_id="top:open")

    assert "no longer have" in answer(result).content


@pytest.mark.parametrize(
    ("period", "locale", "said"),
    [
        ("ever", "en-US", "Nobody keeps a poem from this server yet."),
        ("week", "en-US", "Nobody has starred a poem here in that time."),
        ("month", "zh-CN", "这段时间里还没有人在这里收藏诗"),
        ("ever", "zh-TW", "本伺服器的詩還沒有人收藏"),
    ],
)
async def test_nothing_yet_is_a_hint(world: World, period: str, locale: str, said: str) -> None:
    page = await refused(world, period, locale=locale)

    assert page.ephemeral
    assert said in page.content
    assert "/poem" in page.content


@pytest.mark.parametrize(
    ("locale", "title"),
    [("en-US", "Most loved of the last seven days"), ("zh-CN", "最近七天最受喜爱"), ("zh-TW", "最近七天最受喜愛")],
)
async def test_it_speaks_the_persons_language(world: World, locale: str, title: str) -> None:
    await loved(world, 1)

    assert title in text(await top(world, locale=locale))


async def test_in_a_direct_message_it_is_declined(world: World) -> None:
    result = await world.env.create_user("carol").slash("top")

    assert "those of a server" in answer(result).content
    assert world.env.errors


async def test_hostile_poems_are_only_text_and_long_ones_are_cut(world: World) -> None:
    hostile = "@everyone **x** <@1> [a](https://b)" * 200
    poems = await written(world.bot, 1, *[hostile] * 5, guild_id=world.guild.id)
    for poem in poems:
        await world.bot.favorites.keep(1, poem, utcnow())
    page = await top(world)

    assert len(shown(page)) == 5
    assert len(text(page)) < 4000
    assert "**x**" not in text(page).replace("\\*", "")
    assert len(list(components(page))) < 40


async def test_only_so_many_of_a_servers_newest_stars_are_counted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.store.community.MOST_STARS", 3)
    old, new = (await loved(world, 4, ago=2 * DAY))[0], (await loved(world, 2, ago=DAY))[0]

    assert shown(await top(world, "week")) == [(new, 2), (old, 1)]
    assert MOST_STARS > 1_000


async def test_lists_are_read_through_indexes(world: World) -> None:
    queries: list[str] = []
    database = world.bot.top._database
    fetch_all = database.fetch_all

    async def noted(sql: str, parameters: Any = ()) -> Any:
        queries.append(sql)
        return await fetch_all(sql, parameters)

    database.fetch_all = noted  # type: ignore[method-assign]
    await world.bot.top.ever(1)
    await world.bot.top.ever(1, Place(Turn.BACK, (1, 5)))
    await world.bot.top.since(1, utcnow())
    database.fetch_all = fetch_all  # type: ignore[method-assign]
    ever, back, since = [
        "\n".join(row[3] for row in await fetch_all(f"EXPLAIN QUERY PLAN {sql}", (1,) * sql.count("?")))
        for sql in queries
    ]

    assert "poems USING INDEX poems_by_love (guild_id=? AND loved=? AND id<?)" in ever
    assert "poems USING INDEX poems_by_love (guild_id=? AND loved>? AND loved<?)" in ever
    assert "poems USING INDEX poems_by_love (guild_id=? AND loved=? AND id>?)" in back
    assert back.count("poems USING INDEX poems_by_love (guild_id=? AND loved>?)") == 1
    assert "TEMP B-TREE" not in ever + back
    assert "favorites_by_guild (guild_id=? AND kept_at>?)" in since
    assert "SCAN favorites" not in since
    assert "SCAN poems" not in since


# Servers that the bot leaves.


async def leave(world: World) -> None:
    world.env.backend.remove_guild(world.guild.id)
    await world.env.settle()


async def test_a_server_that_removes_the_bot_is_marked_at_once(world: World) -> None:
    await world.bot.servers.choose(world.guild.id, {"language": "zh-TW"}, utcnow())
    await leave(world)

    assert await rows(world.bot, ROWS) == [(world.guild.id, 0)]


async def test_a_server_without_settings_is_marked_as_well(world: World) -> None:
    await world.bot.server_words.replace(world.guild.id, ["酒"])
    await leave(world)

    assert await rows(world.bot, ROWS) == [(world.guild.id, 0)]


async def test_a_server_that_is_only_out_of_reach_is_not_left(world: World) -> None:
    await world.bot.servers.choose(world.guild.id, {"language": "zh-TW"}, utcnow())
    world.env.backend.emit("GUILD_DELETE", {"id": str(world.guild.id), "unavailable": True})
    await world.env.settle()

    assert await rows(world.bot, ROWS) == [(world.guild.id, 1)]


async def test_coming_back_undoes_it(world: World) -> None:
    guild = world.guild.id
    await world.bot.presence.left(guild + 100, utcnow())
    await world.bot.presence.left(guild, utcnow())
    payload = serializers.guild_create_payload(world.env.backend, world.env.backend.get_guild(guild))
    world.env.backend.emit("GUILD_DELETE", {"id": str(guild)})
    await world.env.settle()
    assert await rows(world.bot, ROWS) == [(guild, 0), (guild + 100, 0)]
    del payload["unavailable"]  # which Discord says of servers that come back, and not of new ones
    world.env.backend.emit("GUILD_CREATE", payload)
    await world.env.settle()

    assert await rows(world.bot, ROWS) == [(guild, 1), (guild + 100, 0)]


async def test_at_the_start_what_happened_meanwhile_is_made_up_for(world: World) -> None:
    now, presence = utcnow(), world.bot.presence
    for guild_id in (1, 2, 3):
        await world.bot.servers.choose(guild_id, {"language": "en"}, now)
    await presence.left(2, now)
    await presence.left(3, now - DAY)
    await world.bot.server_words.replace(4, ["酒"])
    await world.bot.server_words.replace(5, ["酒"])
    await presence.compare([1, 2, 5, 6], now)

    assert await rows(world.bot, ROWS) == [(1, 1), (2, 1), (3, 0), (4, 0), (5, 1)]
    assert await rows(world.bot, "SELECT left_at FROM servers WHERE guild_id = 3") == [(milliseconds(now - DAY),)]


async def test_the_bot_compares_when_it_is_ready(world: World) -> None:
    await world.bot.servers.choose(1, {"language": "en"}, utcnow())
    await world.bot.servers.choose(world.guild.id, {"language": "en"}, utcnow())
    community: Any = world.bot.get_cog("CommunityCog")
    await community.on_ready()

    assert await rows(world.bot, ROWS) == [(1, 0), (world.guild.id, 1)]


async def test_what_was_left_long_ago_is_forgotten_and_nothing_else(world: World) -> None:
    now = datetime(2026, 3, 1, tzinfo=UTC)
    for guild_id in (1, 2, 3):
        await world.bot.servers.choose(guild_id, {"language": "en"}, now)
        await world.bot.server_words.replace(guild_id, ["酒"])
        [poem] = await written(world.bot, 9, guild_id=guild_id)
        async with world.bot.poems._database.transaction() as transaction:
            await transaction.execute("INSERT INTO fame_posts VALUES (?, ?, 4, 5, 'shown', 0)", (poem, guild_id))
    await world.bot.presence.left(1, now - 31 * DAY)
    await world.bot.presence.left(1, now)  # told twice: the first time counts
    await world.bot.presence.left(2, now - 29 * DAY)

    assert await world.bot.presence.forget_left(now - 30 * DAY) == 1
    assert await world.bot.presence.forget_left(now - 30 * DAY) == 0
    assert await rows(world.bot, "SELECT guild_id FROM servers ORDER BY 1") == [(2,), (3,)]
    assert await rows(world.bot, "SELECT guild_id FROM server_words ORDER BY 1") == [(2,), (3,)]
    assert await rows(world.bot, "SELECT guild_id FROM fame_posts ORDER BY 1") == [(2,), (3,)]
    assert len(await rows(world.bot, "SELECT id FROM poems")) == 3
