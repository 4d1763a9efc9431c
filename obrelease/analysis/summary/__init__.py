"""One recorded run: its reader, its figures and its data frames."""
