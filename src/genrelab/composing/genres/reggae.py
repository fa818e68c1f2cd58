"""Reggae: one drop, skanks off the beat, an organ that bubbles, a bass that sings."""

from genrelab.composing.idiom import Bass, Comping, Idiom, Lead, Song

IDIOM = Idiom(
    tempo=(66, 94),
    swing=(0.5, 0.6),
    swung=0.25,
    songs=(
        Song("I IV I V", ("major", "major pentatonic")),
        Song("i bVII i bVII", ("minor", "minor pentatonic")),
        Song("I V vi IV", ("major pentatonic",)),
        Song("i iv i v", ("minor", "dorian")),
        Song("I,IV V,IV", ("major", "mixolydian")),
        Song("ii7 iii7 ii7 iii7", ("major",)),
    ),
    grooves=(
        {"kick": ".. .. X. ..", "stick": ".. .. X. ..", "hat": "xx xx xx xx"},
        {"kick": ".... .... X... ....", "snare": ".... .... X... ....", "hat": "x.xx x.xx x.xx x.xx"},
        {"kick": "x. x. X. x.", "stick": ".. .. X. ..", "hat": "xx xx xx xx"},
        {"kick": "X. .. x. ..", "stick": ".. x. .. xo", "hat": "xx xx xx xx", "timbale": ".. .. .. .. .. .. .. .x"},
    ),
    kits=("standard", "room", "electronic"),
    drumming=0.93,
    fills=0.5,
    bass=Bass(
        instruments=("finger bass", "finger bass", "fretless bass", "synth bass"),
        figures=(
            "R- .R 3- 5-",
            "..R- R-5- ..3- R-..",
            "R-R- ..5- 3-R- ....",
            "R- -- .5 35 R- -. 8- 5-",
            ".. R- 35 R.",
        ),
        gain=3,
    ),
    comping=(
        Comping(
            instruments=("clean guitar", "muted guitar", "clean guitar", "piano"),
            figures=(".. x. .. x.", ".x .x .x .x", ".... x.x. .... x.x.", "..x. ..x. ..x. ..x."),
            register=60,
        ),
        Comping(
            instruments=("percussive organ", "organ", "rock organ"),
            figures=(".xx. .xx. .xx. .xx.", ".x .x .x .x", "x- -- -- --", ".1x1 .1x1 .1x1 .1x1"),
            register=62,
            presence=0.7,
            gain=-3,
        ),
        Comping(
            instruments=("brass", "piano", "synth brass"),
            figures=("x... ..x. .... ....", ".. .. .. xx", ".x .x .x .x"),
            register=62,
            presence=0.3,
            gain=-2,
        ),
    ),
    lead=Lead(
        instruments=("trombone", "trumpet", "harmonica", "clean guitar", "organ", "flute", "alto sax"),
        figures=("x- xx x- --", ".x x- .x x-", ".. xx x- ..", "x-.x x--- .... ....", "x- -- xx x-"),
        rests=0.4,
        presence=0.55,
    ),
    neighbours=("hiphop", "pop", "rock"),
)
