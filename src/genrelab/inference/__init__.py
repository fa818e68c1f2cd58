"""A saved model's answers for audio files, and the registered model itself."""
