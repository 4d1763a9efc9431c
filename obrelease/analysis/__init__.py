"""From runs to numbers and pictures; pandas and matplotlib live here alone."""
