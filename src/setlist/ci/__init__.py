"""Setlist in a pipeline: where it runs, what it checks, and what it tells the pull request."""
