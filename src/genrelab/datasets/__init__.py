"""Corpora, one module per kind: `Params`, `fingerprint(params, cache)`, `candidates(params, workspace, workers)`."""
