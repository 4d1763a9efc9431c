"""From runs to numbers and plots: the only package that imports pandas and matplotlib."""
