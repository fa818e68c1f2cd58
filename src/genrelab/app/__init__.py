"""The page on which a song is dropped: which genres a registered model finds in it, why, when, and what is like it."""
