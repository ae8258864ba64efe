"""Where Discord is: its own addresses, or those of a proxy that stands before it."""

import logging

import discord
import yarl

from bot.sections import DiscordSection

log = logging.getLogger(__name__)


def use_addresses(settings: DiscordSection) -> None:
    """Have discord.py ask there, in the whole process: it has no setting but these attributes of its classes."""
    for name in ("api", "gateway"):
        if address := getattr(settings, name):
            log.warning("[discord] %s is not Discord's own: the token goes to %s", name, address)
    if settings.api:
        discord.http.Route.BASE = settings.api
    if settings.gateway:
        discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(settings.gateway)
