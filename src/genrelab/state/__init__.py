"""State on disk that survives a kill: locks on folders, journals of finished work."""
