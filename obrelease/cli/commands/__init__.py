"""The commands, one file a verb, named as it is typed."""
