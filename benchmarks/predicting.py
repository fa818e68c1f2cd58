"""Time predictions for 30 s WAV files by `genrelab predict` and by the server, against the same work timed bare.

    python benchmarks/predicting.py [--files 240] [--requests 60]

Trains a version of `cnn` in a separate project for one epoch on few synthetic clips; its answers do not matter here.
Bare: decoding, mel-spectrogram and net, in batches of 20, in one process. The time for `predict` is the difference
between many files and few, which excludes start-up. Start-up is measured as the time to the answer for one file,
against the import of the libraries that it needs. 1 client queries the server, then 4 at once.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import features
import numpy as np
import serving
import soundfile
import yaml
from rows import Row

from genrelab import plugins
from genrelab.classifiers import factory, hyperparameters
from genrelab.features import mel

FEW, BATCH = 20, 20
BARE = "decoding, mel and net, bare, 1 process"
GENRELAB = [sys.executable, "-m", "genrelab"]
CORPUS = {"kind": "synthetic", "seed": 0, "artists": 4, "clips_per_artist": 3, "seconds": 30}


def seconds(*words: str) -> float:
    """Run a verb; return how long it took."""
    start = time.perf_counter()
    done = subprocess.run([*GENRELAB, *words], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(words)} failed:\n{done.stderr}")
    return time.perf_counter() - start


def copies(sounds: list[Path], count: int, folder: Path) -> Path:
    """Fill a folder with `count` files, repeating the sounds."""
    folder.mkdir()
    for number in range(count):
        shutil.copy(sounds[number % len(sounds)], folder / f"{number:05d}.wav")
    return folder


def bare(paths: list[Path]) -> float:
    """Return the seconds per file."""
    params, module = mel.Params(), plugins.load("models", "cnn")
    shape = mel.shape(params)
    net = factory.build(module, hyperparameters.choose(module, {}, shape, 10), shape, 10, seed=0)
    for _ in range(2):  # the first round compiles
        start = time.perf_counter()
        for at in range(0, len(paths), BATCH):
            batch = [mel.extract(soundfile.read(path, dtype="float32")[0], params) for path in paths[at : at + BATCH]]
            net.predict_proba(np.stack(batch))
    return (time.perf_counter() - start) / len(paths)


def asked(data: bytes, clients: int, requests: int) -> tuple[float, float]:
    """Return requests per second, and the 95th percentile of their latency in seconds."""
    waited: list[float] = []

    def client() -> None:
        for _ in range(requests // clients):
            start = time.perf_counter()
            assert serving.post(data) == 200
            waited.append(time.perf_counter() - start)

    threads = [threading.Thread(target=client) for _ in range(clients)]
    start = time.perf_counter()
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return len(waited) / (time.perf_counter() - start), statistics.quantiles(waited, n=20)[-1]


def rows(files: int, requests: int) -> Iterator[Row]:
    """Measure."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
        os.environ["GENRELAB_HOME"] = str(Path(folder, "home"))
        Path(folder, "home").mkdir()
        os.chdir(Path(folder, "home"))
        seconds("init")
        settings = yaml.safe_load(Path("params.yaml").read_text(encoding="utf-8"))
        settings |= {"dataset": "made", "corpora": {"made": CORPUS}, "features": {"mel": {}}}
        Path("params.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
        seconds("train", "--model", "cnn", "--epochs", "1")
        sound = Path(folder, "sounds")
        sound.mkdir()
        sounds = features.make(sound)
        uri = "models:/made-genre/1"
        few = copies(sounds, FEW, Path(folder, "few"))
        many = copies(sounds, FEW + files, Path(folder, "many"))
        one = copies(sounds, 1, Path(folder, "one"))
        words = ("predict", "--model_uri", uri, "--output", str(Path(folder, "genres.csv")), "--audio")
        each = bare([*few.iterdir()])
        extra = (seconds(*words, str(many)) - seconds(*words, str(few))) / files
        yield Row("predict, cnn", each / extra, BARE, f"{1 / extra:.0f} files/s (bare {1 / each:.0f})")
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", "import tensorflow, keras, mlflow.pyfunc, pandas"], check=True)
        imports = time.perf_counter() - start
        first = seconds(*words, str(one))
        yield Row("predict, first answer", imports / first, "the import of its libraries", f"{first:.1f} s")
        with serving.server(uri):
            data = serving.body([sounds[0].read_bytes()])
            asked(data, 1, 5)
            for clients in (1, 4):
                rate, late = asked(data, clients, requests)
                figure = f"{rate:.1f} requests/s, 95% within {1000 * late:.0f} ms"
                yield Row(f"server, cnn, {clients} client{'s' * (clients > 1)}", rate * each, BARE, figure)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", type=int, default=240)
    parser.add_argument("--requests", type=int, default=60)
    options = parser.parse_args()
    for row in rows(options.files, options.requests):
        print(row, flush=True)


if __name__ == "__main__":
    main()
