"""A training seen from Discord, from the command to the end: the message that lives."""

import discord
import pytest
from simcord import ResponseMessage

from bot.cogs.jobs import OLDEST, setup
from bot.store.jobs import ENDED, State
from bot.words import say
from tests.bot.cogs.jobs.conftest import ENGLISH, until_closed
from tests.bot.owner import admin, message, press, said
from tests.bot.support import buttons, colour, command, interact, rows, text
from tests.bot.training import CORPUS, RECIPE, job_of, live_message, retrain, until, until_state, until_steps
from tests.conftest import World


def files(shown: ResponseMessage) -> list[str]:
    return [attachment.filename for attachment in shown.attachments]


async def until_shown(world: World, words: str) -> None:
    """Until the message says so."""

    async def holds() -> bool:
        return words in text(live_message(world))

    await until(world, holds)


async def test_a_training_is_seen_from_its_begin_to_its_end(owned: World) -> None:
    """A real one, of a real network."""
    result = await retrain(owned, epochs=2)
    assert text(result.response) == say(ENGLISH, "jobs.queued", job=1)
    assert "Job 1: simple-rnn on small" in text(live_message(owned))
    assert "Waits, and is next" in text(live_message(owned))
    assert set(buttons(live_message(owned))) == {"admin:job:1:cancel"}
    await until_state(owned, *ENDED)
    await until_shown(owned, "Done: version gru-1 is better")
    shown = live_message(owned)
    assert "100%" in text(shown)
    assert "Epochs done: 2 of 2" in text(shown)
    assert say(ENGLISH, "version.verdict.better") in text(shown)
    assert "After epoch 2 it writes" in text(shown)
    assert buttons(shown) == {}
    assert files(shown) == ["curve.png"]
    assert await rows(owned.bot, "SELECT settled, told, posts FROM job_messages") == [(1, 0, 1)]
    log = await admin(owned, "jobs log", job=1)
    assert log.response is not None
    assert files(log.response) == ["job-1-log.txt", "job-1-events.jsonl"]


async def test_the_message_lives(owned: World, how: dict[str, str]) -> None:
    await retrain(owned)
    await until_closed(owned)
    first = live_message(owned)
    assert "`██████████░░░░░░░░░░` 50%" in text(first)
    assert "Loss 3.000 · held out 3.500 (best 3.500)" in text(first)
    assert "characters/s: 100" in text(first).casefold()  # behind when it will be ready, where that can be told
    edits = [entry for entry in owned.env.http_requests if entry.method == "PATCH" and "/messages/" in entry.path]
    await owned.env.advance_time(4)
    again = [entry for entry in owned.env.http_requests if entry.method == "PATCH" and "/messages/" in entry.path]
    assert len(again) == len(edits)  # nothing new
    pressed = await interact(owned, press("admin:job:1:cancel"), kind=3, message=message(owned, "admin:job:1:cancel"))
    assert pressed.response is None
    shown = live_message(owned)
    assert shown.id == first.id
    assert "Stopped; it can go on" in text(shown)
    assert set(buttons(shown)) == {"admin:job:1:resume"}
    assert (await job_of(owned)).state is State.STOPPED
    how["how"], stopped = "finish", colour(shown)
    await interact(owned, press("admin:job:1:resume"), kind=3, message=message(owned, "admin:job:1:resume"))
    await until_state(owned, State.DONE)
    await until_shown(owned, "Done: version gru-1")
    assert live_message(owned).id == first.id
    assert colour(live_message(owned)) != stopped


async def test_it_is_not_edited_more_often_than_every_five_seconds(owned: World, how: dict[str, str]) -> None:
    await retrain(owned)
    await until_closed(owned)
    log, shown = owned.bot.jobs.folder(1).log, live_message(owned)
    await owned.env.advance_time(5)
    log.record(event="tick", step=3)
    await until_shown(owned, "step 3 of 4")
    log.record(event="tick", step=4)
    await owned.env.advance_time(3)
    assert "step 3 of 4" in text(live_message(owned))
    await until_shown(owned, "step 4 of 4")
    assert live_message(owned).id == shown.id


@pytest.mark.parametrize(("status", "code"), [(400, 30046), (404, 10008)])
async def test_what_cannot_be_edited_is_replaced(owned: World, how: dict[str, str], status: int, code: int) -> None:
    await retrain(owned)
    await until_closed(owned)
    shown = live_message(owned)
    await owned.env.advance_time(5)
    owned.env.inject_error("PATCH", f"/channels/{owned.channel.id}/messages/*", status=status, code=code)
    owned.bot.jobs.folder(1).log.record(event="tick", step=3)
    await until_shown(owned, "step 3 of 4")
    assert live_message(owned).id != shown.id
    assert await rows(owned.bot, "SELECT posts FROM job_messages") == [(2,)]


async def test_an_old_message_is_replaced_and_goes(owned: World, how: dict[str, str]) -> None:
    await retrain(owned)
    await until_closed(owned)
    shown = live_message(owned)
    await rows(owned.bot, "SELECT 1")
    async with owned.bot.poems._database.transaction() as transaction:
        await transaction.execute(
            "UPDATE job_messages SET posted_at = posted_at - ?", (round(OLDEST.total_seconds() * 1000),)
        )
    owned.bot.jobs.folder(1).log.record(event="tick", step=3)
    await until_shown(owned, "step 3 of 4")
    assert live_message(owned).id != shown.id
    assert shown.id not in owned.env.backend.messages[owned.channel.id]


@pytest.mark.parametrize("status", [502, 403])
async def test_a_discord_that_does_not_answer(owned: World, how: dict[str, str], status: int) -> None:
    """Silence is waited out; a no is a no, and the job goes on unseen."""
    await retrain(owned)
    await until_closed(owned)
    await owned.env.advance_time(5)
    owned.env.inject_error("PATCH", f"/channels/{owned.channel.id}/messages/*", status=status, code=50013)
    owned.bot.jobs.folder(1).log.record(event="tick", step=3)
    await owned.env.advance_time(6)
    await owned.env.advance_time(6)
    if status == 502:
        await until_shown(owned, "step 3 of 4")
    assert ("step 3 of 4" in text(live_message(owned))) == (status == 502)
    assert await said(owned, "jobs cancel", job=1) == say(ENGLISH, "jobs.now.stopped", job=1)
    assert await rows(owned.bot, "SELECT settled FROM job_messages") == [(1,)]


async def test_after_a_restart_the_same_message_goes_on(owned: World, how: dict[str, str]) -> None:
    await retrain(owned)
    await until_closed(owned)
    shown, cog = live_message(owned), owned.bot.get_cog("JobsCog")
    assert cog is not None
    await owned.bot.remove_cog("JobsCog")
    owned.bot.jobs.folder(1).log.record(event="tick", step=3)
    owned.bot.jobs._progress.clear()
    await setup(owned.bot)
    owned.bot.dispatch("ready")
    await until_shown(owned, "step 3 of 4")
    assert live_message(owned).id == shown.id


async def test_where_it_cannot_be_shown_a_direct_message_is_offered(owned: World, how: dict[str, str]) -> None:
    payload = command(owned, "admin")
    payload["options"] = [
        {"name": "retrain", "type": 1, "options": [
            {"name": "recipe", "type": 3, "value": RECIPE}, {"name": "corpus", "type": 3, "value": CORPUS},
        ]}
    ]  # fmt: skip
    result = await interact(owned, payload, app_permissions=str(discord.Permissions(view_channel=True).value))
    assert "I lack: Send Messages · Attach Files" in text(result.response)
    [custom_id] = buttons(result.response)
    assert custom_id == "admin:job:1:direct"
    assert await rows(owned.bot, "SELECT channel_id FROM job_messages") == [(None,)]
    assert result.response is not None
    await owned.alice.click(result.response, custom_id=custom_id)
    await until_steps(owned)
    backend = owned.env.backend
    direct = list(backend.messages[backend.dm_channels[owned.alice.id]].values())
    assert direct[0].content == say(ENGLISH, "jobs.here", job=1)
    assert "Job 1" in text(ResponseMessage(owned.env, direct[-1]))
    assert await said(owned, "jobs cancel", job=1) == say(ENGLISH, "jobs.now.stopped", job=1)
    direct = list(backend.messages[backend.dm_channels[owned.alice.id]].values())
    assert "Stopped" in text(ResponseMessage(owned.env, direct[-1]))


async def test_the_end_is_told(owned: World, how: dict[str, str]) -> None:
    async def told() -> bool:
        return await rows(owned.bot, "SELECT told FROM job_messages") == [(1,)]

    how["how"] = "fail"
    await retrain(owned, tell=True)
    await until_state(owned, State.FAILED)
    await until(owned, told)
    backend = owned.env.backend
    [direct] = backend.messages[backend.dm_channels[owned.alice.id]].values()
    assert direct.content == f"❌ Job 1: {RECIPE} on {CORPUS}: {say(ENGLISH, 'jobs.reason.no_number')}"
    full = await said(owned, "jobs status", job=1)
    assert "the loss is no number at step 2" in full
    assert "the loss is no number at step 2" not in text(live_message(owned))
