"""The contracts of plug-ins: genrelab's own are tested against them, and those of other packages can be.

>>> import numpy as np
>>> from genrelab import testing
>>> testing.check_feature("mfcc")  # raises AssertionError, with what is wrong, where a contract is broken

A test of a plug-in is one line: `testing.check_model("tiny")`, in an environment with its package installed.
"""

from genrelab.testing.datasets import check_dataset
from genrelab.testing.encoders import check_encoder
from genrelab.testing.features import check_feature
from genrelab.testing.models import check_model
from genrelab.testing.splits import check_split

__all__ = ["check_dataset", "check_encoder", "check_feature", "check_model", "check_split"]
