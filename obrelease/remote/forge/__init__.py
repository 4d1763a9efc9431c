"""The protocol of a forge (code host), and the forge that keeps releases in plain folders."""
