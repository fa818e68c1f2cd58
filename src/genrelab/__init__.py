"""genrelab: a laboratory for music genre classification."""
