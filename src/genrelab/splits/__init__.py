"""Ways to divide a corpus into folds, one per module: `Params`, `folds(corpus, params)`."""
