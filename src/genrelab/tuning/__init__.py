"""Hyperparameters searched with Keras Tuner, on one machine or on several."""
