"""The contract of datasets: a stable fingerprint, and candidates that are files with ids, labels and parts."""

import tempfile
from pathlib import Path
from typing import Any

from genrelab import plugins
from genrelab.config import validate


def check_dataset(name: str, **params: Any) -> None:
    """Check a kind of corpus, with the parameters that an entry under `corpora` in params.yaml would give it.

    Raises AssertionError that says what is wrong, ConfigError if there is no such kind or a parameter is wrong.
    """
    dataset = plugins.load("datasets", name)
    assert len(dataset.__doc__ or "") > 100, "its docstring must say what it is, where it comes from, and its licence"
    settings = validate(dataset.Params, params, f"corpora.{name}")
    with tempfile.TemporaryDirectory() as folder:
        cache, workspace = Path(folder) / "digests.json", Path(folder) / "workspace"
        workspace.mkdir()
        first = dataset.fingerprint(settings, cache)
        assert first, "its fingerprint is empty"
        wrong = [key for key, value in first.items() if not (isinstance(key, str) and isinstance(value, str))]
        assert not wrong, f"its fingerprint must map names to strings; {wrong[0]!r} does not"
        assert dataset.fingerprint(settings, cache) == first, "its fingerprint differs the second time"
        found = dataset.candidates(settings, workspace, 1)
        assert found, "it has no candidates"
        ids = [candidate.id for candidate in found]
        twice = sorted({id for id in ids if ids.count(id) > 1}) if len({*ids}) < len(ids) else []
        assert not twice, f"two candidates have the id '{twice[0]}'"
        for candidate in found:
            assert candidate.id, f"the candidate {candidate.path} has no id"
            assert candidate.label, f"the candidate '{candidate.id}' has no label"
            assert candidate.path.is_file(), f"the candidate '{candidate.id}' is not a file: {candidate.path}"
            assert candidate.part in ("", "train", "valid", "test"), f"there is no part '{candidate.part}'"
