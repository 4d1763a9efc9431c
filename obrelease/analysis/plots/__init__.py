"""What all plots share: style, colours, axes, and the latency plot. Plots of a kind are in `kinds`."""
