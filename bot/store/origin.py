"""Where something that is kept came from."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """The request that made it, who asked and where."""

    request_id: int
    person_id: int
    guild_id: int | None
    channel_id: int | None
