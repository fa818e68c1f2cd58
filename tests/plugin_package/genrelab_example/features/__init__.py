"""Plug-ins of the group genrelab.features."""
