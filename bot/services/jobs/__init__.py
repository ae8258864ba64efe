"""Trainings in child processes: a queue of them, one at a time, that outlives whatever is killed."""

from bot.services.jobs.jobs import Jobs
from bot.services.jobs.progress import Progress

__all__ = ["Jobs", "Progress"]
