"""Plots as SVG and PNG; the same data gives the same bytes."""
