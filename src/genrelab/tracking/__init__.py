"""MLflow: runs, the registry, the UI, and what the code and its packages were."""
