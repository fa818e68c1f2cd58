"""Pretrained nets whose layers describe sounds, one per module: facts about the weights, `layers` and `encode`."""
