"""Which findings fail an audit."""

import pytest

from genrelab.errors import ConfigError
from genrelab.quality import audit, issues


@pytest.mark.parametrize(
    ("strict", "kinds"),
    [
        (False, set()),
        ([], set()),
        (True, set(issues.KINDS)),
        (["near_duplicate", "silent"], {"near_duplicate", "silent"}),
    ],
)
def test_strict_names_the_findings_that_fail_it(strict, kinds):
    assert audit.failing_kinds(strict) == kinds


def test_a_kind_that_is_none_is_named():
    with pytest.raises(ConfigError, match="there is no finding 'silence_'; did you mean 'silence'"):
        audit.failing_kinds(["clipped", "silence_"])
