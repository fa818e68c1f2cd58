"""From sound files to checked clips to arrays of features."""
