"""What the thesis's two nets share: the activations it tries, and the three spaces it searches."""

ACTIVATIONS = ["relu", "elu", "tanh", "sigmoid"]
SPACES = {
    "units": ("*.units", "learning_rate"),
    "activations": ("*.activation", "learning_rate"),
    "both": ("*.units", "*.activation", "learning_rate"),
}
