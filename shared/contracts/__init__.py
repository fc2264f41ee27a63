"""The only thing services agree on. Standard library and pydantic alone: a shop's backend can vendor this folder.

Producers build these models, which refuse unknown fields. Consumers decode them with `decode()`, which ignores what
it does not know: a field added tomorrow does not stop today's consumer.
"""
