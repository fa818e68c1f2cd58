"""Classical: functional harmony, Alberti basses and broken chords, long lines, swaying tempo, no drums."""

from genrelab.composing.idiom import Bass, Comping, Idiom, Lead, Song

IDIOM = Idiom(
    tempo=(60, 144),
    metres=(3, 4, 4),
    rubato=0.06,
    songs=(
        Song("I I V7 I IV I ii,V7 I", ("major",)),
        Song("I V vi iii IV I IV V", ("major",)),
        Song("i V7 i iv i iiø V7 i", ("harmonic minor",)),
        Song("i iv bVII bIII bVI iiø V7 i", ("harmonic minor", "minor")),
        Song("I vi ii V7 I IV V7 I", ("major",)),
        Song("I,V7 vi,iii IV,I ii,V7", ("major",)),
    ),
    drumming=0.0,
    bass=Bass(
        instruments=("cello", "contrabass", "bassoon", "pizzicato", "piano"),
        figures=("R-- --- ---", "R- .. ..", "R- -- -- --", "R- -- 5- --", "R- w- w- w-", "R- .. .. .."),
        presence=0.7,
    ),
    comping=(
        Comping(
            instruments=("piano", "piano", "harpsichord", "nylon guitar", "harp"),
            figures=(
                "13 23 13 23",
                "1323 1323 1323 1323",
                "1234 3212 1234 3212",
                "12 34 32",
                "1. x. x.",
                "x- -- -- --",
                "123 423 123 423",
            ),
            register=58,
            presence=0.75,
        ),
        Comping(
            instruments=("strings", "slow strings", "strings", "choir"),
            figures=("x- -- -- --", "x- -- --", "x- -- x- --", ".. x. x.", "xx xx xx xx"),
            register=60,
            presence=0.55,
            gain=-3,
        ),
    ),
    lead=Lead(
        instruments=("violin", "flute", "oboe", "clarinet", "piano", "strings", "horn", "cello", "harpsichord"),
        figures=(
            "x- -- x- x-",
            "x- xx x- --",
            "xxxx xxxx x- x-",
            "x- x- x- x-",
            "x- -- x-",
            "x- xx xx",
            "x- x- x-",
            "x- -x xx xx",
        ),
        leaps=0.2,
        rests=0.1,
        presence=0.9,
    ),
    neighbours=("jazz", "pop"),
)
