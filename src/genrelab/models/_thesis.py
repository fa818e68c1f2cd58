"""What the thesis's two nets share, and others with them: the activations it tries, the three spaces it searches."""

ACTIVATIONS = ["relu", "elu", "tanh", "sigmoid"]
SPACES = {
    "units": ("*.units", "learning_rate"),
    "activations": ("*.activation", "learning_rate"),
    "both": ("*.units", "*.activation", "learning_rate"),
}
