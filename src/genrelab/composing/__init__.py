"""Music by rule: a genre's idiom, an artist's habits and a random stream give a piece, which a soundfont renders.

The path of a clip: `genres` (data) -> `artists` (habits) -> `compose` (drums, bass, comping, melody over a harmony, in
beats) -> `perform` (swing, rubato and human error, in seconds) -> `render` (MIDI, sound).
"""
