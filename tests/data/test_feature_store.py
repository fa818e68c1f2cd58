"""The feature store: equal to the features, in any order, resumable, bounded."""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
import zarr
from sounds import noises

from genrelab.data import audio, feature_store
from genrelab.data.audio import load
from genrelab.data.feature_store import Sound
from genrelab.errors import DataError
from genrelab.features import mel, musicnn, stft
from genrelab.state import code, origin

PARAMS = mel.Params(n_mels=16, frames=40, n_fft=512, f_max=8000)
N = 2 * feature_store.SHARD + 3


@pytest.fixture(scope="module")
def clips(tmp_path_factory) -> list[Sound]:
    return noises(tmp_path_factory.mktemp("clips"), N, 1.0)


def write(tmp_path: Path, clips, workers: int = 1, params=PARAMS) -> Path:
    target = tmp_path / "mel.zarr"
    feature_store.write(target, clips, "mel", params, partial=tmp_path / "partial", workers=workers)
    return target


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_what_is_read_is_what_the_feature_gives_in_any_order(tmp_path, clips):
    target = write(tmp_path, clips)
    order = np.random.default_rng(1).permutation(N)[:20]
    found = feature_store.read(target, [clips[i].clip for i in order])
    wanted = np.stack([mel.extract(load(clips[i].path, 22050), PARAMS) for i in order])
    np.testing.assert_array_equal(found, wanted)


def test_a_reader_reads_some_of_its_clips_and_knows_where_they_lie(tmp_path, clips):
    target, order = write(tmp_path, clips), [20, 3, 1, 33, 2]
    ids = [clips[i].clip for i in order]
    reader, whole = feature_store.Reader(target, ids), feature_store.read(target, ids)
    assert reader.shape == (16, 40)
    np.testing.assert_array_equal(reader.shards, np.array(order) // feature_store.SHARD)
    for places in ([0], [4, 1, 1], []):
        np.testing.assert_array_equal(reader.read(np.array(places, int)), whole[places])


def test_an_array_is_kept_while_sounds_parameters_and_code_are_the_same(tmp_path, clips, capsys):
    target = write(tmp_path, clips[:3])
    inode = target.stat().st_ino
    write(tmp_path, clips[:3])
    assert "mel.zarr: unchanged" in capsys.readouterr().out
    assert target.stat().st_ino == inode
    others = [clips[:2], [*clips[:2], clips[2]._replace(sha256="another")]]
    for sounds, params in [*((one, PARAMS) for one in others), (clips[:3], PARAMS.with_values(top_db=60))]:
        write(tmp_path, sounds, params=params)
        assert "unchanged" not in capsys.readouterr().out
        assert target.stat().st_ino != inode
        inode = target.stat().st_ino


def test_an_array_that_other_code_has_made_or_that_was_altered_is_made_anew(tmp_path, clips, capsys, monkeypatch):
    target = write(tmp_path, clips[:3])
    whole = files(target)
    with monkeypatch.context() as patch:
        patch.setattr(code, "digest", lambda *modules: "other code")
        write(tmp_path, clips[:3])
    assert files(target)[origin.NOTE] != whole[origin.NOTE]
    write(tmp_path, clips[:3])
    assert files(target) == whole
    shard = next(path for path in target.rglob("*") if path.parent != target and path.is_file())
    shard.write_bytes(b"torn")
    write(tmp_path, clips[:3])
    assert files(target) == whole
    assert "unchanged" not in capsys.readouterr().out


def test_it_is_one_sharded_array_with_the_ids_beside_it(tmp_path, clips):
    array = zarr.open_array(write(tmp_path, clips), mode="r")
    assert array.shape == (N, 16, 40)
    assert array.chunks == (1, 16, 40)
    assert array.shards == (feature_store.SHARD, 16, 40)
    assert list(array.attrs["clips"]) == [sound.clip for sound in clips]


def test_two_workers_write_the_same_bytes_as_one(tmp_path, clips):
    assert files(write(tmp_path / "one", clips)) == files(write(tmp_path / "two", clips, workers=2))


@pytest.fixture
def interrupted(tmp_path, clips, monkeypatch) -> list:
    """A run in tmp_path/killed that ended in its second shard; the list of shards written from then on."""
    done = []
    original = feature_store.write_shard

    def dies_in_the_second(start, wanted, computed):
        if start == feature_store.SHARD and "died" not in done:
            done.append("died")
            raise KeyboardInterrupt
        done.append(start)
        return original(start, wanted, computed)

    monkeypatch.setattr(feature_store, "write_shard", dies_in_the_second)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "killed", clips)
    assert not (tmp_path / "killed" / "mel.zarr").exists()
    assert done == [0, "died"]
    done[:] = ["died"]
    return done


def test_an_interrupted_run_goes_on_with_the_shards_that_are_missing(tmp_path, clips, interrupted):
    resumed = files(write(tmp_path / "killed", clips))
    assert interrupted == ["died", feature_store.SHARD, 2 * feature_store.SHARD]
    assert resumed == files(write(tmp_path / "whole", clips))


def test_it_begins_anew_where_a_sound_has_changed_in_between(tmp_path, clips, interrupted):
    other = tmp_path / "other.wav"
    soundfile.write(other, np.random.default_rng(99).normal(0, 0.1, 22050), 22050)
    changed = [Sound(clips[0].clip, other, "another"), *clips[1:]]
    found = feature_store.read(write(tmp_path / "killed", changed), [clips[0].clip])
    np.testing.assert_array_equal(found[0], mel.extract(load(other, 22050), PARAMS))


def test_other_parameters_begin_anew(tmp_path, clips):
    write(tmp_path, clips[:3])
    found = feature_store.read(write(tmp_path, clips[:3], params=PARAMS.with_values(top_db=20.0)), ["clip000"])
    assert found.min() == -20


def test_a_kill_in_the_middle_leaves_nothing_half_written(tmp_path, clips):
    folder = str(clips[0].path.parent)
    script = (
        "import sys; from pathlib import Path; from genrelab.features import mel\n"
        "from genrelab.data import feature_store as store\n"
        "folder, target = Path(sys.argv[1]), Path(sys.argv[2])\n"
        "paths = sorted(folder.glob('*.wav'))\n"
        "many = [store.Sound(f'{p.stem}-{k}', p, '') for k in range(40) for p in paths]\n"
        "params = mel.Params(n_mels=16, frames=40, n_fft=512, f_max=8000)\n"
        "store.write(target / 'mel.zarr', many, 'mel', params, partial=target / 'partial', workers=1)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, folder, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": "src"},
        stderr=subprocess.DEVNULL,
    )
    marks = tmp_path / "partial" / "done"
    deadline = time.monotonic() + 60
    while len(list(marks.glob("*"))) < 3 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    process.kill()
    process.wait()
    assert not (tmp_path / "mel.zarr").exists()
    assert len(list(marks.glob("*"))) >= 3
    paths = sorted(clips[0].path.parent.glob("*.wav"))
    write(tmp_path, [Sound(f"{path.stem}-{k}", path, "") for k in range(40) for path in paths])
    assert zarr.open_array(tmp_path / "mel.zarr", mode="r").shape[0] == 40 * N
    assert not list((tmp_path / "mel.zarr").rglob("*.partial"))


def test_missing_features_and_clips_are_named(tmp_path, clips):
    with pytest.raises(DataError, match=r"other\.zarr are missing"):
        feature_store.read(tmp_path / "other.zarr", ["a"])
    with pytest.raises(DataError, match="'nobody'"):
        feature_store.read(write(tmp_path, clips[:2]), ["clip000", "nobody"])


def test_a_sound_that_no_longer_decodes_is_an_error(tmp_path, clips):
    (tmp_path / "broken.wav").write_text("no sound")
    with pytest.raises(DataError):
        write(tmp_path, [Sound("broken", tmp_path / "broken.wav", "")])


def test_a_kill_after_the_array_took_its_name_blocks_nothing(tmp_path, clips, monkeypatch):
    def killed(new, target):
        new.rename(target)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr("genrelab.state.folders.replace", killed)
        write(tmp_path, clips[:3])
    whole = files(write(tmp_path / "whole", clips[:3]))
    assert files(write(tmp_path, clips[:3])) == whole
    assert not (tmp_path / "partial").exists()


def test_the_old_array_stays_until_its_successor_is_whole(tmp_path, clips):
    before = files(write(tmp_path, clips[:3]))
    (tmp_path / "broken.wav").write_bytes(b"no sound")
    with pytest.raises(DataError):
        write(tmp_path, [Sound("broken", tmp_path / "broken.wav", "")])
    assert files(tmp_path / "mel.zarr") == before


TOGETHER = {"mel": PARAMS, "stft": stft.Params(n_fft=256, frames=40), "musicnn": musicnn.Params(frames=40)}


def unfinished(folder: Path) -> list[feature_store.Unfinished]:
    return [
        feature_store.Unfinished(kind, params, folder / f"{kind}.zarr", folder / kind)
        for kind, params in TOGETHER.items()
    ]


def written(folder: Path, clips) -> dict[str, dict[str, bytes]]:
    for one in unfinished(folder):
        feature_store.write(one.target, clips, one.kind, one.params, partial=one.partial, workers=1)
    return {kind: files(folder / f"{kind}.zarr") for kind in TOGETHER}


def test_several_features_in_one_pass_are_what_each_is_alone_and_each_clip_is_decoded_once(
    tmp_path, clips, monkeypatch
):
    some, decoded = clips[:5], []
    alone = written(tmp_path / "alone", some)
    decode = audio.decode
    monkeypatch.setattr(audio, "decode", lambda path, **words: decoded.append(path) or decode(path, **words))
    feature_store.fill(some, unfinished(tmp_path / "together"), workers=1)
    assert decoded == [sound.path for sound in some]
    assert written(tmp_path / "together", some) == alone
    assert len(decoded) == len(some), "`write` has found everything done"


def test_a_pass_computes_what_is_missing_of_each_alone(tmp_path, clips):
    some, each = clips[:5], unfinished(tmp_path)
    feature_store.fill(some, each[:1], workers=1)
    before = (each[0].mark(0)).stat().st_mtime_ns
    feature_store.fill(some, each, workers=1)
    assert each[0].mark(0).stat().st_mtime_ns == before
    assert all(one.mark(0).exists() for one in each)


def test_a_pass_leaves_alone_what_is_current(tmp_path, clips):
    some, each = clips[:5], unfinished(tmp_path)
    feature_store.write(each[0].target, some, each[0].kind, each[0].params, partial=each[0].partial, workers=1)
    feature_store.fill(some, each, workers=1)
    assert [one.partial.exists() for one in each] == [False, True, True]


@pytest.fixture
def worse(tmp_path, clips) -> list[Sound]:
    """Clips of which one overflows, and one no longer decodes."""
    soundfile.write(tmp_path / "loud.wav", np.full(22050, 1e30, np.float32), 22050, subtype="FLOAT")
    (tmp_path / "broken.wav").write_text("no sound")
    return [*clips[:2], *(Sound(name, tmp_path / f"{name}.wav", name) for name in ("loud", "broken"))]


def test_a_clip_without_a_feature_costs_itself_alone_and_is_named_with_the_reason(tmp_path, clips, worse, capsys):
    target = write(tmp_path, worse)
    found = feature_store.left_out(target)
    assert found["loud"] == "is not finite"
    assert "cannot be decoded" in found["broken"]
    np.testing.assert_array_equal(
        feature_store.read(target, ["clip000", "clip001"]),
        feature_store.read(write(tmp_path / "good", clips[:2]), ["clip000", "clip001"]),
    )
    for lost in found:
        with pytest.raises(DataError, match=f"no features for the clip '{lost}'"):
            feature_store.read(target, ["clip000", lost])
    write(tmp_path, worse)
    printed = capsys.readouterr().out
    assert printed.count("mel: could not be computed for 2 of 4 clips") == 2, "also where the array is kept"
    assert printed.count("left out: loud: is not finite") == 2


@pytest.mark.parametrize("what", ["raises", "other shape", "not finite"])
def test_whatever_a_feature_does_with_a_clip_the_others_are_computed(tmp_path, clips, monkeypatch, what):
    extract, samples = mel.extract, load(clips[1].path, 22050)

    def odd(y, params):
        if not np.array_equal(y, samples):
            return extract(y, params)
        if what == "raises":
            raise KeyError("a plug-in's own fault in /a/path")
        return {"other shape": np.zeros((3, 3)), "not finite": np.full((16, 40), np.nan)}[what]

    monkeypatch.setattr(mel, "extract", odd)
    found = feature_store.left_out(write(tmp_path, clips[:3]))
    assert list(found) == [clips[1].clip]
    assert "/a/path" not in found[clips[1].clip], "words of others differ by machine, and with them the hash"


def test_a_feature_of_no_clip_is_an_error_and_leaves_nothing(tmp_path, worse):
    with pytest.raises(DataError, match="the feature mel could not be computed for any clip; for loud: is not finite"):
        write(tmp_path, worse[2:])
    assert not (tmp_path / "partial").exists()
