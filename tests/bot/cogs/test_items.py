"""What is chosen in menus of ours, and told by custom ids, as old panels and forged ones have it."""

from typing import Any

import discord
import pytest

from bot.cogs.items import LARGEST_NUMBER, number_chosen
from bot.services.serving import OldPanel
from bot.store.paging import LAST_KEY, Place, Turn
from bot.words import Language, say
from tests.bot.owner import message
from tests.bot.support import interact, text
from tests.conftest import World


def menu(value: str) -> discord.ui.Select[Any]:
    made: discord.ui.Select[Any] = discord.ui.Select()
    made._values = [value]
    return made


def test_a_number_that_can_be_chosen_is_taken() -> None:
    assert number_chosen(menu("0")) == 0
    assert number_chosen(menu("7"), below=8) == 7
    assert number_chosen(menu(str(LARGEST_NUMBER - 1))) == LARGEST_NUMBER - 1


@pytest.mark.parametrize("value", ["", "x", "-1", "٣", "1.0", " 1", "8", "9" * 19])
def test_anything_else_is_of_an_old_panel(value: str) -> None:
    with pytest.raises(OldPanel):
        number_chosen(menu(value), below=8)


def test_a_place_beyond_all_rows_is_behind_the_last() -> None:
    assert Place.pressed("on", "9" * 19, "3") == Place(Turn.ON, (LAST_KEY, 3))


@pytest.mark.parametrize("custom_id", ["top:open", "history:open", "history:again", "help:page", "favorites:sort:"])
async def test_a_person_is_told_to_open_the_panel_again(world: World, custom_id: str) -> None:
    component = {"type": 3, "id": 2, "custom_id": custom_id, "options": [{"label": "?", "value": "?"}]}
    row = {"type": 1, "id": 1, "components": [component]}
    shown = await interact(
        world,
        {"custom_id": custom_id, "component_type": 3, "values": ["?"]},
        kind=3,
        message=message(world, custom_id) | {"components": [row]},
    )

    assert shown.ephemeral
    assert text(shown.response).strip() == say(Language.ENGLISH, "error.old_panel")
