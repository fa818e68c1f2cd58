"""Measure time and peak memory of all stages from files to audit, for a corpus larger than memory.

    python benchmarks/large.py [--clips 100000] [--folder DIR] [--keep]

Generates clips of one second (ten classes, five clips per artist) below DIR, copies the project's tracked files there,
and runs `dvc repro` of each stage in the copy, and then `audit`. Memory is that of the command and its worker processes
together, sampled once a second; shared pages count once (PSS). The target: 2 GB throughout.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import psutil
import soundfile
import yaml
from joblib import Parallel, delayed
from tqdm import tqdm

CLASSES, CLIPS_OF_ARTIST = 10, 5
RATE = 8_000  # Hz
FRAMES = 22  # of the mel-spectrogram of one second at the default hop
ROOT = Path(__file__).parents[1]
CHUNK = 500  # clips that a process generates at a time


def generate(folder: Path, numbers: range) -> None:
    """Write clips: a chord specific to the class, and noise specific to the clip."""
    time_axis = np.arange(RATE) / RATE
    for number in numbers:
        rng, label = np.random.default_rng(number), number % CLASSES
        tones = 110 * 2 ** (rng.integers(0, 24, 3) / 12 + label / 10)
        y = sum(np.sin(2 * np.pi * tone * time_axis + rng.uniform(0, 6)) for tone in tones) / 8
        y = y * np.exp(-time_axis * rng.uniform(0, 3)) + rng.normal(0, 0.01, RATE)
        soundfile.write(folder / f"class{label}" / f"{number:06d}.wav", y, RATE, subtype="PCM_16")


def music(folder: Path, clips: int) -> None:
    for label in range(CLASSES):
        (folder / f"class{label}").mkdir(parents=True, exist_ok=True)
    chunks = [range(start, min(start + CHUNK, clips)) for start in range(0, clips, CHUNK)]
    jobs = Parallel(n_jobs=-1, return_as="generator_unordered")(delayed(generate)(folder, chunk) for chunk in chunks)
    for _ in tqdm(jobs, "generating", len(chunks)):
        pass
    with (folder / "artists.csv").open("w", encoding="utf-8") as table:
        table.write("clip,artist\n")
        for number in range(clips):
            label = number % CLASSES
            table.write(f"class{label}/{number:06d}.wav,{label}-{number // CLASSES // CLIPS_OF_ARTIST}\n")


def project(root: Path, source: Path) -> None:
    """Copy the tracked files, and make the generated corpus the only one."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in listed.splitlines():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    params = yaml.safe_load((root / "params.yaml").read_text(encoding="utf-8"))
    params["dataset"] = "large"
    params["corpora"] = {"large": {"kind": "folder", "source": str(source), "manifest": str(source / "artists.csv")}}
    params["features"]["mel"]["frames"] = FRAMES
    params["split"] = "artist"
    (root / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False), encoding="utf-8")
    for command in (["git", "init", "-q"], ["git", "add", "-A"], ["dvc", "config", "cache.type", "hardlink"]):
        subprocess.run(command, cwd=root, check=True, capture_output=True)


def memory(process: psutil.Process) -> int:
    """Return the bytes that a process and its children use together."""
    total = 0
    for one in [process, *process.children(recursive=True)]:
        try:
            total += one.memory_full_info().pss
        except psutil.Error:  # it has just ended
            continue
    return total


def measured(root: Path, command: list[str]) -> tuple[float, int]:
    """Run a command; return its seconds and its peak memory in bytes."""
    env = {**os.environ, "PYTHONPATH": "src", "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    start, peak = time.perf_counter(), 0
    with (root / "output.log").open("ab") as log:
        process = subprocess.Popen([sys.executable, "-m", *command], cwd=root, env=env, stdout=log, stderr=log)
        ended = threading.Event()

        def watch() -> None:
            nonlocal peak
            seen = psutil.Process(process.pid)
            while not ended.wait(1):
                try:
                    peak = max(peak, memory(seen))
                except psutil.Error:
                    return

        watcher = threading.Thread(target=watch)
        watcher.start()
        code = process.wait()
        ended.set()
        watcher.join()
    if code:
        sys.exit(f"{' '.join(command)} ended with {code}; see {root / 'output.log'}")
    return time.perf_counter() - start, peak


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clips", type=int, default=100_000)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--keep", action="store_true", help="leave the generated files where they are")
    options = parser.parse_args()
    here = Path(tempfile.mkdtemp(prefix="genrelab-large-", dir=options.folder))
    try:
        music(here / "music", options.clips)
        root = here / "project"
        project(root, here / "music")
        commands = {
            "dataset": ["dvc", "repro", "dataset@large"],
            "features": ["dvc", "repro", "features@large-mel"],
            "survey": ["dvc", "repro", "survey@large"],
            "explore": ["dvc", "repro", "explore@large-mel"],
            "audit": ["genrelab", "audit"],
        }
        print(f"{options.clips} clips of 1 s on {os.cpu_count()} cores")
        for name, command in commands.items():
            seconds, peak = measured(root, command)
            rate = options.clips / seconds
            print(f"{name:<9} {seconds:7.0f} s {rate:7.0f} clips/s, peak {peak / 2**20:6.0f} MiB", flush=True)
    finally:
        if options.keep:
            print(f"left in {here}")
        else:
            shutil.rmtree(here, ignore_errors=True)


if __name__ == "__main__":
    main()
