import csv
import re

import numpy as np
import pytest
from sounds import cut, tone, write

from genrelab import config, corpus
from genrelab.config import Checks
from genrelab.data.ingest import ingest
from genrelab.datasets import fma
from genrelab.errors import ConfigError, DataError

# Columns in another order than the real table's, and one with the same second line as one that is read.
GROUPS = ["", "album", "artist", "artist", "set", "set", "track", "track"]
NAMES = ["", "title", "bio", "name", "split", "subset", "genre_top", "title"]
TRACKS = [
    # id, artist, split, subset, genre
    (2, "AWOL", "training", "small", "Hip-Hop"),
    (5, "AWOL", "training", "small", "Hip-Hop"),
    (10, "NA", "test", "small", "Old-Time / Historic"),
    (140, "Alec K. Redfearn, & the Eyesores", "validation", "medium", "Old-Time / Historic"),
    (141, "Nicky", "training", "small", ""),
    (1482, "Plain", "", "large", "Hip-Hop"),
    (99134, "Plain", "training", "small", "Hip-Hop"),
    (155066, "Kid", "test", "small", "Hip-Hop"),
]
BROKEN, MISSING = "099134", "155066"


def table(path, rows=TRACKS, groups=GROUPS, names=NAMES):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerows([groups, names, ["track_id"] + [""] * (len(groups) - 1)])
        for id, artist, split, subset, genre in rows:
            writer.writerow([id, "NaN", 'a "life"\n1,2', artist, split, subset, genre, "Fóðr"])
    return path


def sound(source, name, n):
    write(source / name, tone(1.5, hz=200 + 40 * n))


@pytest.fixture
def source(tmp_path):
    """FMA as its archives unpack: fma_small with one broken and one missing mp3."""
    source = tmp_path / "fma"
    table(source / "fma_metadata/tracks.csv")
    for n, (id, _, _, subset, _) in enumerate(TRACKS):
        if subset == "small" and f"{id:06d}" != MISSING:
            sound(source, f"fma_small/{f'{id:06d}'[:3]}/{id:06d}.mp3", n)
    cut(source / f"fma_small/099/{BROKEN}.mp3", 0.3)
    (source / "fma_small/checksums").touch()
    return source


def find(source, **params):
    return fma.candidates(fma.Params(source=str(source), **params), source.parent / "w", 1)


def test_tracks_have_their_top_level_genre_their_artist_and_the_authors_part(source, caplog):
    found = find(source)
    assert [(c.id, c.label, c.artist, c.part, c.origin) for c in found] == [
        ("000002", "Hip-Hop", "AWOL", "train", "fma_small/000/000002.mp3"),
        ("000005", "Hip-Hop", "AWOL", "train", "fma_small/000/000005.mp3"),
        ("000010", "Old-Time / Historic", "NA", "test", "fma_small/000/000010.mp3"),
        ("099134", "Hip-Hop", "Plain", "train", "fma_small/099/099134.mp3"),
    ]
    assert all(c.path.is_file() for c in found)
    assert [record.getMessage() for record in caplog.records] == [
        "1 of 6 tracks have no top-level genre; left out",
        f"{source / 'fma_small'} lacks the mp3 of 1 of 5 tracks",
    ]


def test_tags_are_all_genres_of_a_track_by_name(source):
    assert all(c.tags == () for c in find(source))  # of a table without them
    path = table(source / "fma_metadata/tracks.csv", groups=[*GROUPS[:-1], "track"], names=[*NAMES[:-1], "genres_all"])
    path.write_text(path.read_text(encoding="utf-8").replace("Fóðr", '"[21, 811]"'), encoding="utf-8")
    assert find(source)[0].tags == ("21", "811")
    before = fma.fingerprint(fma.Params(source=str(source)), source.parent / "cache")
    (source / "fma_metadata/genres.csv").write_text("genre_id,title\n21,Hip-Hop\n811,Jazz: Out\n")
    assert find(source)[0].tags == ("Hip-Hop", "Jazz: Out")
    assert fma.fingerprint(fma.Params(source=str(source)), source.parent / "cache").keys() - before == {"genres"}
    (source / "fma_metadata/genres.csv").write_text("number\n21\n")
    with pytest.raises(DataError, match=r"genres\.csv is not FMA's"):
        find(source)


def test_it_becomes_a_corpus_with_its_division_whatever_its_genres_hold(source, tmp_path, monkeypatch):
    checks = Checks(min_seconds=1, silence_db=-60, max_minutes=1)
    monkeypatch.chdir(tmp_path)
    ingest(find(source), corpus.folder("fma"), workspace=tmp_path / "w", checks=checks, workers=1)
    read = corpus.read("fma")
    assert read.classes == ("Hip-Hop", "Old-Time / Historic")
    assert read.parts == {"000002": "train", "000005": "train", "000010": "test"}
    assert read.clips[2].path == "clips/Old-Time _ Historic/000010.mp3"
    assert all((corpus.folder("fma") / clip.path).is_file() for clip in read.clips)
    rows = corpus.read_table("fma").set_index("id")
    assert rows.at[BROKEN, "status"] in ("truncated", "unreadable")
    assert rows.at[BROKEN, "path"] == f"fma_small/099/{BROKEN}.mp3"


def test_a_larger_subset_holds_the_smaller_and_a_larger_folder_serves_a_smaller_subset(source):
    (source / "fma_small").rename(source / "fma_large")
    sound(source, "fma_large/000/000140.mp3", 20)
    sound(source, "fma_large/001/001482.mp3", 21)
    small = [c.id for c in find(source)]
    assert [c.id for c in find(source, subset="medium")] == sorted([*small, "000140"])
    large = find(source, subset="large")
    assert [c.id for c in large] == sorted([*small, "000140", "001482"])
    assert {c.id: c.part for c in large}["001482"] == ""
    (source / "fma_large").rename(source / "fma_full")
    assert [c.id for c in find(source, subset="full")] == [c.id for c in large]
    with pytest.raises(DataError, match="holds no folder fma_large for FMA's subset large"):
        find(source, subset="large")


def test_the_nearest_folder_is_taken(source):
    sound(source, "fma_medium/000/000002.mp3", 30)
    assert all("fma_small" in str(c.path) for c in find(source))
    assert [c.path.parts[-3] for c in find(source, subset="medium")] == ["fma_medium"]


def test_the_metadata_may_lie_elsewhere(source, tmp_path):
    (source / "fma_metadata/tracks.csv").rename(tmp_path / "t.csv")
    with pytest.raises(DataError, match=r"fma_metadata/tracks\.csv does not exist"):
        find(source)
    with pytest.raises(DataError, match=r"fma_metadata/tracks\.csv does not exist"):
        fma.fingerprint(fma.Params(source=str(source)), tmp_path / "c")
    assert len(find(source, metadata=str(tmp_path / "t.csv"))) == 4


def test_nothing_at_all_says_what_was_looked_for(source, tmp_path):
    with pytest.raises(DataError, match="nowhere does not exist"):
        find(tmp_path / "nowhere")
    with pytest.raises(DataError, match="holds no folder fma_full for"):
        find(source, subset="full")
    (source / "fma_small").rename(tmp_path / "away")
    with pytest.raises(DataError, match="holds no folder fma_small or fma_medium or fma_large for FMA's subset small"):
        find(source)
    (source / "fma_small").mkdir()
    with pytest.raises(DataError, match=r"none of the 5 tracks .* looked for files such as 000/000002\.mp3"):
        find(source)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", r"no column set\.split, set\.subset, artist\.name, track\.genre_top"),
        (",a\n,b\n", r"no column set\.split"),
        (",set\n,split,more\n", "is not FMA's"),
        (b"\xff\xfe\x00", "is not FMA's"),
        (",set,set,artist,track\n,split,subset,name,genre_top\ntrack_id,,,,\nx,a,b,c,d\n", "invalid literal"),
        (",set,set,artist,track\n,split,subset,name,genre_top\ntrack_id,,,,\n", "No columns to parse"),
    ],
)
def test_another_table_is_one_line(source, content, message):
    path = source / "fma_metadata/tracks.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(DataError, match=message) as caught:
        find(source)
    assert "\n" not in str(caught.value)


def test_a_subset_that_does_not_exist_and_a_source_that_is_not_given():
    with pytest.raises(ConfigError, match=re.escape("'corpora.fma.subset' is wrong")):
        config.validate(fma.Params, {"source": "x", "subset": "tiny"}, "corpora.fma")
    with pytest.raises(ConfigError, match=re.escape("corpora.fma.source")):
        config.validate(fma.Params, {}, "corpora.fma")


def test_the_fingerprint_is_that_of_the_metadata_and_of_the_subsets_mp3s_and_is_remembered(source, tmp_path):
    params, cache = fma.Params(source=str(source)), tmp_path / "c.json"
    before = fma.fingerprint(params, cache)
    sounds = {"fma_small/000/000002.mp3", "fma_small/099/099134.mp3"}
    assert sounds < set(before)
    assert "metadata" in before
    assert not [name for name in before if "checksums" in name]
    remembered = cache.stat().st_mtime_ns
    assert fma.fingerprint(params, cache) == before
    assert cache.stat().st_mtime_ns == remembered
    table(source / "fma_metadata/tracks.csv", TRACKS[:-1])
    sound(source, "fma_small/000/000002.mp3", 40)
    sound(source, "fma_medium/000/000140.mp3", 41)
    after = fma.fingerprint(params, cache)
    assert {name for name in {*before, *after} if before.get(name) != after.get(name)} == {
        "metadata",
        "fma_small/000/000002.mp3",
    }


def test_a_hundred_thousand_tracks_are_read_in_a_moment(tmp_path):
    rng = np.random.default_rng(0)
    genres = rng.choice(["", "Rock", "Old-Time / Historic"], 106_574)
    rows = [(int(id), f"artist {id % 999}", "training", "large", genres[id]) for id in range(106_574)]
    path = table(tmp_path / "fma/fma_metadata/tracks.csv", rows)
    tracks = fma._tracks(path)
    assert list(tracks["id"].iloc[[0, -1]]) == ["000000", "106573"]
    assert list(tracks["genre"]) == list(genres)
    assert set(tracks.columns) == {"id", "part", "subset", "artist", "genre"}
