"""The providers that carry messages to buyers, simulated: SMTP, Twilio and Meta's Graph API in their wire formats."""

from __future__ import annotations

from sandbox.providers.accept_log import Accepted, AcceptLog, StatusChange, StatusLog
from sandbox.providers.faults import Action, Arrival, Faults, Rule
from sandbox.providers.server import Providers, providers

__all__ = [
    "AcceptLog",
    "Accepted",
    "Action",
    "Arrival",
    "Faults",
    "Providers",
    "Rule",
    "StatusChange",
    "StatusLog",
    "providers",
]
