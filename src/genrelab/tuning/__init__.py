"""Hyperparameter search with Keras Tuner, on one machine or on several."""
