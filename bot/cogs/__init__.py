"""Families of commands: they read options, call a service, show the result."""
