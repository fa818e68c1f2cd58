"""State on disk that survives a kill: what holds a folder, what a long work has finished."""
