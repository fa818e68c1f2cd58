"""A saved model's answers about sound files; the registered model itself."""
