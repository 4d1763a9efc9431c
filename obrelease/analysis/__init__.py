"""From runs to numbers and plots: the only room that imports pandas and matplotlib."""
