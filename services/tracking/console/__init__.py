"""The operators' console: every order on one screen, and what waits for somebody to look at it. Reads only."""
