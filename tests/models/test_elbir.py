"""Elbir 2018: descriptors of a chosen Fourier transform against librosa's, and the classifiers on them."""

import librosa
import numpy as np
import pytest
from keras_tuner import HyperParameters

from genrelab.features import Feature, stft
from genrelab.features.stft import Params
from genrelab.models import elbir_forest, elbir_svm
from genrelab.models._descriptors import Descriptors

RATE = 22050


def sine(hertz: float) -> np.ndarray:
    return np.sin(2 * np.pi * hertz * np.arange(2 * RATE) / RATE).astype(np.float32)


def noise(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 0.1, 2 * RATE).astype(np.float32)


@pytest.mark.parametrize("params", [Params(frames=90), Params(window="parzen", n_fft=512, hop=256, frames=180)])
def test_descriptors_are_librosas_of_the_transform_that_was_chosen(params):
    y = noise() + 0.3 * sine(440)
    decibels = stft.extract(y, params)
    spectrum = np.abs(librosa.stft(y, n_fft=params.n_fft, hop_length=params.hop, window=params.window))
    found = Descriptors(20).frames(decibels[:, : spectrum.shape[1]])
    common = {"S": spectrum, "sr": RATE, "n_fft": params.n_fft}
    np.testing.assert_allclose(found[1], librosa.feature.spectral_centroid(**common)[0], rtol=1e-2)
    np.testing.assert_allclose(found[2], librosa.feature.spectral_bandwidth(**common)[0], rtol=1e-2)
    power = librosa.feature.spectral_rolloff(S=spectrum**2, sr=RATE, n_fft=params.n_fft)[0]
    np.testing.assert_allclose(found[3], power, atol=1)
    mel = librosa.feature.melspectrogram(S=(spectrum / spectrum.max()) ** 2, sr=RATE, n_mels=40)
    np.testing.assert_allclose(found[11:], librosa.feature.mfcc(S=librosa.power_to_db(mel, top_db=None)), atol=0.5)


@pytest.mark.parametrize("hertz", [500, 3000])
def test_a_sine_crosses_zero_twice_a_period(hertz):
    found = Descriptors().frames(stft.extract(sine(hertz), Params(frames=80)))[:, 10]
    np.testing.assert_allclose(found[0], 2 * hertz, rtol=0.02)


def test_noise_crosses_zero_as_often_as_is_counted():
    y = np.convolve(noise(), [0.5, 1, 0.5], "same").astype(np.float32)
    found = Descriptors().frames(stft.extract(y, Params(frames=80)))[0].mean()
    assert found == pytest.approx((np.diff(np.signbit(y)) != 0).sum() / 2, rel=0.03)


def test_contrast_is_high_where_a_tone_stands_out():
    tonal, noisy = (Descriptors().frames(stft.extract(y, Params(frames=80)))[4:11, 10] for y in (sine(1000), noise()))
    assert tonal[3] > noisy[3] + 20  # 800...1600 Hz


@pytest.mark.parametrize("other", [{"window": "boxcar"}, {"n_fft": 4096}, {"hop": 8192}])
def test_window_size_and_overlap_change_what_is_described(other):
    y = (sine(440) + sine(460)) * np.linspace(0, 1, 2 * RATE, dtype=np.float32) ** 2

    def described(params: Params) -> np.ndarray:
        return Descriptors().transform(stft.extract(y, params)[None])[0]

    assert np.abs(described(Params(frames=90, **other)) - described(Params(frames=90))).max() > 1


def test_padding_does_not_count():
    y = noise()
    short, wide = (stft.extract(y, Params(frames=frames))[None] for frames in (87, 400))
    np.testing.assert_allclose(Descriptors().transform(short), Descriptors().transform(wide), rtol=1e-4)
    assert (Descriptors().transform(np.full((1, 513, 9), -80.0)) == 0).all()


@pytest.mark.parametrize("module", [elbir_svm, elbir_forest])
def test_they_learn_tones_from_noise(module):
    sounds = [noise(i) * 0.3 + (i % 3) * sine(300 * (1 + i % 3)) for i in range(24)]
    x, y = np.stack([stft.extract(sound, Params(frames=90)) for sound in sounds]), np.arange(24) % 3
    hp = HyperParameters()
    hp.values["trees"] = 100
    pipeline = module.build(hp, x.shape[1:], 3).fit(x[:12], y[:12])
    assert (pipeline.predict_proba(x[12:]).argmax(axis=1) == y[12:]).mean() > 0.9


@pytest.mark.parametrize("kernel", ["linear", "poly", "rbf"])
def test_the_kernel_is_the_one_asked_for(kernel):
    hp = HyperParameters()
    hp.values["kernel"] = kernel
    assert elbir_svm.build(hp, (513, 90), 3)["svm"].kernel == kernel


def test_a_spectrogram_of_a_few_bins_is_refused():
    with pytest.raises(ValueError, match="16 bins"):
        elbir_svm.build(HyperParameters(), (8, 90), 3)


HEARD = [
    {},
    {"bands": 200},
    {"sample_rate": 44100},
    {"sample_rate": 16000, "window": "parzen", "n_fft": 512, "hop": 256},
    {"sample_rate": 8000, "bands": 300},
]


@pytest.mark.parametrize("words", HEARD)
def test_a_tones_centroid_is_its_frequency_at_any_rate_and_number_of_bands(words):
    params = Params(frames=90, **words)
    y = np.sin(2 * np.pi * 2000 * np.arange(params.sample_rate) / params.sample_rate).astype(np.float32)
    pipeline = elbir_svm.build(HyperParameters(), Feature({"stft": params}).input_shape, 3)
    crossings, centroid = pipeline["describe"].frames(stft.extract(y, params))[:2, 10]
    assert centroid == pytest.approx(2000, rel=0.1)  # the floor of 80 dB below pulls it to the middle
    assert crossings == pytest.approx(4000, rel=0.02)


def test_slices_keep_their_frequencies_and_a_plain_shape_is_that_of_the_defaults():
    feature = Feature({"stft": Params(bands=200)})
    for shape, highest in ((feature.sliced_shape(50), 199 * RATE / 1024), ((513, 90), RATE / 2)):
        assert elbir_forest.build(HyperParameters(), shape, 3)["describe"].highest == pytest.approx(highest)
