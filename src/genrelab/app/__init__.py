"""The page for one song: which genres a registered model finds in it, why and when, and which clips are similar."""
