"""Rock: straight eighths and a backbeat, driven guitars, mixolydian and pentatonic."""

from genrelab.composing.idiom import Bass, Comping, Idiom, Lead, Song

IDIOM = Idiom(
    tempo=(92, 156),
    songs=(
        Song("I bVII IV I", ("mixolydian", "minor pentatonic")),
        Song("I IV V IV", ("major pentatonic", "mixolydian")),
        Song("i bIII bVII IV", ("minor pentatonic", "dorian")),
        Song("i bVII bVI bVII", ("minor pentatonic", "minor")),
        Song("vi IV I V", ("major pentatonic",)),
        Song("I5 I5 IV5 I5 V5 IV5 I5 V5", ("blues", "minor pentatonic")),
    ),
    grooves=(
        {"kick": "X. .. xx ..", "snare": ".. X. .. X.", "hat": "xx xx xx xx"},
        {"kick": "X. .x .x ..", "snare": ".. X. .. X.", "open hat": "x. x. x. x."},
        {"kick": "X. .x x. .x", "snare": ".. X. .. X.", "ride": "xx xx xx xx", "crash": "x. .. .. .. .. .. .. .."},
        {"kick": "X..x ..x. X..x ....", "snare": ".... X... .... X..o", "hat": "x.x. x.x. x.x. x.x."},
        {"kick": "X. x. X. x.", "low tom": "xx xx xx xx", "snare": ".. x. .. x."},
    ),
    kits=("standard", "room", "power"),
    drumming=0.88,
    fills=0.7,
    bass=Bass(
        instruments=("picked bass", "finger bass", "picked bass"),
        figures=("RR RR RR RR", "RR RR RR Ra", "R. RR .R R5", "R- -R R- 5-", "R- 5- 7- 8-"),
    ),
    comping=(
        Comping(
            instruments=("overdriven guitar", "overdriven guitar", "distorted guitar", "clean guitar"),
            figures=("xx xx xx xx", "x- -x -x --", "xo ox oo xo", "x- -- x- xx", "x. .x x- .x"),
            voicing="power",
            register=43,
            presence=0.9,
        ),
        Comping(
            instruments=("clean guitar", "steel guitar", "rock organ", "piano", "overdriven guitar"),
            figures=("x. xx .x xx", "12 34 32 34", "x- -- -- --", "xx xx xx xx", "x- x- x- x-"),
            register=57,
            presence=0.6,
            gain=-2,
        ),
    ),
    lead=Lead(
        instruments=("overdriven guitar", "distorted guitar", "rock organ", "overdriven guitar", "piano", "harmonica"),
        figures=(
            "x- xx x- --",
            "xx xx xx x-",
            ".x xx x- --",
            "xxxx x-x- x--- ----",
            "x- -- xx x-",
            "x-x- x--x --x- x---",
        ),
        rests=0.3,
        graces=0.15,
        presence=0.6,
    ),
    neighbours=("metal", "blues", "pop", "country"),
)
