"""The buyer's phone as a web page: what the providers accepted, as the buyer sees it, and nothing but that."""
