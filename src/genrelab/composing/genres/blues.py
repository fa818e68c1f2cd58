"""Blues: twelve bars of dominant sevenths, a shuffle, call and response on the blues scale."""

from genrelab.composing.idiom import Bass, Comping, Idiom, Lead, Song

IDIOM = Idiom(
    tempo=(66, 132),
    swing=(0.62, 0.69),
    songs=(
        Song("I7 I7 I7 I7 IV7 IV7 I7 I7 V7 IV7 I7 V7", ("blues", "blues", "minor pentatonic")),
        Song("I7 IV7 I7 I7 IV7 IV7 I7 I7 V7 IV7 I7,IV7 I7,V7", ("blues", "major pentatonic")),
        Song("i7 i7 i7 i7 iv7 iv7 i7 i7 bVI7 V7 i7 V7", ("blues",)),
        Song("I7 V7 IV7 IV7 I7 V7 I7,IV7 I7,V7", ("blues", "mixolydian")),
    ),
    grooves=(
        {"kick": "X. .. x. ..", "snare": ".. X. .. X.", "hat": "xx xx xx xx"},
        {"kick": "x. .x x. .x", "snare": ".. X. .. X.", "ride": "x. xx x. xx"},
        {"kick": "x. x. x. x.", "snare": ".o Xo .o Xo", "hat": "x. xx x. xx"},
        {"kick": "x.. ..x x.. ...", "snare": "... X.. ... X..", "ride": "xxx xxx xxx xxx"},
    ),
    kits=("standard", "room", "brush"),
    drumming=0.8,
    bass=Bass(
        instruments=("upright bass", "finger bass", "finger bass", "picked bass"),
        figures=("R- 3- 5- 6-", "RR 33 55 66", "R- 3- 5- 6- 8- 6- 5- 3-", "w- w- w- wa", "R- .5 R- 5a"),
    ),
    comping=(
        Comping(
            instruments=("overdriven guitar", "clean guitar", "jazz guitar", "steel guitar"),
            figures=("x. xx x. xx", "xx xx xx xx", ".x .. .x ..", ".. x. .. x.", "x- -- .. .x"),
            register=52,
            presence=0.8,
        ),
        Comping(
            instruments=("piano", "honky-tonk", "organ", "piano"),
            figures=(".. x. .. x.", ".x .. .x -.", "x-- --x --- ...", "xxx xxx xxx xxx", "1. 3. 2. 3."),
            register=62,
            presence=0.65,
            gain=-2,
        ),
    ),
    lead=Lead(
        instruments=("overdriven guitar", "harmonica", "clean guitar", "piano", "steel guitar", "tenor sax"),
        figures=(".x xx x- --", "xxx x-- ... ...", "x- xx -x --", ".. .x xx x-", "xxx xxx x-- ---", "x- -- .. .."),
        rests=0.35,
        graces=0.3,
        presence=0.75,
    ),
    neighbours=("rock", "jazz", "country"),
)
