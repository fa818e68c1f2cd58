"""A deep net on single frames as a feature extractor, and a random forest on its aggregated activations.

Source: Sigtia & Dixon 2014, Improved Music Feature Learning with Deep Neural Networks, which compares rectified linear
with sigmoid units, and training with and without dropout. Input (bins, frames), a spectrogram in dB on a linear
frequency scale: 513 bins of windows of 1024 samples, half overlapping, at 22,050 Hz. The net, with three hidden layers,
classifies frame by frame; its loss is that of the mean of the frames' probabilities. The activations of the hidden
layers are then summarised by mean and variance over windows of 215 frames (5 s), half overlapping. A random forest
classifies each window, and a clip gets the mean of its windows' probabilities.

Reported: about 83% on GTZAN, ReLU units with dropout, activations of all layers.
"""

import keras
from keras import layers
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import Pipeline

from genrelab.layers import First, SoundingLength, SoundingMean, WindowMoments
from genrelab.models import Paper, Staged
from genrelab.models._front import front
from genrelab.models._windows import WindowScaler, WindowVote

FEATURES = ("stft",)
# A batch of 4 clips already has 5000 frames.
TRAINING_DEFAULTS = {"training.batch_size": 4}
PAPER = Paper(
    cite="Sigtia & Dixon 2014, Improved Music Feature Learning with Deep Neural Networks",
    reported="about 83%",
    data="GTZAN, random 50/25/25 splits; also the ISMIR 2004 genre set",
    left_open="not taken from the paper: the dropout rate (0.25), the learning rate, the number of epochs.",
    differs="The loss is that of a clip's mean probabilities, not of each frame's; Adam replaces plain gradient "
    "descent; the windows' probabilities are averaged.",
)
SPACES = {"activations": ("activation", "dropout")}
HIDDEN = 3
LAYER = "aggregated"  # the forest's input
PIECES = {"1": (0,), "2": (1,), "3": (2,), "all": (0, 1, 2)}


def build(hp, input_shape: tuple[int, int], n_classes: int) -> Staged:
    """Return the net and the forest; `hp` (keras_tuner.HyperParameters) registers every hyperparameter.

    Input (batch, bins, frames, 1) in dB; the forest gets (clips, windows * 2 * activations), window by window.
    """
    units = hp.Choice("units", [50, 100, 200, 500], default=500)
    activation = hp.Choice("activation", ["relu", "sigmoid"], default="relu")
    dropout = hp.Float("dropout", 0.0, 0.7, default=0.25)
    used = PIECES[hp.Choice("aggregate.layers", list(PIECES), default="all")]
    window = min(hp.Int("aggregate.frames", 1, 2000, default=215), input_shape[1])

    inputs = keras.Input((*input_shape, 1), name="spectrogram")
    length = SoundingLength(name="length")(inputs)
    x = front(inputs, hp, length)
    x = layers.Permute((2, 1, 3), name="time_first")(x)
    x = layers.Reshape((input_shape[1], input_shape[0]), name="frames")(x)
    hidden = []
    for i in range(HIDDEN):
        hidden.append(layers.Dense(units, activation=activation, name=f"hidden{i + 1}")(x))  # (frames, units)
        x = layers.Dropout(dropout, name=f"dropout{i + 1}")(hidden[-1])
    each = layers.Dense(n_classes, activation="softmax", name="genre_of_frames")(x)
    mean = SoundingMean(name="genre_of_clip")(each, length)
    hop = max(1, window // 2)
    moments = [WindowMoments(window, hop, name=f"moments{i + 1}")(hidden[i], length) for i in used]
    aggregated = layers.Concatenate(name=LAYER)(moments) if len(moments) > 1 else layers.Identity(name=LAYER)(*moments)
    outputs = First(name="genre")([mean, aggregated])
    net = keras.Model(inputs, outputs, name="sigtia_dnn_rf")
    rate = hp.Float("learning_rate", 1e-5, 1e-2, sampling="log", default=1e-3)
    net.compile(keras.optimizers.Adam(rate), "categorical_crossentropy", metrics=["accuracy"])

    forest = RandomForestClassifier(n_estimators=hp.Int("trees", 100, 1000, step=100, default=500))
    windows = aggregated.shape[1]
    # Trees ignore scales, but comparisons of clips by the forest's input do not.
    head = Pipeline([("standardise", WindowScaler(windows)), ("forest", WindowVote(forest, windows))])
    return Staged(net, LAYER, head)
