"""Real PostgreSQL and a real Kafka protocol on this machine, with or without containers.

`choose.py` finds the best that is there; every server started here ends with the process that started it.
"""
