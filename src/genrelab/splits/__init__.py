"""Ways to divide a corpus into folds, one a module: `Params`, `folds(corpus, params)`."""
