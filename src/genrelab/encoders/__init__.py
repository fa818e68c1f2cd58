"""Pretrained nets whose layers describe sounds, one a module: facts of the weights, `layers` and `encode`."""
