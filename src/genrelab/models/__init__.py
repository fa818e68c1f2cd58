"""Classifiers, one a module: `FEATURES`, `build(hp, input_shape, n_classes)`."""
