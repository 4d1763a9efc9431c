"""Message records, commands, the book protocol, snapshots and errors.
==="""
