"""`python -m genrelab`."""

from genrelab.cli import main

if __name__ == "__main__":
    main()
