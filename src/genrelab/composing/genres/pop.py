"""Pop: four chords, a plain backbeat, keys and synthesizers, a short tune that returns."""

from genrelab.composing.idiom import Bass, Comping, Idiom, Lead, Song

IDIOM = Idiom(
    tempo=(72, 132),
    songs=(
        Song("I V vi IV", ("major pentatonic", "major")),
        Song("vi IV I V", ("major pentatonic", "major")),
        Song("I vi IV V", ("major",)),
        Song("IV V iii vi IV V I I", ("major",)),
        Song("Iadd9 IVadd9 vi7 Vsus4", ("major pentatonic",)),
        Song("i bVI bIII bVII", ("minor", "minor pentatonic")),
    ),
    grooves=(
        {"kick": "X. .. x. ..", "snare": ".. X. .. X.", "hat": "xx xx xx xx"},
        {"kick": "X..x ..x. x... ..x.", "snare": ".... X... .... X...", "hat": "x.x. x.x. x.x. x.x."},
        {"kick": "X. x. X. x.", "clap": ".. x. .. x.", "hat": ".x .x .x .x"},
        {"kick": "X... .... ..x. ....", "stick": ".... x... .... x...", "shaker": "xxxx xxxx xxxx xxxx"},
        {"kick": "X. .x x. ..", "clap": ".. x. .. x.", "hat": "xx xx xx xx", "tambourine": ".. x. .. x."},
    ),
    kits=("standard", "electronic", "808", "room"),
    drumming=0.8,
    fills=0.45,
    bass=Bass(
        instruments=("finger bass", "synth bass", "picked bass", "fretless bass"),
        figures=("R- -- -- --", "RR RR RR RR", "R- -R -- 5-", "R- .R R- .5", "R. .R .R R."),
        presence=0.9,
    ),
    comping=(
        Comping(
            instruments=("piano", "electric piano", "bright piano", "fm piano"),
            figures=("x- x- x- x-", "x- -x -- x-", "13 23 13 23", "xx xx xx xx", "x- -- -- --", "1.23 4.32 1.23 4.32"),
            register=62,
            presence=0.8,
        ),
        Comping(
            instruments=("warm pad", "strings", "synth strings", "polysynth"),
            figures=("x- -- -- --", "x- -- x- --", "xx xx xx xx", ".x .x .x .x"),
            register=64,
            presence=0.65,
            gain=-4,
        ),
        Comping(
            instruments=("clean guitar", "steel guitar", "muted guitar"),
            figures=("x. xx .x xx", "12 34 32 34", ".. x. .. x.", "xx xx xx xx"),
            register=57,
            presence=0.5,
            gain=-2,
        ),
    ),
    lead=Lead(
        instruments=("saw lead", "square lead", "alto sax", "piano", "clean guitar", "flute", "strings", "polysynth"),
        figures=("xx x- xx x-", "x- xx -x x-", ".x xx x- --", "x- x- xx x-", "x-xx -x-- x--- ....", "xx xx x- --"),
        leaps=0.2,
        rests=0.15,
        presence=0.85,
    ),
    neighbours=("disco", "rock", "country", "hiphop"),
)
