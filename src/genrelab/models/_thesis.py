"""Shared by the thesis's two nets and others: the activations that the thesis tries, the three spaces it searches."""

ACTIVATIONS = ["relu", "elu", "tanh", "sigmoid"]
SPACES = {
    "units": ("*.units", "learning_rate"),
    "activations": ("*.activation", "learning_rate"),
    "both": ("*.units", "*.activation", "learning_rate"),
}
