"""What the notifier decides, without I/O: `plan` (who hears what, and how), `delivery` (the life of a message)."""
