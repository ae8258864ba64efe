"""Whatever is typed, pressed or sent: it is answered, nothing unforeseen happens, nobody is pinged, no Markdown."""

import os
import random
from collections.abc import Iterator, Sequence

import pytest
from simcord import InteractionResult, ResponseMessage
from simcord.interactions import base_payload

from tests.bot.attacks import AT_THE_BEGINNING, MARKUP, Attack, Attacks, drawn, filled, pressed_message
from tests.bot.support import components, rows
from tests.conftest import World

AT_ONCE, PATIENCE_SECONDS = 20, 60.0
FEW = 100
MANY = int(os.environ.get("SOAK_ATTACKS") or 20_000)
SELECTS = {3, 5, 6, 7, 8}


class Siege:
    """People who attack a bot, and what is wrong with its answers."""

    def __init__(self, world: World, number: int) -> None:
        self._world = world
        world.env.settle_timeout = PATIENCE_SECONDS  # many are attended to at once
        self._number = number
        self._chance = random.Random(number)
        self._card = 0  # the message in which something is pressed
        people = (world.env.create_user(f"person{count}") for count in range(5 * AT_ONCE))
        self._people = [world.guild.add_member(person).id for person in people]

    async def run(self, attacks: Sequence[Attack]) -> None:
        """Some attacks in the same moment, by turns; forms that open are sent as well."""
        card = (await self._world.alice.slash(self._world.channel, "poem")).response
        assert card is not None
        self._card = card.id
        for first in range(0, len(attacks), AT_ONCE):
            together = attacks[first : first + AT_ONCE]
            people = self._chance.sample(self._people, len(together))
            sent = [self._send(attack, person) for attack, person in zip(together, people, strict=True)]
            await self._world.env.settle()
            forms = [filled(result.modal, self._chance) for result in sent]
            answers = [self._send(form, person) for form, person in zip(forms, people, strict=True) if form is not None]
            await self._world.env.settle()
            made = [*together, *(form for form in forms if form is not None)]
            for attack, result in zip(made, sent + answers, strict=True):
                self._judge(attack, result)
        faults = await rows(self._world.bot, "SELECT command, trace FROM faults")
        assert not faults, f"seed {self._number}: {faults}"
        assert await rows(self._world.bot, "SELECT * FROM requests WHERE outcome IS NULL") == []
        assert self._world.env.errors  # refusals among them; what is unforeseen was a fault

    def _send(self, attack: Attack, person: int) -> InteractionResult:
        world = self._world
        record, payload = base_payload(
            world.env.backend,
            type=attack.kind,
            channel_id=world.channel.id,
            guild_id=world.guild.id,
            user_id=person,
            data=attack.data,
        )
        if attack.kind == 3:
            record.source_message_id = self._card
            payload["message"] = pressed_message(world, attack.data) | {"id": str(self._card)}
        world.env.backend.emit("INTERACTION_CREATE", payload)
        return InteractionResult(world.env, record)

    def _judge(self, attack: Attack, result: InteractionResult) -> None:
        where = f"{attack}, seed {self._number}"
        assert result.acknowledged, where
        offered = result.autocomplete_choices or []
        assert len(offered) <= 25, where
        assert all(1 <= len(choice["name"]) <= 100 and len(str(choice["value"])) <= 100 for choice in offered), where
        for said in filter(None, (result.response, *result.followups)):
            assert list(wrong_with(said)) == [], where


def wrong_with(said: ResponseMessage) -> Iterator[str]:
    """What Discord would refuse, or show otherwise than as text."""
    parts = list(components(said))
    shown = [said.content, *(part["content"] for part in parts if part["type"] == 10)]
    yield from (f"{markup} in {text}" for text in shown for markup in MARKUP if markup in text)
    yield from (f"the beginning of a line in {text}" for text in shown if AT_THE_BEGINNING.search(text))
    message = said._message
    if message.mention_everyone or message.mention_user_ids or message.mention_role_ids:
        yield "somebody is pinged"
    if len(said.content) > 2_000 or sum(map(len, shown[1:])) > 4_000 or len(parts) > 40:
        yield "too much"
    for part in parts:
        if len(part.get("custom_id") or "") > 100 or len(part.get("label") or "") > 80:
            yield f"too long: {part}"
        if part["type"] in SELECTS and len(part.get("placeholder") or "") > 150:
            yield f"too long: {part}"
        options = part.get("options", [])
        if len(options) > 25 or any(len(option["label"]) > 100 for option in options):
            yield f"too much: {part}"


async def test_whatever_is_sent_is_answered_and_does_no_harm(world: World) -> None:
    await Siege(world, 1).run(drawn(Attacks(world).any(), FEW, 1))


@pytest.mark.soak
async def test_whatever_is_sent_for_long_is_answered_and_does_no_harm(world: World) -> None:
    """SOAK_SEED=… makes the same attacks again, SOAK_ATTACKS=… fewer or more of them."""
    number = int(os.environ.get("SOAK_SEED") or random.SystemRandom().randrange(2**32))
    print(f"seed {number}")
    await Siege(world, number).run(drawn(Attacks(world).any(), MANY, number))
