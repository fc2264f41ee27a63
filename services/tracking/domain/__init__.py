"""What tracking decides, without clock, network or database: facts in, a decision out."""
