"""Pure functions of labels and probabilities: classification, calibration, significance."""
