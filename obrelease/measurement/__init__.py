"""Measures any command: fresh processes, two source trees in turn, one measurement on the host at a time."""
