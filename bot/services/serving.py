"""Why a server's settings are not shown or changed."""

from bot.services.refusals import Refusal


def needed_permissions(*, fame: bool, pictures: bool) -> list[str]:
    """The permissions that the bot needs in a channel in which it posts by itself, as discord.py calls them.

    Args:
        fame: it is the hall of fame, where the number of stars on what was posted is kept up to date.
        pictures: poems are posted as pictures.
    """
    wanted = ["view_channel", "send_messages"]
    if fame:
        wanted.append("read_message_history")
    if pictures:
        wanted.append("attach_files")
    return wanted


class NotInAServer(Refusal):
    key = "error.server.direct"


class NotAMember(Refusal):
    """A server that the bot was not added to: somebody has it in their own account."""

    key = "error.server.not_a_member"


class MayNotManage(Refusal):
    key = "error.server.may_not_manage"


class ChannelGone(Refusal):
    """A channel that is no more, or that the bot does not know of."""

    key = "error.server.channel_gone"


class CannotPost(Refusal):
    """A channel in which the bot lacks permissions."""

    key = "error.server.cannot_post"


class NotANumberOfStars(Refusal):
    key = "error.server.stars"


class OldPanel(Refusal):
    """Something that is no longer to be chosen."""

    key = "error.old_panel"
