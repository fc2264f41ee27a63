"""Who hears what, on which channel, in which language, now or later: and that each message leaves at most once."""
