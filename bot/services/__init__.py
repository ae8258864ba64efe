"""What the bot does, without a Discord object: ids, text and dataclasses go in and out."""
