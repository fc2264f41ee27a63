"""`python -m services.carrier_gateway <process>...`"""

from __future__ import annotations

import sys

from shared.starting import kept_for_good

with kept_for_good():
    from services.carrier_gateway.processes import PROCESSES, TOOLS
    from shared.processes import main

sys.exit(main("carrier_gateway", PROCESSES, TOOLS, sys.argv[1:]))
