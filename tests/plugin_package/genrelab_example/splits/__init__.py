"""Plug-ins of the group genrelab.splits."""
