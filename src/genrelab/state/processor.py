"""In what precision this machine computes nets quickly: what `training.precision: auto` stands for."""

from pathlib import Path

from genrelab.state import cards

CPUINFO = Path("/proc/cpuinfo")
CPU_FLAGS = {"amx_bf16", "avx512_bf16"}  # with which a CPU multiplies bfloat16
CARD = 8  # the compute capability from which on a card does


def precision() -> str:
    """Return bfloat16 where the card that nets are trained on, or else the CPU, computes in it; float32 elsewhere."""
    capability = _capability_of_cards() if cards.visible() else None
    quick = _cpu_has_bfloat16() if capability is None else capability >= CARD
    return "bfloat16" if quick else "float32"


def _cpu_has_bfloat16() -> bool:
    try:
        return bool(CPU_FLAGS & {*CPUINFO.read_text(encoding="utf-8").split()})
    except OSError:  # no Linux
        return False


def _capability_of_cards() -> float | None:
    """Return the least compute capability of the cards that the backend uses; None where it uses none."""
    from genrelab.layers.keras_backend import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        details = map(tf.config.experimental.get_device_details, tf.config.list_physical_devices("GPU"))
        return min((float(found["compute_capability"][0]) for found in details), default=None)
    if keras.backend.backend() == "jax":
        import jax

        return min((float(card.compute_capability) for card in jax.devices() if card.platform == "gpu"), default=None)
    return None
