"""How facts travel between services: taken in once, published after they are safe, and never lost in between.

`consume` is the one consumer loop, `inbox` claims each event once, `outbox` publishes what a transaction decided,
`publish` is the producer, `failures` tells the three kinds apart, `dead_letters` keeps what could not be taken in.
"""
