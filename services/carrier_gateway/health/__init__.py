"""How each carrier fares: its last good answer, how often it fails, which codes and fields are new, its silence.

Kept in the memory of one OS process, bounded whatever arrives, and begun anew by a restart. `rules` holds every
threshold.
"""
