"""Score saved models, compare runs, promote champions."""
