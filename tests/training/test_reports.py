"""What is said of a training that a budget has cut short."""

from genrelab.classifiers.base import Epoch
from genrelab.config import Training
from genrelab.training import reports

TRAINING = Training(epochs=25, batch_size=20, early_stopping=0, restore_best=False, minutes=4)


def test_a_training_that_was_cut_short_says_by_what_and_after_how_many_steps():
    epochs = [Epoch(1, {}, 100.0, 14), Epoch(2, {}, 150.0, 14, cut_short=True), Epoch(3, {}, 1.0)]  # the last: a head's
    words = "cut short by training.minutes = 4 after 28 optimizer steps, 2 of 25 epochs"
    assert reports.cut_short(epochs, TRAINING, by_epochs=True) == words
    assert reports.cut_short(epochs[1:2], TRAINING, by_epochs=False).endswith(
        "14 optimizer steps, summed over all members"
    )
    assert reports.cut_short(epochs[:1], TRAINING, by_epochs=True) == ""
    assert reports.with_remark("a", "b") == "a; b"
    assert reports.with_remark("a", "") == "a"
