"""What the thesis reports: its experiments and the figures of its tables 1-5. Facts only; nothing is computed.

Source: P. Ajufu, Music Genre Classification Using Spectrograms and Deep Learning, MSc, National College of Ireland,
2020, section 6 (tables, figures 5-10) and appendices B and C (figures 13 and 14).

Right answers over 200 clips give every accuracy to within half a percent. Halves are rounded either way: 40.5% and
64.5% are 41 and 65 as accuracy but 40 and 64 as recall, which with 20 clips per genre is the same figure; 59.5%, 83.5%
and 86.5% are 59, 83 and 86.
"""

from typing import NamedTuple

GENRES = ("blues", "classical", "country", "disco", "hiphop", "jazz", "metal", "pop", "reggae", "rock")
CLIPS = 999  # without jazz.00054
TEST_CLIPS = 200
TEST_CLIPS_OF = {"genre": dict.fromkeys(GENRES, 20), "style": {"Eclectic": 60, "Pop": 140}}  # by task and class
EPOCHS = 25
BATCH_SIZE = 20  # clips

# What a reader of the tables should know.
NOTES = (
    "Metal is Pop: the text lists six Pop genres and leaves metal out, but its confusion matrices have 60 Eclectic and "
    "140 Pop clips. Always answering Pop scores 70%.",
    "The text says that the CRNN does better across all experiments; in table 5 the CNN has 70% and the CRNN 66%, "
    "which is not a significant difference on 200 clips (95% intervals 63-76 and 59-72).",
    "Half percents are rounded either way: 81 of 200, 40.5%, appears as an accuracy of 41% and a recall of 40%.",
)


class Experiment(NamedTuple):
    """One of the thesis's tables: a CNN and a CRNN on a task, tuned in `space`, or untuned if it is empty."""

    table: int
    title: str
    task: str
    space: str


class Reported(NamedTuple):
    """What the thesis reports for a model: macro figures in whole percents, and the right answers of each class."""

    accuracy: int
    precision: int
    recall: int
    f1: int
    right: dict[str, int]


EXPERIMENTS = {
    "baseline": Experiment(1, "Multi-Class Classification Results", "genre", ""),
    "styles": Experiment(2, "Binary Classification Results", "style", ""),
    "units": Experiment(3, "Unit Parameter Tuning Classification Results", "genre", "units"),
    "activations": Experiment(4, "Activation Function Parameter Tuning Classification Results", "genre", "activations"),
    "both": Experiment(5, "Activation Function & Unit Parameter Tuning Classification Results", "genre", "both"),
}


def _genres(*right: int) -> dict[str, int]:
    return dict(zip(GENRES, right, strict=True))


REPORTED = {  # by experiment and model
    ("baseline", "cnn"): Reported(41, 44, 40, 41, _genres(5, 13, 7, 5, 13, 6, 12, 9, 7, 4)),
    ("baseline", "crnn"): Reported(66, 68, 66, 65, _genres(15, 20, 6, 7, 18, 10, 14, 15, 11, 16)),
    ("styles", "cnn"): Reported(83, 80, 80, 80, {"Eclectic": 43, "Pop": 124}),
    ("styles", "crnn"): Reported(86, 84, 85, 84, {"Eclectic": 49, "Pop": 124}),
    ("units", "cnn"): Reported(59, 63, 59, 59, _genres(15, 17, 12, 9, 11, 10, 16, 14, 11, 4)),
    ("units", "crnn"): Reported(65, 68, 64, 64, _genres(7, 19, 9, 14, 16, 13, 18, 15, 7, 11)),
    ("activations", "cnn"): Reported(48, 51, 48, 47, _genres(4, 18, 5, 7, 11, 8, 16, 9, 8, 10)),
    ("activations", "crnn"): Reported(64, 68, 64, 65, _genres(13, 15, 8, 12, 14, 14, 16, 14, 11, 11)),
    ("both", "cnn"): Reported(70, 70, 70, 70, _genres(14, 20, 9, 11, 17, 13, 16, 15, 14, 11)),
    ("both", "crnn"): Reported(66, 66, 66, 65, _genres(15, 17, 13, 8, 10, 14, 19, 14, 14, 8)),
}
