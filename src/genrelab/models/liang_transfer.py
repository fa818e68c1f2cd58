"""Transfer from nets trained to tag music: their embeddings with an SVM or k-NN, or fine-tuning.

Source: Liang & Gu 2020, "Music Genre Classification Using Transfer Learning", who transfer nets trained on
MagnaTagATune and on the Million Song Dataset to genres and compare with k-nearest neighbours; the nets here are those
of Pons & Serra 2019 (musicnn). Input (96, frames), a log-mel spectrogram at 16 kHz, which the nets take in patches of
3 s; a clip's embedding is the mean over its patches. Alternatively, the input is the embedding itself
(`features.musicnn.embedding`); then only the head can be chosen.

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
TRAINING_DEFAULTS = {"training.epochs": 15, "training.batch_size": 4}  # for fine-tuning; a clip is ten patches
SPACES = {"heads": ("head", "C", "k"), "pretrained": ("weights", "net")}
PAPER = Paper(
    cite="Liang & Gu 2020, Music Genre Classification Using Transfer Learning",
    reported="not found",
    data="100 songs, sliced; area under ROC",
    left_open="We do not know the nets, their layers and the slices in detail.",
    differs="The nets are musicnn's (Pons & Serra 2019); others report 77.2% for an SVM on their embeddings "
    "(MSD_musicnn) on GTZAN's fault-filtered partition. The embedding is the mean over 3-s patches of the maxima over "
    "time (musicnn) or of the last max-pooling (vgg).",
)


def build(hp, input_shape: tuple[int, ...], n_classes: int) -> Staged | Pipeline | keras.Model:
    """Return a net and a pipeline on its embeddings, the pipeline alone, or a compiled net to fine-tune.

    Input (batch, 96, frames, 1), or (batch, size) of embeddings for the pipeline alone.
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
    # Keep the directions that explain nearly all of the variance; in distances, the rest is noise.
    return Pipeline([("standardise", StandardScaler()), ("directions", PCA(0.99, svd_solver="full")), last])
