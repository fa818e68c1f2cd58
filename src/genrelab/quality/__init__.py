"""What a corpus is like, and what is wrong with it."""
