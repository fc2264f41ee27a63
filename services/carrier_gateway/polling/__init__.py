"""Asking carriers that do not call us: when, how often, and what is remembered of it."""
