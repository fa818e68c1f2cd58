"""Known facts about GTZAN's clips: artists, repetitions and distortions, and a partition that respects both.

Artists (for classical, mostly composers): B. L. Sturm's index, "An analysis of the GTZAN music genre dataset", MIRUM
2012, and "The GTZAN dataset: its contents, its faults, their effects on evaluation, and its future use", arXiv
1306.1461, 2013. 919 clips have one of 244 names, spelt as in the index (two in two spellings: "Earth, Wind & Fire" and
"Rage Against the Machine"); 81 clips are not identified.

Flagged: the clips that repeat another or are distorted, from the list that J. H. Foleiss and T. F. Tavares drew from
Sturm (2013): "Texture selection for automatic music genre classification", arXiv 1905.11959, 2019.

Parts: the fault-filtered partition of C. Kereliuk, B. L. Sturm and J. Larsen, "Deep learning and music adversaries",
IEEE Transactions on Multimedia 17(11), 2015, arXiv 1507.04761. 443 clips train, 197 validate, 290 test; 70 repeated,
distorted or otherwise faulty clips are in no part. No artist of the index is in two parts.

Clips are written as ranges of their numbers within the genre: "0-2,7" means clips 0, 1, 2 and 7.
"""

from collections.abc import Iterator
from functools import cache

EXCLUDED = "excluded"

# genre -> name and clips of each artist
ARTISTS = {
    "blues": """
        John Lee Hooker 0-11; Robert Johnson 12-28; Kelly Joe Phelps 29-39; Stevie Ray Vaughan 40-49;
        Magic Slim & The Teardrops 50-60; Clifton Chenier 61-72; Buckwheat Zydeco 73-84; Hot Toddy 85-97;
        Albert Collins 98-99""",
    "classical": """
        JS Bach 0-10; Mozart 11-29; Claude Debussy 30-33; Maurice Ravel 34-37; Henri Dutilleux 38-41;
        Giovanni Gabrieli 42,53; Richard Strauss 43,45; George Gershwin 44,48; Karol Szymanowski 46;
        Leonard Bernstein 47,52,55,57; Beethoven 49,77-79; Samuel Barber 50; Tchaikovsky 51,80-81; Verdi 54;
        Giovanni Rovetta 56; Erik Satie 58,60; Franz Schubert 63-67; Franz Joseph Haydn 68-76; Percy Grainger 82-88;
        Vivaldi 89-99""",
    "country": """
        Faith Hill 0; Patty Loveless 1; Garth Brooks 3; Suzy Bogguss 4; Shania Twain 5,45; John Anderson 6;
        Travis Tritt 7; Vince Gill 8,50-64; The Clark Family Experience 9; Don Gibson 10; Patsy Cline 11;
        Billy Joe Shaver 12,27; Loretta Lynn 13; Nina Martinique 14; George Jones 15,49; Johnny Cash 16,41;
        Floyd Cramer 17; Billie Jo Spears 18; Willie Nelson 19,26,65-80; Ray Peterson 20; Burt Bacharach 21;
        Karl Denver 22; Kenny Rogers 23; Hank Williams 24; Emmylou Harris 25; Jerry Lee Lewis 28; Johnny Rodriguez 29;
        Sonny Throckmorton 32; The Kendalls 33; Merle Haggard 34; The Statler Brothers 35; Johnny Paycheck 36;
        Larry Boone 37; Wayne Toups & Zydecajun 39; Kentucky Headhunters 40; Normaltown Flyers 42; Sammy Kershaw 43;
        Wesley Dennis 44; Jimmie Skinner 46; Johnny Preston 48; Brad Paisley 81-93; George Strait 94-99""",
    "disco": """
        Boz Scaggs 0; Gloria Gaynor 1,21,38,78; Archie Bell and The Drells 2; Don Armando 3; Carl Douglas 4,48;
        Odyssey 5; Alec R. Costandinos 6; Miquel Brown 7; Ashford & Simpson 8; Osibisa 9; Cheryl Lynn 10;
        Billy Ocean 11; Carl Carlton 12; Donna Summer 13,46,95; Bee Gees 14; Heatwave 15,41; Earth, Wind & Fire 16;
        Ottawan 17,24,44-45; New York City 19; Clarence Carter 20; The Gibson Brothers 22,28,30,35,37;
        Latoya Jackson 23,26; Evelyn Thomas 25,29,34; The Sugarhill Gang 27; The Three Degrees 31; David Christie 32;
        The Tymes 33; George McCrae 39; Disco Tex & The Sex-O-Lettes 42; Harold Melvin & The Blue Notes 43;
        Barbra Streisand and Donna Summer 47; KC and The Sunshine Band 49-51,70-71,73-74; Village People 52,75,90;
        Amii Stewart 53; Chic 54; The Trammps 55,60,89; Earth Wind and Fire 56,59; Anita Ward 61; Peter Brown 62,79;
        Boney M. 63,98-99; Lipps, Inc. 64; Peaches and Herb 66,69; ABBA 67-68,72; Love and Kisses 76; Tavares 77;
        GQ 82; Rick Dees 83; Tom Tom Club 85; Alicia Bridges 86; The Supremes 87; Meco 88; Silver Convention 91;
        Blondie 92; Van McCoy 93; Bronski Beat 94; Shirley & Company 96""",
    "hiphop": """
        Afrika Bambaataa 0; Wu-Tang Clan 1,7,41-42; De La Soul 2,4,32; Ice Cube 3,5-6; Beastie Boys 8-25,36; 3LW 26;
        The Ambassador 27; Dirt 28; Aaliyah 29; Pink 31; Dr Dre 33; Nice & Smooth 34; Allen Iverson 35; Lil Bow Wow 37;
        2Pac 38; Lauryn Hill 39-40,45; Wyclef Jean 43-44; A Tribe Called Quest 46-51,62-75; Cypress Hill 55-61;
        50 Cent 76,78; Busta Rhymes 77; Eminem 79-80; Public Enemy 81-98; RUN-DMC 99""",
    "jazz": """
        Leonard Bernstein 0-1; James Carter 2-10; Joe Lovano 11-24; Branford Marsalis Trio 25-32;
        Coleman Hawkins 33-46,51,53,55,57-58,60,62,65,67-72; Dexter Gordon 73-77; Tony Williams 83,86;
        Miles Davis 87-92; Joe Henderson 94-99""",
    "metal": """
        Falconer 0; Gamma Ray 1; Iron Maiden 2,5,34,92-94; Anthrax 3; Dark Tranquillity 4,12-15; Coroner 7; Creed 21;
        Ozzy Osbourne 22,85; Jacobs Dream 24; Megadeth 25,30; Motorhead 28,31; Living Colour 29; Scorpions 32;
        Metallica 33,38-39,73,75,78,83,87; Slayer 36; Dio 40-45,61-66; New Bomb Turks 46-57; Queen 58-60; AC/DC 67,70;
        Judas Priest 68,77; Black Sabbath 69,84,90-91; Def Leppard 71,79-80; Deep Purple 72; Johnny Crass 74;
        Guns N' Roses 81-82; Bon Jovi 86; Danzig 88; Rage Against the Machine 95; Rage Against The Machine 96-99""",
    "pop": """
        Mandy Moore 0,87-96; Spice Girls 1; Mariah Carey 2,97-99; Alanis Morissette 3-9; Celine Dion 11,39-40,42;
        Aretha Franklin, Celine Dion, Mariah Carey, Shania Twain & Gloria Estefan 12; Babyface 13;
        Britney Spears 15-38; Peabo Bryson & Regina Belle 41; Cher 43; Christina Aguilera 44-51,80;
        Destiny's Child 52-62; Diana Ross 63; Prince 65; Enrique Iglesias 66; Janet Jackson 67-73;
        Jennifer Lopez 74-78,82; Kate Bush 79; Ladysmith Black Mambazo 81; Madonna 84-86""",
    "reggae": """
        Bob Marley 0-27,54-60; Burning Spear 33,42,44,50,63; Desmond Dekker 41,49,69; The Ethiopians 43;
        Dennis Brown 46-48,64-68,71; Pras 52; Bounty Killer 61,73-74; Gregory Isaacs 70,76-78; Freddie McGregor 72;
        Peter Tosh 75,91-92; Ini Kamoze 80-82; Jimmy Cliff 83-84; Prince Buster 85,94-99; King Tubby 86;
        Lauryn Hill and Bob Marley 87; Marcia Griffiths 88; The Now Generation 89; Peter Tosh and Mick Jagger 93""",
    "rock": """
        Morphine 0-9; Ani DiFranco 10-15; Queen 16-26; The Beach Boys 27; The Rolling Stones 28-31,33,35,37;
        Led Zeppelin 32,39-48; David Bowie 34; Billy Joel 36; Guns N' Roses 38; Simple Minds 49-56; Sting 57-63;
        Jethro Tull 64-70; Simply Red 71-78; Survivor 79-85; Rick Springfield 86; Neil Young 87; Billy Squier 88;
        Bob Seger 89; The Tokens 90; The Stone Roses 91-99""",
}

# genre -> clips
FLAGGED = {
    "disco": "51,60,70,74,89,99",
    "hiphop": "45,78",
    "jazz": "51,53,55,58,60,62,65,67-72",
    "metal": "13,58,61-66,94",
    "pop": "22,31,37,46,57,59-60,71,80,90",
    "reggae": "56-58,60,65,69,74,81-82,86,91-92",
}

# part -> genre -> clips
PARTS = {
    "train": {
        "blues": "29-49,73-97",
        "classical": "30-33,43-48,50-67,80-99",
        "country": "19-26,28-29,65-99",
        "disco": "5,15-20,22-37,39-45,47,49,53-54,56-57,59,61,70,73-74,89",
        "hiphop": "2-25,28-29,31-38,41-42,55-61,77-80",
        "jazz": "0-1,11-24,41,47-72",
        "metal": "2-3,5,21,24,35,46-57,59-66,69,71-72,79-80,84,86,89-99",
        "pop": "2-9,11-12,16-20,23-29,31-36,38-42,44,46,49-50,80,97-99",
        "reggae": "0-2,4,6,9,11-12,14-32,42-45,49-51,54-60,63,69",
        "rock": "0-9,16-26,57-70,91-99",
    },
    "valid": {
        "blues": "0-11,50-60",
        "classical": "0-10,68-76",
        "country": "0-7,9-18,27,41-42,45,49",
        "disco": "0,2-4,6-14,46,48,52,67-68,72,75,90,95",
        "hiphop": "81-98",
        "jazz": "2-10,25-32",
        "metal": "0-1,6-11,16-20,36-37,68,76-77,81-82",
        "pop": "10,53,55,58-62,81,83-86",
        "reggae": "61-62,70,72,74,76-78,85,92-99",
        "rock": "38,49-56,71-85",
    },
    "test": {
        "blues": "12-28,61-72,98-99",
        "classical": "11-29,34-41,49,77-79",
        "country": "30-40,43-44,46-48,50-51,53-64",
        "disco": "1,21,58,62-66,69,76-88,91-94,96-97,99",
        "hiphop": "0,26-27,30,40,43-45,51-54,62-75,99",
        "jazz": "73-99",
        "metal": "12-15,22-23,25-33,38-39,67,70,73-75,78,83,85,87-88",
        "pop": "0-1,13-14,43,63-66,69-79,82,88-96",
        "reggae": "34-40,46-48,52-53,64-68,71,79,82-84,87-90",
        "rock": "10-15,27-37,39-48,86-90",
    },
}


def artist(clip: str) -> str:
    """Return the artist of a clip id such as blues.00000; empty if unknown or if GTZAN has no such clip."""
    return _artists().get(clip, "")


def flagged(clip: str) -> bool:
    """Return whether the clip repeats another or is distorted."""
    return clip in _flagged()


def part(clip: str) -> str:
    """Return the clip's part in the fault-filtered partition: train, valid, test or excluded."""
    return parts().get(clip, EXCLUDED)


@cache
def parts() -> dict[str, str]:
    """Return the part of each of the partition's 930 clips."""
    return {
        clip: name for name, genres in PARTS.items() for genre, ranges in genres.items() for clip in _ids(genre, ranges)
    }


@cache
def _artists() -> dict[str, str]:
    found: dict[str, str] = {}
    for genre, entries in ARTISTS.items():
        for entry in " ".join(entries.split()).split("; "):
            name, ranges = entry.rsplit(" ", 1)
            found |= dict.fromkeys(_ids(genre, ranges), name)
    return found


@cache
def _flagged() -> frozenset[str]:
    return frozenset(clip for genre, ranges in FLAGGED.items() for clip in _ids(genre, ranges))


def _ids(genre: str, ranges: str) -> Iterator[str]:
    """Yield the ids of a genre's clips from ranges such as 0-2,7."""
    for item in ranges.split(","):
        first, _, last = item.partition("-")
        for number in range(int(first), int(last or first) + 1):
            yield f"{genre}.{number:05d}"
