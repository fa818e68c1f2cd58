"""What every split of the catalog keeps: folds of disjoint, known clips, no part empty, whatever the clips' order."""

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from corpora import GTZAN, IDS, corpus
from hypothesis import given, reject, settings
from hypothesis import strategies as st

from genrelab import plugins, testing
from genrelab.corpus import Corpus
from genrelab.datasets import _gtzan_facts as facts
from genrelab.errors import DataError

SPLITS = plugins.names("splits")
PARTS = ("train", "valid", "test")


@st.composite
def corpora(draw) -> Corpus:
    """Some of GTZAN's clips, with artists of its own, and a published division."""
    artists = draw(st.integers(1, 12))
    ids = draw(st.permutations(IDS[: 100 * draw(st.integers(1, 3))]))[: draw(st.integers(30, 300))]
    random = draw(st.randoms(use_true_random=False))
    found = corpus(
        [(id, id.split(".")[0], random.choice(["", *(f"artist {i}" for i in range(artists))])) for id in ids]
    )
    return replace(found, parts={id: random.choice(PARTS) for id in ids})


def divide(name: str, given: Corpus, folder: Path):
    """The folds of a split with its defaults; the split `file` is given a file of the published division.

    To fault_filtered, clips of other artists than GTZAN's would be none of GTZAN's.
    """
    split = plugins.load("splits", name)
    if name == "fault_filtered":
        given = replace(given, clips=tuple(replace(clip, artist="") for clip in given.clips))
    path = folder / "parts.csv"
    path.write_text("\n".join(["clip,part", *(f"{id},{part}" for id, part in given.parts.items())]), encoding="utf-8")
    return split.folds(given, split.Params(path=str(path)) if name == "file" else split.Params())


@pytest.mark.parametrize("name", SPLITS)
@given(given=corpora(), reverse=st.booleans())
@settings(max_examples=15, deadline=None)
def test_parts_are_disjoint_known_and_not_empty_and_the_order_of_clips_counts_nothing(name, given, reverse):
    with tempfile.TemporaryDirectory() as folder:
        try:
            folds = divide(name, given, Path(folder))
        except DataError as error:
            assert "\n" not in str(error)
            reject()
        testing.splits.check_folds(folds, given)
        again = replace(given, clips=given.clips[::-1]) if reverse else given
        assert divide(name, again, Path(folder)) == folds


@pytest.mark.parametrize("name", [name for name in SPLITS if name not in ("file", "fault_filtered")])
def test_it_keeps_what_splits_of_other_packages_must_keep_too(name):
    testing.check_split(name)


@pytest.mark.parametrize("name", ["artist", "artist_kfold"])
@given(given=corpora())
@settings(max_examples=15, deadline=None)
def test_no_artist_is_on_two_sides(name, given):
    artist = {clip.id: clip.artist for clip in given.clips}
    try:
        folds = divide(name, given, Path(tempfile.gettempdir()))
    except DataError:
        reject()
    for fold in folds:
        train, valid, test = ({artist[clip] for clip in part} - {""} for part in (fold.train, fold.valid, fold.test))
        assert not train & valid and not train & test and not valid & test
        assert len(fold.train) + len(fold.valid) + len(fold.test) == len(given.ids)


@pytest.mark.parametrize("name", SPLITS)
def test_every_split_divides_gtzan(name, tmp_path):
    folds = divide(name, replace(GTZAN, parts={id: facts.part(id) for id in facts.parts()}), tmp_path)
    for fold in folds:
        for part in (fold.train, fold.valid, fold.test):
            assert {clip.split(".")[0] for clip in part} == set(GTZAN.classes)


@pytest.mark.parametrize("name", SPLITS)
def test_every_split_has_its_parameters_in_params_yaml(name):
    from genrelab import config

    assert set(config.load().splits[name]) == set(plugins.load("splits", name).Params.model_fields)
