"""Mutants of the product, and a proof that the oracle catches each: what makes its "no findings" worth something.

A mutant is the product with one promise taken out of its code, as data: a file, its exact text, what stands there
instead. `make mutants` runs each in the smallest scenario that shows it, and the unspoilt product in the same ones.
"""
