"""What every dataset of the catalog keeps, where its sounds can be had or made."""

from sounds import write

from genrelab import testing


def test_a_folder_keeps_what_datasets_of_other_packages_must_keep_too(tmp_path):
    for label in ("jazz", "rock"):
        write(tmp_path / label / "a.wav")
    testing.check_dataset("folder", source=str(tmp_path))


def test_the_synthetic_corpus_does_so_too():
    testing.check_dataset("synthetic", genres=["metal"], artists=1, clips_per_artist=1, seconds=2.0)
