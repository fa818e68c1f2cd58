"""Experiments that need many trainings."""
