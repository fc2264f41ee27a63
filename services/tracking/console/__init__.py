"""The operators' console: every order on one screen, and what waits for somebody to look at it.

It reads; the one thing it does is to send a dead letter back to its topic.
"""
