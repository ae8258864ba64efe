"""The Discord bot: all that knows Discord."""
