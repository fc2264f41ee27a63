"""The buyer's say: `/preferences/{token}`, where people choose channels, language, and what they can do without."""
