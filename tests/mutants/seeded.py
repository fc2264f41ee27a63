"""All mutants there are."""

from __future__ import annotations

from tests.mutants.intake_mutants import INTAKE_MUTANTS
from tests.mutants.mutant import Mutant
from tests.mutants.telling_mutants import TELLING_MUTANTS

MUTANTS: tuple[Mutant, ...] = (*INTAKE_MUTANTS, *TELLING_MUTANTS)
