"""What adapters are made of: their shape, signatures, questions, tables of codes, times, texts."""
