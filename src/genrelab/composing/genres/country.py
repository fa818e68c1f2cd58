"""Country: boom-chick in two, alternating basses, train beats, fiddle and steel over three major chords."""

from genrelab.composing.idiom import Bass, Comping, Idiom, Lead, Song

IDIOM = Idiom(
    tempo=(84, 152),
    metres=(4, 4, 4, 3),
    swing=(0.5, 0.6),
    songs=(
        Song("I I IV I I I V V", ("major pentatonic", "major")),
        Song("I IV I V I IV V I", ("major pentatonic",)),
        Song("I I7 IV IV I V7 I I", ("major pentatonic", "mixolydian")),
        Song("vi IV I V vi IV V I", ("major pentatonic", "major")),
        Song("I V vi IV I V IV I", ("major",)),
    ),
    grooves=(
        {"kick": "x. .. x. ..", "snare": "oo Xo oo Xo"},
        {"kick": "x... .... x... ....", "snare": "oooo Xooo oooo Xooo"},
        {"kick": "x. .. x. ..", "stick": ".. x. .. x.", "hat": "x. x. x. x."},
        {"kick": "X. .. x. .x", "snare": ".. X. .. X.", "hat": "xx xx xx xx"},
        {"kick": "x. .. ..", "stick": ".. x. x.", "hat": "x. x. x."},
    ),
    kits=("standard", "brush", "room"),
    drumming=0.75,
    bass=Bass(
        instruments=("upright bass", "finger bass", "picked bass"),
        figures=("R- .. 5- ..", "R- -- 5- --", "R- .. 5- w-", "R- .. ..", "R- -- --", "R- .. 5- .. R- 2- 3- a-"),
    ),
    comping=(
        Comping(
            instruments=("steel guitar", "steel guitar", "clean guitar", "nylon guitar"),
            figures=(".. x. .. x.", "1. x. 2. x.", "1. xo 2. xo", "x. xx .x xx", ".. x. x.", "1. xo xo"),
            voicing="spread",
            register=43,
            presence=0.95,
        ),
        Comping(
            instruments=("banjo", "steel guitar", "piano", "clean guitar"),
            figures=("1324 1324 1324 1324", "14 23 14 23", ".. x. .. x.", "13 24 13", "1.32 4132 4132 4132"),
            register=64,
            presence=0.55,
            gain=-3,
        ),
        Comping(
            instruments=("slow strings", "organ", "accordion"),
            figures=("x- -- -- --", "x- -- --"),
            register=62,
            presence=0.25,
            gain=-5,
        ),
    ),
    lead=Lead(
        instruments=("fiddle", "steel guitar", "banjo", "harmonica", "clean guitar", "piano", "accordion"),
        figures=(
            "x- xx x- x-",
            "xx xx x- --",
            "x- -x x- --",
            "xx xx xx xx",
            "x- -- xx x-",
            "x- xx x-",
            "x- -- x-",
            "xx x- --",
        ),
        rests=0.25,
        graces=0.15,
        presence=0.75,
    ),
    neighbours=("rock", "blues", "pop"),
)
