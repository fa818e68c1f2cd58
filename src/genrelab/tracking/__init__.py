"""MLflow: runs, the registry, the UI, and the versions of the code and its packages."""
