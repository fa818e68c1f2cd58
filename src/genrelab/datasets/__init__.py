"""Corpora, one kind a module: `Params`, `fingerprint(params, cache)`, `candidates(params, workspace, workers)`."""
