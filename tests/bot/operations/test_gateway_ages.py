"""How long connections to Discord have been silent, where there are none: in the simulation."""

from bot.operations.states import gateway_age, gateway_ages
from tests.conftest import World


async def test_a_simulated_connection_has_no_age(world: World) -> None:
    assert len(world.bot.shards) == 1
    assert gateway_ages(world.bot) == {}
    assert gateway_age(world.bot) is None
