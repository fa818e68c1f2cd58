"""The facts on GTZAN, against what their sources say."""

from collections import Counter

from corpora import IDS

from genrelab.datasets import _gtzan_facts as facts


def test_the_partition_has_930_clips():
    assert Counter(map(facts.part, IDS)) == {"train": 443, "valid": 197, "test": 290, "excluded": 70}
    assert facts.parts().keys() <= set(IDS)
    assert len(facts.parts()) == 930


def test_no_artist_is_in_two_of_its_parts():
    parts: dict[str, set[str]] = {}
    for clip, part in facts.parts().items():
        parts.setdefault(facts.artist(clip), set()).add(part)
    assert {artist for artist, where in parts.items() if len(where) > 1} == {""}


def test_919_clips_have_one_of_244_artists():
    artists = Counter(map(facts.artist, IDS))
    assert artists.pop("") == 81
    assert artists.total() == 919
    assert len(artists) == 244
    assert artists.most_common(2) == [("Bob Marley", 35), ("Coleman Hawkins", 28)]


def test_an_artist_may_have_clips_of_two_genres():
    genres = {clip.split(".")[0] for clip in IDS if facts.artist(clip) == "Queen"}
    assert genres == {"metal", "rock"}


def test_some_clips():
    assert facts.artist("blues.00011") == "John Lee Hooker"
    assert facts.artist("disco.00064") == "Lipps, Inc."
    assert facts.artist("hiphop.00038") == "2Pac"
    assert facts.artist("pop.00038") == "Britney Spears"
    assert facts.artist("rock.00099") == "The Stone Roses"
    assert facts.artist("classical.00059") == ""
    assert [facts.part(f"jazz.{n:05d}") for n in (1, 2, 33, 73)] == ["train", "valid", "excluded", "test"]
    assert not any(facts.part(clip) == "excluded" for clip in IDS if clip.startswith(("blues", "rock")))


def test_52_clips_are_repeated_or_distorted():
    flagged = [clip for clip in IDS if facts.flagged(clip)]
    assert len(flagged) == 52
    assert Counter(clip.split(".")[0] for clip in flagged)["jazz"] == 13
    assert facts.flagged("reggae.00086")


def test_other_clips_are_unknown():
    assert (facts.artist("polka.00000"), facts.part("polka.00000"), facts.flagged("polka.00000")) == (
        "",
        "excluded",
        False,
    )
