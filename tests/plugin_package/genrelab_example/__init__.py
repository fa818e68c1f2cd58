"""A package with plug-ins for genrelab: an example, and what its tests install."""
