"""Desired x base x live -> changes with their steps; pure."""
