"""What is computed from samples, one kind a module: `Params`, `shape(params)`, `extract(samples, params)`."""
