"""Floors: the least a bot can be, each a process of its own."""
