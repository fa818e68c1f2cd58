"""Print the tags that the pretrained nets find in sound files, to check that the rebuilt nets hear what is there.

python benchmarks/tags.py FILE...
"""

import sys
from pathlib import Path

import numpy as np

from genrelab.data import audio
from genrelab.features import musicnn as front
from genrelab.pretrained import musicnn, weights

SHOWN = 6


def main(paths: list[Path]) -> None:
    params = front.Params()
    x = np.stack([front.extract(audio.load(path, params.sample_rate), params) for path in paths])
    for net in weights.NETS:
        tags = musicnn.TAGS[net.partition("_")[0]]
        found = np.asarray(musicnn.tagger(net, *front.shape(params)).predict_on_batch(x[..., np.newaxis]))
        for path, row in zip(paths, found, strict=True):
            best = np.argsort(-row)[:SHOWN]
            print(f"{net:12} {path.stem:20} {', '.join(f'{tags[i]} {row[i]:.2f}' for i in best)}")


if __name__ == "__main__":
    main([Path(word) for word in sys.argv[1:]])
