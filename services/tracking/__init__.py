"""The state of every order: facts come in by `intake`, `domain/` decides, `store` remembers, `api/` answers."""
