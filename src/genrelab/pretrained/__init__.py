"""Nets whose weights are fetched and verified."""
