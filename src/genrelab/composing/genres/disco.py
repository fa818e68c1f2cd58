"""Disco: four on the floor, open hats off the beat, basses in octaves, string lines and stabs."""

from genrelab.composing.idiom import Bass, Comping, Idiom, Lead, Song

IDIOM = Idiom(
    tempo=(108, 132),
    songs=(
        Song("i7 i7 IV7 IV7", ("dorian", "minor pentatonic")),
        Song("i bVII bVI V7", ("minor", "harmonic minor")),
        Song("ii7 V7 Imaj7 vi7", ("major",)),
        Song("vi7 ii7 V7 Imaj7", ("major", "major pentatonic")),
        Song("i7 iv7 bVII7 bIIImaj7", ("minor", "minor pentatonic")),
        Song("I V vi IV", ("major", "major pentatonic")),
    ),
    grooves=(
        {"kick": "X. x. X. x.", "snare": ".. X. .. X.", "hat": "x. x. x. x.", "open hat": ".x .x .x .x"},
        {
            "kick": "X... x... X... x...",
            "clap": ".... x... .... x...",
            "hat": "xx.x xx.x xx.x xx.x",
            "open hat": "..x. " * 4,
        },
        {
            "kick": "X. x. X. x.",
            "snare": ".. X. .. X.",
            "hat": "xx xx xx xx",
            "conga": ".x xx .x x.",
            "tambourine": ".x .x .x .x",
        },
        {
            "kick": "X... x... X... x...",
            "snare": ".... X... .... X..o",
            "hat": "xxxx xxxx xxxx xxxx",
            "cowbell": "x.x. " * 4,
        },
    ),
    kits=("standard", "electronic", "room"),
    fills=0.7,
    bass=Bass(
        instruments=("finger bass", "slap bass", "synth bass", "picked bass"),
        figures=("R8 R8 R8 R8", "R.88 R.88 R.88 R.88", "R- .8 .5 8a", "R..R .8.8 R..5 .8.7", "R. RR 8. R5"),
    ),
    comping=(
        Comping(
            instruments=("clean guitar", "muted guitar", "clavinet", "clean guitar"),
            figures=("oxox oxox oxox oxox", "..x. ..xx ..x. ..xx", ".x .x .x .x", "x.xx .xx. x.xx .xx."),
            register=64,
            presence=0.8,
        ),
        Comping(
            instruments=("strings", "synth strings", "brass", "synth brass"),
            figures=("x- -- -- --", "x... ..x- .... ....", ".... .... ..x. x-..", "x. .. .x .."),
            register=67,
            presence=0.75,
        ),
        Comping(
            instruments=("electric piano", "piano", "polysynth", "bright piano"),
            figures=(".x .x .x .x", "x..x ..x. .x.. x...", "x- -x -- x-", "xx xx xx xx"),
            register=60,
            presence=0.6,
            gain=-2,
        ),
    ),
    lead=Lead(
        instruments=("strings", "synth brass", "alto sax", "saw lead", "flute", "trumpet", "electric piano"),
        figures=("x- xx -x x-", ".x .x xx x-", "xxxx x-x- x--- ....", "x- -- .x xx", "x-.x -.x- x-x- x---"),
        rests=0.35,
        presence=0.65,
    ),
    neighbours=("pop", "hiphop", "rock"),
)
