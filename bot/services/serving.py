"""Why a server's settings are not shown or changed."""

from bot.services.refusals import Refusal


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
