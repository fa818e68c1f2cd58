"""The page on which a song is dropped, in a real browser: what it answers, refuses, and how it is used."""

import json
import shutil

import numpy as np
import pytest
import soundfile
from tracking_store import free_port

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytest.importorskip("gradio", reason="gradio is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--disable-sync"]
SECONDS = 1000  # milliseconds
pytestmark = [
    pytest.mark.end_to_end,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium on this machine"),
]


@pytest.fixture(scope="module")
def address(clone):
    """Where the page is served, by a model that was trained for it."""
    clone.genrelab("train", "--model", "svm")
    process = clone.start("app", "--port", free_port())
    yield next(line for line in process.stdout if line.startswith("page: ")).split()[1]
    process.terminate()
    process.communicate(timeout=60)
    assert process.returncode == 130


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser, address):
    """The page on a phone."""
    page = browser.new_page(viewport={"width": 390, "height": 800})
    outside = []
    page.on("request", lambda request: outside.append(request.url))
    page.goto(address)
    page.wait_for_selector("#song")
    yield page
    page.close()
    assert not [url for url in outside if not url.startswith((address, "data:", "blob:"))]


def ranked(page) -> dict[str, int]:
    words = page.inner_text("#genres").split()
    return {name: int(share.rstrip("%")) for name, share in zip(words[2::2], words[3::2], strict=True)}


def test_a_song_is_answered_as_predict_answers_it(clone, page, tmp_path):
    clip = next((clone.root / "data/tiny/clips").rglob("*.flac"))
    y, rate = soundfile.read(clip)
    song = tmp_path / "<b>long.wav"  # two and a half windows
    soundfile.write(song, np.tile(y, 3)[: round(15.5 * rate)], rate)
    page.set_input_files("#song input[type=file]", song)
    page.wait_for_selector("#explanation img", timeout=60 * SECONDS)
    lines = tmp_path / "genres.jsonl"
    clone.genrelab("predict", "--audio", str(song), "--output", str(lines))
    predicted = json.loads(lines.read_text())
    assert ranked(page) == {name: round(100 * p) for name, p in predicted["probabilities"].items()}
    assert f"judged in {predicted['windows']} windows" in page.inner_text("#said")
    assert page.locator("#timeline img").count() == 1
    assert page.locator("#nearest audio").count() == 5
    sound = page.locator("#nearest audio").first.evaluate("player => fetch(player.src).then(answer => answer.status)")
    assert sound == 200
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_file_that_is_no_sound_gets_its_reason(page, tmp_path):
    (tmp_path / "words.wav").write_text("these are words")
    page.set_input_files("#song input[type=file]", tmp_path / "words.wav")
    page.wait_for_selector(".song-error", timeout=30 * SECONDS)
    assert "This sound cannot be used: cannot be decoded" in page.inner_text("#said")
    assert not page.locator("#explanation img").count()


def test_it_is_used_by_keyboard_alone(page):
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.innerText").strip() == "disco":
            break
    page.keyboard.press("Enter")
    page.wait_for_selector("#genres h2", timeout=30 * SECONDS)
    assert sum(ranked(page).values()) in (99, 100, 101)


def test_a_file_beside_the_clips_is_not_handed_out(clone, page):
    secret = f"gradio_api/file={clone.root / 'mlflow.db'}"
    assert page.evaluate("path => fetch(path).then(answer => answer.status)", secret) in (403, 404)


def test_the_command_says_what_is_wrong(clone, address):
    assert "is taken" in clone.genrelab("app", "--port", address.rpartition(":")[2], rc=2)
    assert "port must be a number in 1...65535, got 0" in clone.genrelab("app", "--port", "0", rc=2)
    assert "nobody" in clone.genrelab("app", "--model_uri", "models:/nobody/1", rc=2)
