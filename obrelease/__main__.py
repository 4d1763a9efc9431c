"""`python -m obrelease`."""

from obrelease.cli.start import main

if __name__ == "__main__":
    main()
