"""What the tests of versions and corpora share: children that answer in this process, the last answer, messages."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from simcord import InteractionResult, ResponseMessage

from bot.cogs.following import TOLD_SECONDS
from bot.services.children import Bounds, ChildFailed, Children
from model.__main__ import _parser
from model.corpus import take_command
from model.corpus.download import take_copy
from model.errors import CorpusError
from tests.conftest import World


def run_here(_: Children, command: Sequence[str], __: Bounds) -> dict[str, Any]:
    options = _parser().parse_args(command[command.index("model") + 1 :])
    works = {"take": take_command._take, "listed": take_command._listed, "mix": take_command._mix, "download": _copy}
    try:
        return works[command[command.index("corpus") + 1]](options)
    except CorpusError as error:
        raise ChildFailed(error.fault, str(error)) from error


def _copy(options: Any) -> dict[str, Any]:
    return {"files": take_copy(options.to, options.copy, Console(quiet=True))}


async def asked(world: World, path: str, **options: Any) -> ResponseMessage:
    """The last private answer to a command of the owner's, which may come after a while."""
    result = await world.alice.slash(world.channel, f"admin {path}", **options)
    return last(world, result)


def last(world: World, result: InteractionResult) -> ResponseMessage:
    """The last answer, after one that only says that it takes a while."""
    assert isinstance(world.env.errors, list)
    answer = result.followups[-1] if result.followups else result.response
    assert answer is not None
    assert answer.ephemeral
    return answer


async def later(world: World) -> None:
    """Until the loops have been round once more."""
    await world.env.advance_time(TOLD_SECONDS)


def told(world: World, person_id: int) -> list[ResponseMessage]:
    """The direct messages that a person has got."""
    backend = world.env.backend
    channel = backend.dm_channels.get(person_id)
    messages = backend.messages.get(channel, {}).values() if channel else ()
    return [ResponseMessage(world.env, message) for message in messages]
