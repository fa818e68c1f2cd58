"""Pages in a real browser: nothing is wider than a phone, tables sort, and there are players."""

import re
import shutil
import subprocess

import numpy as np
import pandas as pd
import pytest
import soundfile

from genrelab import plots
from genrelab.html import page
from genrelab.html.page import Cell
from genrelab.inference import drift_html

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update", "--hide-scrollbars"),
)
# A frame of a phone's width reports how wide its content is, and what a click on a head does to the order.
PROBE = """<!DOCTYPE html><iframe id="phone" src="page.html" style="width:390px;height:800px;border:0"></iframe>
<pre id="found"></pre><script>
document.getElementById("phone").addEventListener("load", (event) => {
  const inner = event.target.contentDocument;
  inner.querySelector("table.sortable th.number button").click();
  const first = inner.querySelector("table.sortable tbody tr").cells[0].innerText;
  setTimeout(() => {
    const players = inner.querySelectorAll("audio").length;
    const width = inner.documentElement.scrollWidth;
    document.getElementById("found").textContent = `width=${width} first=${first} players=${players}`;
  }, 3000);
});
</script>"""
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine")


def on_a_phone(folder, html: str) -> tuple[int, str, int]:
    """Return a page's width there, the first cell after a click on a head of numbers, and how many players it has."""
    (folder / "page.html").write_text(html, encoding="utf-8")
    (folder / "probe.html").write_text(PROBE, encoding="utf-8")
    own = ["--allow-file-access-from-files", f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=5000"]
    dom = subprocess.run(
        [CHROMIUM, *FLAGS, *own, "--dump-dom", (folder / "probe.html").as_uri()],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout
    found = re.search(r"width=(\d+) first=(.*) players=(\d+)", dom)
    assert found, dom[-500:]
    return int(found[1]), found[2], int(found[3])


def test_on_a_phone_nothing_is_wider_than_the_screen_and_tables_sort(tmp_path):
    rows = [
        [
            Cell(f"clip{i}" + "x" * 80, sound="clip.wav" if i == 1 else "none.wav"),
            page.number(i),
            *["words and more words"] * 12,
        ]
        for i in range(4)
    ]
    wide = page.table(["clip", page.number("n"), *[f"column {i}" for i in range(12)]], rows)
    html = page.render(
        "explore", title="W" * 200, lead="said " * 50, classes=wide, pictures=[], left_out=page.table([], []), more=0
    )
    soundfile.write(tmp_path / "clip.wav", np.zeros(800), 8000)
    width, first, players = on_a_phone(tmp_path, html)
    assert width <= 390
    assert first.startswith("clip3")
    assert players == 1  # where there is no file, there is no player


def test_so_it_is_with_drift(tmp_path):
    names = [tmp_path / ("x" * 60 + f"{i}.wav") for i in range(3)]
    soundfile.write(names[2], np.zeros(800), 8000)
    found = {"drift": [1.0, 3.0, 2.0], "label": "a genre of several words", "probability": 0.5, "reason": ""}
    sounds = pd.DataFrame({"path": [str(name) for name in names], "status": "ok", **found})
    broken = pd.DataFrame([{"path": "y" * 80 + ".wav", "status": "unreadable", "reason": "is not a sound " * 9}])
    valid = np.linspace(0.1, 1.0, 9)
    picture = plots.png(plots.drift(valid, sounds["drift"].to_numpy(), "t"))
    html = drift_html.page("svm " * 40, pd.concat([sounds, broken]), valid, (0.9, 0.7, 1.0), picture)
    width, first, players = on_a_phone(tmp_path, html)
    assert width <= 390
    assert first.endswith("1.wav")  # the farthest
    assert players == 1
