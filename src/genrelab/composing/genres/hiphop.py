"""Hip hop: a loop of a bar or two, swung boom-bap or half-time hats, a sparse deep bass."""

from genrelab.composing.idiom import Bass, Comping, Idiom, Lead, Song

IDIOM = Idiom(
    tempo=(76, 104),
    swing=(0.5, 0.62),
    swung=0.25,
    songs=(
        Song("i7 i7", ("minor pentatonic", "minor")),
        Song("i7 iv7", ("minor", "blues")),
        Song("i bVI", ("minor", "harmonic minor")),
        Song("ii9 V9", ("dorian", "bebop")),
        Song("i9,bVII i9,bVI", ("minor pentatonic",)),
        Song("vi7 ii7 IVmaj7 V", ("major", "major pentatonic")),
    ),
    grooves=(
        {"kick": "X... ..x. ..x. ....", "snare": ".... X... .... X...", "hat": "x.x. x.x. x.x. x.x."},
        {"kick": "X..x .... .xx. ....", "snare": ".... X..o .o.. X...", "hat": "x.x. x.xx x.x. x.x."},
        {"kick": "X... .... ..x. .x..", "clap": ".... .... X... ....", "hat": "xxxx xxxx xxxx xxXX"},
        {
            "kick": "X..x ..x. ...x ..x.",
            "snare": ".... .... X... ....",
            "hat": "x.x. x.x. xxxx x.x.",
            "open hat": ".... .... .... ..x.",
        },
        {"kick": "X.x. .... ..x. ....", "clap": ".... x... .... x...", "shaker": "x.xx x.xx x.xx x.xx"},
    ),
    kits=("808", "electronic", "standard", "room"),
    drumming=0.95,
    fills=0.15,
    bass=Bass(
        instruments=("sub bass", "synth bass", "finger bass", "upright bass"),
        figures=(
            "R--- --.. ..R- ....",
            "R--. ...R ..R- --..",
            "R--- ---- ---- --5-",
            "R-.. ..8. ..R- .5.7",
            "R--- .... .... ..5- R--- ..R. ..7- ....",
        ),
        gain=2,
    ),
    comping=(
        Comping(
            instruments=("electric piano", "fm piano", "piano", "vibraphone", "jazz guitar"),
            figures=(
                "x--- ---- ..x- ----",
                "x-.. .... ..x. ....",
                "1.2. 3.4. 3.2. 1...",
                ".... x... .... x...",
                "x..x ..x. .... ....",
            ),
            register=62,
            presence=0.85,
        ),
        Comping(
            instruments=("strings", "warm pad", "choir", "brass", "pizzicato"),
            figures=("x- -- -- --", "x... .... ..x. ....", ".... ..x. .... ..xx", "1.3. 2.3. 1.3. 2.3."),
            register=60,
            presence=0.5,
            gain=-3,
        ),
    ),
    lead=Lead(
        instruments=("square lead", "flute", "muted trumpet", "electric piano", "saw lead", "clean guitar"),
        figures=("x-.x ..x- .... ....", "..x- x... ..x- ....", "x... ..x. x... ....", "x.xx .... x.x. ...."),
        leaps=0.25,
        rests=0.5,
        presence=0.4,
        gain=-2,
    ),
    neighbours=("reggae", "jazz", "pop", "disco"),
)
