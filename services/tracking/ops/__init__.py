"""What operators ask: what waits, what is stuck, what contradicts, what was buried, how far behind we are."""
