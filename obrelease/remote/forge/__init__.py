"""Code hosts: the protocol of a forge, and releases as plain folders."""
