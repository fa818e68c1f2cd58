"""Choose the precision for `training.precision: auto`: the one in which this machine computes nets fast."""

from pathlib import Path

from genrelab.state import cards

CPUINFO = Path("/proc/cpuinfo")
CPU_FLAGS = {"amx_bf16", "avx512_bf16"}  # CPU flags for bfloat16 multiplication
CARD = 8  # the first compute capability that multiplies bfloat16


def precision() -> str:
    """Return bfloat16 if the GPU that trains nets, or else the CPU, computes in it; otherwise float32."""
    capability = _capability_of_cards() if cards.visible() else None
    quick = _cpu_has_bfloat16() if capability is None else capability >= CARD
    return "bfloat16" if quick else "float32"


def _cpu_has_bfloat16() -> bool:
    try:
        return bool(CPU_FLAGS & {*CPUINFO.read_text(encoding="utf-8").split()})
    except OSError:  # not Linux
        return False


def _capability_of_cards() -> float | None:
    """Return the lowest compute capability of the GPUs that the backend uses; None if it uses none."""
    from genrelab.layers.keras_backend import keras

    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        details = map(tf.config.experimental.get_device_details, tf.config.list_physical_devices("GPU"))
        return min((float(found["compute_capability"][0]) for found in details), default=None)
    if keras.backend.backend() == "jax":
        import jax

        return min((float(card.compute_capability) for card in jax.devices() if card.platform == "gpu"), default=None)
    return None
