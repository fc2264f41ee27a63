"""Mail that comes back, and mail that its reader calls spam: how we are told of it."""
