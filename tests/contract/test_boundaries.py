"""The rules of the house: a rule worth saying twice in review is a line in the table below."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from shared.contracts import topics
from shared.contracts.topics import TOPICS, Topic
from tests.support import house_rules as rules
from tests.support.house_rules import Rule
from tests.support.source_files import ROOT, Source, migrations, python_sources

PARTS = ("services.carrier_gateway", "services.tracking", "services.notifier", "sandbox")
START = '"""Why."""\nfrom __future__ import annotations\n'

RULES = (
    Rule(
        f"a file has at most {rules.LONGEST_FILE} lines",
        "Split it where a reader would pause; the parts get names of their own.",
        rules.long_files,
        forbids="\n" * (rules.LONGEST_FILE + 1),
        allows="\n" * rules.LONGEST_FILE,
    ),
    Rule(
        f"a function has at most {rules.LONGEST_FUNCTION} lines",
        "Give the steps inside it names and make them functions.",
        rules.long_functions,
        forbids="def f():\n" + "    x = 1\n" * rules.LONGEST_FUNCTION,
        allows="def f():\n" + "    x = 1\n" * (rules.LONGEST_FUNCTION - 1),
    ),
    Rule(
        "names are words of the domain",
        "Say what it is to a shop, a parcel or a buyer; what has no such name belongs to the thing that uses it.",
        rules.hollow_names,
        forbids="class OrderManager: ...",
        allows="class Implant: ...",
    ),
    Rule(
        "a module says why it exists",
        "Begin it with a docstring (why, and what it guarantees), then `from __future__ import annotations`.",
        rules.unexplained_modules,
        forbids="import os",
        allows=START,
    ),
    Rule(
        "nothing is left for later in a comment",
        "Do it, or write it where work is planned.",
        rules.unfinished,
        forbids="x = 1  # TO" + "DO: two",
        allows="todo = 1  # what is to be done",
    ),
    Rule(
        "only transaction() commits",
        "Take part in the caller's transaction: accept `tx`; the outermost caller opens `database.transaction()`.",
        rules.other_committers,
        forbids="async def f(tx): await tx.commit()",
        allows="async def f(consumer, offsets): await consumer.commit(offsets)",
        within=r"(services|shared(?!/database\.py))/",
    ),
    Rule(
        "no error is swallowed",
        "Name the exception, and turn it into a value with a reason, a log line or another exception.",
        rules.swallowed_errors,
        forbids="try: f()\nexcept ValueError: pass",
        allows="import contextlib\nwith contextlib.suppress(KeyError): f()",
    ),
    Rule(
        "a decision has no clock and no chance",
        "Pass the time, the number or the id in as an argument.",
        rules.clocks_and_chance,
        forbids="from datetime import datetime\ndef f(): return datetime.now()",
        allows="from datetime import datetime\ndef f(now: datetime): return now",
        within=r"(services/\w+/domain|example)/",
    ),
    Rule(
        "secrets are compared in constant time",
        "Use check_token, check_hmac, check_form_hmac or StandardWebhooks of shared/signatures.py.",
        rules.telltale_comparisons,
        forbids="def f(given, expected_signature): return given == expected_signature",
        allows="def f(signature): return signature == ''",
        within=r"(services|shared)/",
    ),
    Rule(
        "a secret has no default",
        "Declare it as `name: SecretStr`, or `SecretStr | None = None` where a process works without it.",
        rules.defaulted_secrets,
        forbids="class S:\n    key: SecretStr = SecretStr('changeme')",
        allows="class S:\n    key: SecretStr = Field(min_length=8)\n    old: SecretStr | None = None",
    ),
    Rule(
        "a log line is a word and known fields",
        "Log a constant event_name; put what varies into a field that shared/observability/logs.py lets out.",
        rules.free_speech_in_logs,
        forbids="def f(buyer): get_logger().info('sent', email=buyer.email)",
        allows="def f(count): get_logger().info('batch_sent', count=count)",
        within=r"(services|shared)/",
    ),
    Rule(
        "an exception is made when it is raised",
        "Make it a function that answers a new one: a kept exception gathers the frames of each request it ended.",
        rules.worn_exceptions,
        forbids="UNAUTHORIZED = ValueError()\ndef f(): raise UNAUTHORIZED",
        allows="def unauthorized(): return ValueError()\ndef f(): raise unauthorized()",
        within=r"(services|shared)/",
    ),
    Rule(
        "a call to somebody else has a deadline",
        "Pass `timeout=`.",
        rules.endless_calls,
        forbids="client = httpx.AsyncClient(base_url='x')",
        allows="client = httpx.AsyncClient(timeout=5.0)",
        within=r"(services|shared)/",
    ),
    Rule(
        "a test waits for what happens, not for time to pass",
        "Wait on the event itself, or poll with a deadline through tests/support/waiting.py.",
        rules.blind_sleeps,
        forbids="import time\ntime.sleep(1)",
        allows="async def f():\n    await sleep(0)\n    while not done():\n        await sleep(0.1)",
        within=r"tests/(?!support/|bench/|rig/)",
    ),
    Rule(
        "a test replaces no part of our own code",
        "Pass the collaborator in, or run the real one; if that is hard, the code wants another seam.",
        rules.patched_code,
        forbids="import unittest.mock",
        allows="def test(monkeypatch): monkeypatch.setenv('A', 'b')",
        within=r"tests/",
    ),
)


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_it_holds_everywhere_that(rule: Rule) -> None:
    none_of([breach for source in python_sources() for breach in rule.breaches(source)], rule.mend)


@pytest.mark.parametrize("rule", RULES, ids=str)
def test_it_would_be_noticed_if_it_were_not_so_that(rule: Rule) -> None:
    path = next(p for p in ("services/a/domain/b.py", "services/a/b.py", "tests/b.py") if re.match(rule.within, p))
    assert len(rule.breaches(Source.of(path, rule.forbids))) == 1
    assert rule.breaches(Source.of(path, rule.allows)) == []


def test_a_module_called_utils_would_be_noticed() -> None:
    (rule,) = (rule for rule in RULES if rule.find is rules.hollow_names)
    for path in ("services/tracking/utils.py", "shared/helpers/dates.py", "services/notifier/date_utils.py"):
        assert rule.breaches(Source.of(path, START)), path


def test_the_walls_between_services_stand() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    run = subprocess.run([linter, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, f"{run.stdout}\nMove what both sides need into shared/, or speak through a topic."


def test_a_shop_can_vendor_the_contracts_because_they_need_pydantic_alone() -> None:
    allowed = {*sys.stdlib_module_names, "pydantic"}
    breaches = [
        f"{source.path}:{line}: imports {module}"
        for source in python_sources()
        if source.path.startswith("shared/contracts/")
        for module, line in source.imports
        if module.split(".")[0] not in allowed and not f"{module}.".startswith("shared.contracts.")
    ]
    none_of(breaches, "Contracts import the standard library, pydantic and each other.")


def test_what_is_shared_is_used_by_two_parts_or_holds_up_the_rest() -> None:
    users: dict[str, set[str]] = {}
    for source in (*python_sources(), *migrations()):
        part = next((part for part in (*PARTS, "shared") if source.path.startswith(part.replace(".", "/"))), None)
        for module, _ in source.imports:
            users.setdefault(module, set()).update({part} if part else ())
    breaches = []
    for source in python_sources():
        if not re.match(r"shared/(?!contracts/).*(?<!__init__)\.py$", source.path) or "__main__" in source.text:
            continue
        known = users.get(source.path.removesuffix(".py").replace("/", "."), set())
        if "shared" not in known and len(known) < 2:
            breaches.append(f"{source.path}: used by {', '.join(known) or 'nobody'}")
    none_of(breaches, "Move it into the only part that uses it, or delete it.")


@pytest.mark.parametrize("service", PARTS[:3])
def test_a_service_touches_the_topics_that_the_table_gives_it_and_no_other(service: str) -> None:
    named: Mapping[str, Topic] = {name: value for name, value in vars(topics).items() if isinstance(value, Topic)}
    touched = {
        named[module.rpartition(".")[2]].name
        for source in python_sources()
        if source.path.startswith(service.replace(".", "/") + "/")
        for module, _ in source.imports
        if module.startswith("shared.contracts.topics.") and module.rpartition(".")[2] in named
    }
    short = service.removeprefix("services.")
    assert touched == {topic.name for topic in TOPICS if short in (*topic.producers, *topic.consumers)}


def none_of(breaches: Iterable[str], mend: str) -> None:
    if found := sorted(breaches):
        pytest.fail("\n".join((*found, mend)), pytrace=False)
