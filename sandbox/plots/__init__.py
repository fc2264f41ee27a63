"""The kinds of orders the story is made of, one function each: what happens, and what its buyer has to hear of it."""
