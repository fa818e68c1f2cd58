"""Models of every kind behind one protocol: fit, predict_proba, save, load.

A classifier owns its preprocessing (normalisation is a layer or a pipeline step, fitted on the train part alone), so
serving cannot differ from training. Inputs are features as in the feature store: float32, shape
(clips, *feature shape). Targets are class indices, int, shape (clips,), or, in multi-label tasks, 0 or 1, shape
(clips, tags). Probabilities are those of the fitted model at a temperature, which is saved with the model; see
genrelab.metrics.calibration.
"""

import json
from pathlib import Path
from typing import Any

from genrelab.classifiers.base import BATCH, TEMPERATURE, Classifier, Epoch, Examples, Layer
from genrelab.classifiers.choosing import ChosenClassifier
from genrelab.classifiers.ensemble_spec import Ensembled
from genrelab.classifiers.ensembles import MEMBERS, STACK, Ensemble, MemberInput
from genrelab.classifiers.ensembles import member_inputs as read_member_inputs
from genrelab.classifiers.nets import KerasClassifier
from genrelab.classifiers.nets import read as read_net
from genrelab.classifiers.pipelines import CLASSES, SklearnClassifier
from genrelab.classifiers.pipelines import read as read_pipeline
from genrelab.classifiers.slice_voting import SLICES, Sliced
from genrelab.classifiers.slicing import Slicing
from genrelab.classifiers.stages import HEAD, StagedClassifier
from genrelab.classifiers.tagger import TaggingNet, tagging
from genrelab.errors import ModelError
from genrelab.features._base import Shape
from genrelab.models import Candidates, Staged

__all__ = ["BATCH", "Classifier", "Epoch", "Examples", "Layer", "Sliced", "build", "load"]

# Hyperparameters that control a net's fit: how strongly clips are mixed, and whether the learning rate falls to zero.
MIXUP, ANNEAL = "augment.mixup", "anneal"


def build(
    module: Any,
    hp: Any,
    input_shape: Shape,
    n_classes: int,
    seed: int,
    slicing: Slicing | None = None,
    *,
    multilabel: bool = False,
) -> Classifier:
    """Build the model of a module of models/ with the hyperparameters `hp` and seeded weights.

    With `slicing`, `input_shape` is that of a slice; the classifier takes whole clips and cuts them itself. With
    `multilabel`, it predicts for each of `n_classes` tags whether a clip has it; ModelError for a model that cannot.
    """
    from genrelab.layers.keras_backend import keras

    keras.utils.clear_session()  # drop what an earlier training in this process has left
    keras.utils.set_random_seed(seed)
    return _build(module, hp, input_shape, n_classes, seed, slicing, multilabel)


def _build(
    module: Any, hp: Any, input_shape: Shape, n_classes: int, seed: int, slicing: Slicing | None, multilabel: bool
) -> Classifier:
    from genrelab.classifiers import hyperparameters
    from genrelab.layers.keras_backend import keras

    model = hyperparameters.build(module, hp, input_shape, n_classes)
    if multilabel and not isinstance(model, Ensembled):
        model = tagging(model, module.__name__.rpartition(".")[2])
    wishes = {"mixup": hp.values.get(MIXUP, 0.0), "anneal": hp.values.get(ANNEAL, False)}
    if isinstance(model, keras.Model):
        whole: Classifier = (TaggingNet if multilabel else KerasClassifier)(model, **wishes)
    elif isinstance(model, Staged):
        whole = StagedClassifier.of(model, n_classes, **wishes)
    elif isinstance(model, Ensembled):
        whole = _ensemble(model, n_classes, seed, multilabel)
    elif isinstance(model, Candidates):
        whole = ChosenClassifier(model.pipelines, n_classes)
    else:
        whole = SklearnClassifier(model, n_classes)
    return Sliced(whole, slicing) if slicing else whole


def _ensemble(parts: Ensembled, n_classes: int, seed: int, multilabel: bool) -> Ensemble:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    def rebuild(i: int) -> Classifier:
        member = parts.members[i]
        return _build(member.module, parts.hps[i], member.input_shape, n_classes, seed, member.slicing, multilabel)

    head = None
    if parts.combine == "stack" and multilabel:
        raise ModelError("an ensemble for a task with several labels per clip needs hp.combine = mean, not stack")
    if parts.combine == "stack":
        steps = [("standardise", StandardScaler()), ("regression", LogisticRegression(C=parts.c, max_iter=2000))]
        head = SklearnClassifier(Pipeline(steps), n_classes)
    member_inputs = [
        MemberInput(member.name, places, member.feature.shape)
        for member, places in zip(parts.members, parts.places, strict=True)
    ]
    trainings = [member.training for member in parts.members]
    return Ensemble(member_inputs, [rebuild(i) for i in range(len(member_inputs))], head, trainings, rebuild)


def load(folder: Path) -> Classifier:
    """Load what `save` wrote; executes nothing from outside the folder and this package."""
    loaded = _load(folder)
    path = folder / SLICES
    if path.exists():
        saved = json.loads(path.read_text(encoding="utf-8"))
        saved["pad_value"] = saved.pop("floor", saved.get("pad_value"))  # its former name
        loaded = Sliced(loaded, Slicing(**saved))
    path = folder / TEMPERATURE
    if path.exists():  # older models have no temperature
        loaded.temperature = float(json.loads(path.read_text(encoding="utf-8"))["temperature"])
    return loaded


def _load(folder: Path) -> Classifier:
    net, pipeline = folder / KerasClassifier.FILE, folder / SklearnClassifier.FILE
    tagger = folder / TaggingNet.FILE
    if (folder / MEMBERS).exists():
        member_inputs = read_member_inputs(folder)
        stack = folder / STACK / SklearnClassifier.FILE
        members = [load(folder / str(i)) for i in range(len(member_inputs))]
        return Ensemble(member_inputs, members, _load_pipeline(stack) if stack.exists() else None)
    if (folder / HEAD).exists():
        head = _load_pipeline(folder / HEAD / SklearnClassifier.FILE)
        return StagedClassifier(None, KerasClassifier(read_net(net)), head)
    if net.exists():
        return KerasClassifier(read_net(net))
    if tagger.exists():
        return TaggingNet(read_net(tagger))
    if pipeline.exists():
        return _load_pipeline(pipeline)
    raise ModelError(f"{folder} holds neither {KerasClassifier.FILE} nor {SklearnClassifier.FILE}")


def _load_pipeline(path: Path) -> SklearnClassifier:
    pipeline, classes = read_pipeline(path), path.with_name(CLASSES)
    # Older models lack the number of classes; they have seen every class.
    return SklearnClassifier(pipeline, json.loads(classes.read_text()) if classes.exists() else len(pipeline.classes_))
