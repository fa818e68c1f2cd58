"""Transfer from nets that have learnt to name tags of music: their embeddings with an SVM or k-NN, or fine-tuned.

Source: Liang & Gu 2020, "Music Genre Classification Using Transfer Learning", who take nets trained on MagnaTagATune
and on the Million Song Dataset over to genres and compare with k-nearest neighbours; the nets are those of Pons & Serra
2019 (musicnn). Input (96, frames), a log-mel spectrogram at 16 kHz, of which the nets judge patches of 3 s; a
clip's embedding is the mean of its patches'. Or the embedding itself (`features.musicnn.embedding`), of which only the
heads are left to choose.

Reported on GTZAN's fault-filtered partition for these embeddings with an SVM: MSD_musicnn 77.2%, MTT_vgg 72.8%,
MTT_musicnn 71.4%.
"""

import keras
from keras import layers
from sklearn.decomposition import PCA
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from genrelab.models import Paper, Staged
from genrelab.models._svc import PairwiseSVC
from genrelab.pretrained.musicnn import embedder

FEATURES = ("musicnn",)
TRAINING_DEFAULTS = {"training.epochs": 15, "training.batch_size": 4}  # of fine-tuning; a clip is ten patches
SPACES = {"heads": ("head", "C", "k"), "pretrained": ("weights", "net")}
PAPER = Paper(
    cite="Liang & Gu 2020, Music Genre Classification Using Transfer Learning",
    reported="not found",
    data="100 songs, sliced; area under ROC",
    left_open="The nets, their layers and the slices are not known to us in detail.",
    differs="The nets are musicnn's (Pons & Serra 2019), whose embeddings with an SVM are reported elsewhere at 77.2% "
    "(MSD_musicnn) on GTZAN's fault-filtered partition; the embedding is the mean over 3-s patches of the maxima over "
    "time (musicnn) or of the last maxima (vgg).",
)


def build(hp, input_shape: tuple[int, ...], n_classes: int) -> Staged | Pipeline | keras.Model:
    """Return a net whose embeddings a pipeline classifies, or a net to be fine-tuned, compiled.

    Input (batch, 96, frames, 1), or (batch, size) of embeddings.
    """
    weights = hp.Choice("weights", ["MSD", "MTT"], default="MSD")
    kind = hp.Choice("net", ["musicnn", "vgg"], default="musicnn")
    how = hp.Choice("head", ["svm", "knn", "finetune"], default="svm")
    pipeline = _head(how, hp.Float("C", 0.01, 100.0, sampling="log", default=1.0), hp.Int("k", 1, 15, default=5))
    rate = hp.Float("learning_rate", 1e-5, 1e-3, sampling="log", default=1e-4)
    if len(input_shape) == 1:
        if how == "finetune":
            raise ValueError("embeddings cannot be fine-tuned; leave features.musicnn.embedding empty")
        return pipeline
    net = embedder(f"{weights}_{kind}", *input_shape)
    if how != "finetune":
        return Staged(net, "embedding", pipeline, trained=False)
    x = layers.Dropout(0.5, name="dropout")(net.output)
    outputs = layers.Dense(n_classes, activation="softmax", name="genre")(x)
    tuned = keras.Model(net.inputs, outputs, name="liang_transfer")
    tuned.compile(keras.optimizers.Adam(rate), "categorical_crossentropy", metrics=["accuracy"])
    return tuned


def _head(how: str, c: float, k: int) -> Pipeline:
    last = ("knn", KNeighborsClassifier(k, metric="cosine")) if how == "knn" else ("svm", PairwiseSVC(c))
    # So many directions as explain nearly all: the rest is noise to distances.
    return Pipeline([("standardise", StandardScaler()), ("directions", PCA(0.99, svd_solver="full")), last])
