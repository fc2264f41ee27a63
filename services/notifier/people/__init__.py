"""Whom a message is for: everybody a step names, what they said about being told, and which addresses reach nobody."""
