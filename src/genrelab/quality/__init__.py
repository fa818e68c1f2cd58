"""Statistics of a corpus, and its faults."""
