"""What a carrier's number looks like: its check digit, and which carriers a bare number may belong to. Pure."""
