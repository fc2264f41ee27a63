"""The oracle: it judges a run folder by what was sent, what providers accepted and what the public API answers.

It imports nothing of the product, so that a mistake of the product's cannot be its own as well. What must be true is
written down here once more, in small, after the documentation. `tests/unit/oracle` proves that every check can fail.
"""

from __future__ import annotations

from tests.oracle.judge import Judgement, judge
from tests.oracle.verdicts import Finding

__all__ = ["Finding", "Judgement", "judge"]
