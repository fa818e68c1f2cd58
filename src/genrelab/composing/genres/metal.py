"""Metal: distorted power chords, palm-muted chugs, double kicks, dark modes, fast."""

from genrelab.composing.idiom import Bass, Comping, Idiom, Lead, Song

IDIOM = Idiom(
    tempo=(112, 196),
    songs=(
        Song("i5 i5 bVI5 bVII5", ("minor", "harmonic minor")),
        Song("i5 i5,bII5 i5 bIII5,bII5", ("phrygian",)),
        Song("i5 bVII5 bVI5 V5", ("harmonic minor", "minor")),
        Song("i5,bIII5 iv5,bV5 i5,bIII5 bII5,i5", ("phrygian", "blues")),
        Song("i5 bVI5 bIII5 bVII5", ("minor", "minor pentatonic")),
    ),
    grooves=(
        {
            "kick": "xxxx xxxx xxxx xxxx",
            "snare": ".... X... .... X...",
            "crash": "x... .... .... ....",
            "ride": "x.x. " * 4,
        },
        {"kick": "x.xx x.xx x.xx x.xx", "snare": ".... X... .... X...", "hat": "x... x... x... x..."},
        {"kick": "x.x. x.x. x.x. x.x.", "snare": "..X. ..X. ..X. ..X.", "ride": "x.x. x.x. x.x. x.x."},
        {"kick": "X..x ..x. X..x ....", "snare": ".... .... X... ....", "crash": "x... x... x... x..."},
        {"kick": "X.x. ..x. X.xx ....", "snare": ".... X... .... X...", "open hat": "x... x... x... x..."},
    ),
    kits=("power", "room", "standard", "power"),
    drumming=0.92,
    fills=0.8,
    bass=Bass(
        instruments=("picked bass", "picked bass", "finger bass"),
        figures=("RRRR RRRR RRRR RRRR", "RR RR RR RR", "R.RR R.RR R.RR R.RR", "R- -- R- --"),
    ),
    comping=(
        Comping(
            instruments=("distorted guitar", "distorted guitar", "distorted guitar", "overdriven guitar"),
            figures=(
                "xooo oooo xooo oooo",
                "xoox ooxo oxoo xoxo",
                "x.oo x.oo x.oo x.oo",
                "oo oo xx --",
                "x- -- -- --",
                "xxxx xxxx xxxx xxxx",
            ),
            voicing="power",
            register=40,
        ),
        Comping(
            instruments=("strings", "choir", "distorted guitar", "organ"),
            figures=("x- -- -- --", "1.2. 3.2. 1.2. 3.2.", "12 32 12 32"),
            register=62,
            presence=0.35,
            gain=-2,
        ),
    ),
    lead=Lead(
        instruments=("distorted guitar", "overdriven guitar", "distorted guitar", "strings", "saw lead"),
        figures=("xxxx xxxx xxxx xxxx", "x- -- x- --", "xxxx x--- xxxx x---", "xxx xxx xxx xxx", "x-xx x-xx x-xx x---"),
        leaps=0.2,
        rests=0.3,
        presence=0.45,
    ),
    neighbours=("rock", "classical"),
)
