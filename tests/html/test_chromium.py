"""Pages in a real browser: nothing is wider than a phone, and there are players and matrices to see."""

import re
import shutil
import subprocess

import numpy as np
import pytest
import soundfile

from genrelab.html import page
from genrelab.html.page import Cell

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


@pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine")
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
    (tmp_path / "page.html").write_text(html, encoding="utf-8")
    (tmp_path / "probe.html").write_text(PROBE, encoding="utf-8")
    own = ["--allow-file-access-from-files", f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=5000"]
    dom = subprocess.run(
        [CHROMIUM, *FLAGS, *own, "--dump-dom", (tmp_path / "probe.html").as_uri()],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout
    found = re.search(r"width=(\d+) first=(\w+) players=(\d+)", dom)
    assert found, dom[-500:]
    assert int(found[1]) <= 390
    assert found[2].startswith("clip3")
    assert found[3] == "1"  # where there is no file, there is no player
