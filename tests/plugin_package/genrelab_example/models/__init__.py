"""Plug-ins of the group genrelab.models."""
