"""What would be sent, without sending it."""
