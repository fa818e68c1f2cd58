"""Corpora of others in the layouts that they are published in, made of tones."""

import csv
import hashlib
from pathlib import Path

from sounds import tone, write

# id, class, artist, repeats as (kind, id)
SONGS = [
    ("100601", "Waltz", "Herberman", []),
    ("100602", "Waltz", "Various", [("exact", "100605")]),
    ("100603", "Waltz", "Sherman", [("version", "100604")]),
    ("100604", "Waltz", "Sherman", [("version", "100603"), ("time", "100606")]),
    ("100605", "Waltz", "Various Artists", [("exact", "100602")]),
    ("100606", "Waltz", "Sherman", []),  # which says nothing of being a copy of 100604
    ("105816", "Jive", "Blue Suit Daddies", [("karaoke", "105820")]),
    ("105820", "Jive", "Blue Suit Daddies", [("karaoke", "105816")]),
]


def extended_ballroom(folder: Path, songs: list = SONGS, suffix: str = ".mp3") -> Path:
    """Write Extended Ballroom's XML file and sounds."""
    lines = []
    for n, (id, genre, artist, repeats) in enumerate(songs):
        sound = write(folder / genre / f"{id}{suffix}", tone(0.3, hz=200 + 40 * n))
        md5 = hashlib.md5(sound.read_bytes()).hexdigest()
        inner = "".join(f'<{kind} id="{other}"/>' for kind, other in repeats)
        song = f'<song album="B" artist="{artist}" bpm="87" id="{id}" title="T &amp; c" hash="{md5}">{inner}</song>'
        lines.append(f"<{genre}>{song}</{genre}>")
    (folder / "extendedballroom_v1.1.xml").write_text(f"<ballroom>{''.join(lines)}</ballroom>", encoding="utf-8")
    return folder


# part, class, name in the list, name of the file
LISTED = [
    ("training", "world", "world/yakshi/yakshi/4-nalani.mp3", "world/yakshi/yakshi/4-nalani.mp3"),
    ("training", "jazz_blues", "jazz/emma's_mini/it's/6-mud.mp3", "jazz/emma_s_mini/it_s/6-mud.mp3"),
    ("development", "metal_punk", "artist_2_album_1_track_3.mp3", "artist_2_album_1_track_3.mp3"),
    ("development", "rock_pop", "artist_12_album_4_track_11.mp3", "artist_12_album_4_track_11.mp3"),
    ("evaluation", "electronic", "./electronic/s07/d/5-objazd.mp3", "electronic/s07/d/05-objazd.mp3"),
    ("evaluation", "jazz_blues", "jazz/emma's_mini/it's/7-a,b.mp3", "jazz/emma's_mini/it's/7-a,b.mp3"),
]


def ismir2004(folder: Path) -> Path:
    """Write ISMIR 2004's lists and sounds."""
    for part in ("training", "development", "evaluation"):
        table = folder / f"metadata/{part}/tracklist.csv"
        table.parent.mkdir(parents=True, exist_ok=True)
        with table.open("w", newline="", encoding="utf-8") as stream:
            for own, label, name, _ in LISTED:
                if own == part:
                    number = [17] if part == "evaluation" else []
                    csv.writer(stream).writerow([label, "An Artist", "An Album", "A Track", 1, name, *number])
    for n, (part, _, _, name) in enumerate(LISTED):
        write(folder / "audio" / part / name, tone(0.3, hz=200 + 40 * n))
    return folder


# clip_id, tags, mp3_path, artist ("" : not in the table of clips); the last one's sound is missing
ANNOTATED = [
    (2, ("classical", "no voice"), "0/bach-suite-1-0-29.mp3", "Bach Soloists"),
    (6, ("classical",), "b/bach-suite-1-29-58.mp3", "Bach Soloists"),
    (10, ("loud",), "c/mink-riff-2-0-29.mp3", "Mink"),
    (11, (), "f/zeb-hum-3-0-29.mp3", ""),
    (12, ("loud",), "f/gone-4-0-29.mp3", "Mink"),
]
TAGS = ("no voice", "classical", "loud")


def magnatagatune(folder: Path) -> Path:
    """Write MagnaTagATune's tables and sounds."""
    folder.mkdir(parents=True, exist_ok=True)
    quoted = {"delimiter": "\t", "quoting": csv.QUOTE_ALL}
    with (folder / "annotations_final.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, **quoted)
        writer.writerow(["clip_id", *TAGS, "mp3_path"])
        writer.writerows([id, *(int(tag in tags) for tag in TAGS), name] for id, tags, name, _ in ANNOTATED)
    with (folder / "clip_info_final.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, **quoted)
        writer.writerow(["clip_id", "track_number", "title", "artist", "mp3_path"])
        writer.writerows([id, 1, "A Title", artist, name] for id, _, name, artist in ANNOTATED if artist)
    for n, (_, _, name, _) in enumerate(ANNOTATED[:-1]):
        write(folder / name, tone(0.3, hz=200 + 40 * n))
    return folder
