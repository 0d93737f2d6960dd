"""Races in a project's own code: what happens, and what of it nothing orders."""
