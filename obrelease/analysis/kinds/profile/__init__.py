"""Profiles: functions, allocations and counters of a scenario."""
