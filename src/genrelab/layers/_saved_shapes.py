"""Names of shapes in nets saved by earlier versions."""

from typing import Any

OLD_NAMES = {"heard_shape": "sounding_shape"}  # of the mask


def renamed(build_config: dict[str, Any]) -> dict[str, Any]:
    """Return the build configuration that Keras saved, with today's names."""
    if "shapes_dict" not in build_config:
        return build_config
    shapes = {OLD_NAMES.get(name, name): shape for name, shape in build_config["shapes_dict"].items()}
    return {**build_config, "shapes_dict": shapes}
