"""What every dataset of the catalog keeps, where its sounds can be had or made."""

from published_corpora import extended_ballroom, ismir2004, magnatagatune
from sounds import write

from genrelab import testing


def test_a_folder_keeps_what_datasets_of_other_packages_must_keep_too(tmp_path):
    for label in ("jazz", "rock"):
        write(tmp_path / label / "a.wav")
    testing.check_dataset("folder", source=str(tmp_path))


def test_the_synthetic_corpus_does_so_too():
    testing.check_dataset("synthetic", genres=["metal"], artists=1, clips_per_artist=1, seconds=2.0)


def test_and_mixtures_of_it_do():
    testing.check_dataset("mixtures", artists=1, clips_per_artist=1, seconds=2.0, most=2)


def test_and_so_do_those_of_others_in_the_layout_that_they_are_published_in(tmp_path):
    testing.check_dataset("extended_ballroom", source=str(extended_ballroom(tmp_path / "x")))
    testing.check_dataset("ismir2004", source=str(ismir2004(tmp_path / "i")))
    testing.check_dataset("magnatagatune", source=str(magnatagatune(tmp_path / "m")))
