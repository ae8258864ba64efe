"""A simulated Discord that is as patient at the start of a bot as later."""

from typing import Any

from simcord import Env


class PatientEnv(Env):
    """SimCord gives a bot five seconds to come to rest when it starts, whatever `settle_timeout` says.

    A busy machine takes longer. `_settle_internal` is not a public method; the version of SimCord is pinned, and a test
    looks at how long the start is waited for.
    """

    async def _settle_internal(self, *, timeout: float | None = None, **options: Any) -> None:  # noqa: ASYNC109 - SimCord's
        patience = None if timeout is None else max(timeout, self.settle_timeout)
        await super()._settle_internal(timeout=patience, **options)
