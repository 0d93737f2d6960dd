"""Schedules in copies of a process, which leave it as it is: to confirm, and for tests."""
