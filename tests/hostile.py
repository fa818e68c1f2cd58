"""Hostile bytes for the fuzz targets, and how many of them: GENRELAB_FUZZ_EXAMPLES, as `make fuzz` sets it."""

import os

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

EXAMPLES = int(os.environ.get("GENRELAB_FUZZ_EXAMPLES", "15"))
FUZZ = settings(max_examples=EXAMPLES, deadline=20_000, suppress_health_check=list(HealthCheck))


def changed(whole: bytes) -> st.SearchStrategy[bytes]:
    """Bytes of `whole` overwritten in a few places, mostly in its head, then cut or lengthened."""
    place = st.integers(0, min(200, len(whole) - 1)) | st.integers(0, len(whole) - 1)
    edits = st.lists(st.tuples(place, st.binary(min_size=1, max_size=8)), max_size=6)

    def apply(edits: list[tuple[int, bytes]], end: int, tail: bytes) -> bytes:
        data = bytearray(whole)
        for at, new in edits:
            data[at : at + len(new)] = new
        return bytes(data[:end]) + tail

    return st.builds(apply, edits, st.just(len(whole)) | st.integers(0, len(whole)), st.binary(max_size=64))
