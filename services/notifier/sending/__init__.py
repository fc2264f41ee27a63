"""What the sender does around an attempt: several at once, in pace, in doubt, in quiet hours, or told another way."""
