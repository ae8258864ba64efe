"""/healthz and /metrics: pages for programs that watch the bot. There is no secret and no id in them."""

from collections.abc import Awaitable, Callable

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from bot.config import ConfigError
from bot.operations.stamps import Stamps, is_stale
from bot.sections import MetricsSection


class Pages:
    """Serves the two pages in the event loop, so that a loop that is stuck does not answer."""

    def __init__(self, stamps: Stamps, registry: CollectorRegistry, look: Callable[[], Awaitable[None]]) -> None:
        """`look` is waited for before the registry is read: it brings what the database has to tell."""
        self._stamps = stamps
        self._registry = registry
        self._look = look
        application = web.Application()
        application.router.add_get("/healthz", self._health)
        application.router.add_get("/metrics", self._metrics)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)

    async def open(self, settings: MetricsSection) -> None:
        """Raises:
        ConfigError: somebody else listens there, or there is no such place.
        """
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, settings.host, settings.port).start()
        except OSError as error:
            place = f"{settings.host}:{settings.port}"
            raise ConfigError(f"metrics.port: cannot listen on {place}: {error.strerror}") from error

    async def close(self) -> None:
        await self._runner.cleanup()

    async def _health(self, _request: web.Request) -> web.Response:
        ages = self._stamps.ages()
        stuck = [part for part, age in ages.items() if is_stale(age)]
        rounded = {part: None if age is None else round(age, 1) for part, age in ages.items()}
        return web.json_response({"seconds": rounded, "stuck": stuck}, status=503 if stuck else 200)

    async def _metrics(self, _request: web.Request) -> web.Response:
        await self._look()
        return web.Response(body=generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_LATEST})
