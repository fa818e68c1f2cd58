"""The picture of a long song over time."""

import numpy as np
import pytest

from genrelab import plots


def test_the_most_probable_class_stands_first_and_no_more_than_six_do():
    probabilities = np.full((3, 9), 0.05)
    probabilities[:, 4] = 0.6
    spans = [(0.0, 10.0), (10.0, 20.0), (20.0, 26.0)]
    figure = plots.timeline(spans, probabilities, [f"class {i}" for i in range(9)])
    axes = figure.axes[0]
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert labels[0] == "class 4"
    assert len(labels) == 6
    assert axes.get_xlim() == (0.0, 26.0)
    assert axes.get_xlabel() == "time (min:s)"


def test_probabilities_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="shape \\(windows, classes\\), \\(1, 2\\), got \\(2, 2\\)"):
        plots.timeline([(0.0, 1.0)], np.ones((2, 2)), ["a", "b"])
