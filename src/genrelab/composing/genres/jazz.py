"""Jazz: a swung ride, a walking bass, ii-V-I with sevenths and ninths, improvised eighths."""

from genrelab.composing.idiom import Bass, Comping, Idiom, Lead, Song

IDIOM = Idiom(
    tempo=(84, 208),
    metres=(4, 4, 4, 4, 3),
    swing=(0.57, 0.67),
    songs=(
        Song("ii9 V9 Imaj7 vi7 ii9 V9 Imaj7 Imaj7", ("bebop", "major")),
        Song("Imaj7,VI7 ii7,V7 iii7,VI7 ii7,V7 I7 IV7,#ivo iii7,VI7 ii7,V7", ("bebop", "blues")),
        Song("ii7 V7 Imaj7 IVmaj7 iiø V7 i6 i6", ("bebop", "harmonic minor")),
        Song("I7 IV7 I7 I7 IV7 #ivo I7 VI7 ii9 V9 I7,VI7 ii9,V9", ("blues", "bebop")),
        Song("i9 i9 i9 i9 bii9 bii9 i9 i9", ("dorian",)),
        Song("iiø Valt i6 i6 iv7 bVII9 bIIImaj7 bVImaj7", ("harmonic minor", "minor")),
    ),
    grooves=(
        {"ride": "x. xx x. xx", "pedal hat": ".. x. .. x.", "kick": "o. .. o. ..", "snare": ".. .. .o .."},
        {"ride": "x. xx x. xx", "pedal hat": ".. x. .. x.", "snare": ".o .. .. o. .. .o .. .."},
        {"hat": "x. xx x. xx", "snare": "o. o. o. o.", "kick": "o. .. .. .o"},
        {"ride": "xx xx xx xx", "stick": ".. .. .. x.", "kick": "x. .x x. .x"},
        {"ride": "x. xx xx", "pedal hat": ".. x. ..", "kick": "o. .. .."},
    ),
    kits=("standard", "brush", "standard"),
    drumming=0.75,
    fills=0.3,
    bass=Bass(
        instruments=("upright bass", "upright bass", "upright bass", "fretless bass", "finger bass"),
        figures=("w- w- w- w-", "w- w- w- wa", "R- -- 5- --", "w- w- w-", "R- -- 5-", "R- -. .5 a-"),
        presence=0.95,
    ),
    comping=(
        Comping(
            instruments=("piano", "piano", "jazz guitar", "electric piano", "vibraphone"),
            figures=("x- .x .. ..", ".. .x -. x.", ".x -. .. .x", "x. .. .x --", "x- .x ..", "x. x. x. x.", ".x -. x."),
            voicing="rootless",
            register=60,
            presence=0.85,
        ),
        Comping(
            instruments=("brass", "organ", "strings", "jazz guitar"),
            figures=(".. .x .. ..", "x- -- -- --", ".x .x .. ..", "x- -- --", "x. x. x. x."),
            voicing="rootless",
            register=64,
            presence=0.3,
            gain=-3,
        ),
    ),
    lead=Lead(
        instruments=(
            "tenor sax",
            "alto sax",
            "trumpet",
            "piano",
            "vibraphone",
            "muted trumpet",
            "jazz guitar",
            "clarinet",
        ),
        figures=(
            "xx xx xx xx",
            "x- xx xx x-",
            ".x xx xx x-",
            "xxx xx xx x-",
            "x- -- .x xx",
            ".. xx x- ..",
            "xx xx x-",
            "x- .x xx",
        ),
        leaps=0.22,
        rests=0.2,
        graces=0.12,
        presence=0.85,
    ),
    neighbours=("blues", "classical", "hiphop"),
)
