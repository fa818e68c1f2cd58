"""What every split of the catalog keeps: folds of disjoint, known clips with all labels in each part."""

import pytest

from genrelab import catalog
from genrelab.corpus import Clip, Corpus

CLIPS = tuple(
    Clip(f"{label}.{i:05d}", "", label, f"{label} artist {i % 4}", 30.0, f"{label}{i}")
    for label in ("blues", "jazz", "rock")
    for i in range(20)
)
CORPUS = Corpus(CLIPS, ("blues", "jazz", "rock"))


@pytest.fixture(params=catalog.names("splits"))
def folds(request):
    split = catalog.load("splits", request.param)
    return split.folds(CORPUS, split.Params())


def test_parts_are_disjoint_and_their_clips_known(folds):
    assert folds
    for fold in folds:
        clips = [*fold.train, *fold.valid, *fold.test]
        assert len(clips) == len(set(clips))
        assert set(clips) <= set(CORPUS.ids)


def test_every_part_has_every_label(folds):
    for fold in folds:
        for part in (fold.train, fold.valid, fold.test):
            assert {clip.split(".")[0] for clip in part} == set(CORPUS.classes)
