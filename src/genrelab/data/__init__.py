"""From audio files to checked clips to feature arrays."""
