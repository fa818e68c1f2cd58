"""Saved models scored, runs compared, champions promoted."""
