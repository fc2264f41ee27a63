"""What reviewers would otherwise have to say twice, as rules over one file each.

A rule carries an example of what it forbids and of what it allows, so that a rule that finds nothing is known to work.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from shared.observability.logs import FIELDS
from tests.support.source_files import PRODUCT, Source, last_name

LONGEST_FILE = 250
LONGEST_FUNCTION = 40
Found = Iterator[tuple[int, str]]


@dataclass(frozen=True)
class Rule:
    """`says` is the rule as a sentence, `mend` what to do about a breach."""

    says: str
    mend: str
    find: Callable[[Source], Found]
    forbids: str
    allows: str
    within: str = rf"({'|'.join(PRODUCT)})/"
    """The paths it covers, as a regular expression matched from their beginning."""

    def __str__(self) -> str:
        return self.says.replace(" ", "_")

    def breaches(self, source: Source) -> list[str]:
        if not re.match(self.within, source.path):
            return []
        return [f"{source.path}:{line}: {what}" for line, what in sorted(self.find(source))]


def long_files(source: Source) -> Found:
    lines = len(source.text.splitlines())
    if lines > LONGEST_FILE:
        yield LONGEST_FILE + 1, f"{lines} lines"


def long_functions(source: Source) -> Found:
    for function in source.functions:
        lines = (function.end_lineno or function.lineno) - function.lineno + 1
        if lines > LONGEST_FUNCTION:
            yield function.lineno, f"{function.name} has {lines} lines"


_HOLLOW_CLASS = re.compile(r"(?:^|(?<=[a-z0-9]))(Manager|Service|Processor|Abstract|Impl|Helper|Util)s?(?=[A-Z]|$)")
_HOLLOW_MODULE = re.compile(r"(?:^|/|_)(utils?|helpers?|common|constants|misc)(?:/|\.py$)")


def hollow_names(source: Source) -> Found:
    if found := _HOLLOW_MODULE.search(source.path):
        yield 1, f"a module called {found[1]}"
    for node in source.nodes:
        if isinstance(node, ast.ClassDef) and _HOLLOW_CLASS.search(node.name):
            yield node.lineno, f"class {node.name}"


def unexplained_modules(source: Source) -> Found:
    if not source.tree.body:
        return
    if not ast.get_docstring(source.tree):
        yield 1, "no docstring"
    code = source.tree.body[1:]
    if code and not (isinstance(code[0], ast.ImportFrom) and code[0].module == "__future__"):
        yield code[0].lineno, "`from __future__ import annotations` does not come first"


def unfinished(source: Source) -> Found:
    for number, line in enumerate(source.text.splitlines(), 1):
        if found := re.search(r"#.*\b(TODO|FIXME|XXX|HACK)\b", line):
            yield number, found[1]


def other_committers(source: Source) -> Found:
    for name, call in source.calls:
        if name in ("begin", "begin_nested", "commit") and not call.args and not _is_own_method(source, call):
            yield call.lineno, f".{name}()"
    for node in source.nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.strip() in ("BEGIN", "COMMIT"):
            yield node.lineno, node.value.strip()


def _is_own_method(source: Source, call: ast.Call) -> bool:
    """`begin` of a class in the same file is not the database's."""
    return last_name(call.func) in {function.name for function in source.functions}


def swallowed_errors(source: Source) -> Found:
    for node in source.nodes:
        if isinstance(node, ast.ExceptHandler):
            if node.type is None:
                yield node.lineno, "except without a class"
            if all(isinstance(step, ast.Pass) for step in node.body):
                yield node.lineno, "except: pass"
    for name, call in source.calls:
        if name == "suppress" and {last_name(kind) for kind in call.args} & {"Exception", "BaseException"}:
            yield call.lineno, "suppress() of everything"


_IMPURE = frozenset("random secrets time os subprocess socket threading logging structlog".split())
_CLOCKS = frozenset("now utcnow today uuid1 uuid4".split())


def clocks_and_chance(source: Source) -> Found:
    for module, line in source.imports:
        if module.split(".")[0] in _IMPURE:
            yield line, f"imports {module}"
    for name, call in source.calls:
        if name in _CLOCKS:
            yield call.lineno, f"calls {name}()"


_SECRET = re.compile(r"(?:^|_)(signature|hmac|secret|token|api_key|password|seal)s?$")


def telltale_comparisons(source: Source) -> Found:
    for node in source.nodes:
        if not isinstance(node, ast.Compare) or not isinstance(node.ops[0], ast.Eq | ast.NotEq):
            continue
        sides = [node.left, *node.comparators]
        if any(isinstance(side, ast.Constant) for side in sides):
            continue
        if any(_SECRET.search(last_name(side)) for side in sides):
            yield node.lineno, ast.unparse(node)


def defaulted_secrets(source: Source) -> Found:
    for node in source.nodes:
        if isinstance(node, ast.AnnAssign) and node.value and "SecretStr" in ast.unparse(node.annotation):
            given: list[ast.expr] = [node.value]
            if isinstance(node.value, ast.Call) and last_name(node.value.func) == "Field":
                given = [*node.value.args, *(k.value for k in node.value.keywords if k.arg in ("default", "examples"))]
            if any(not isinstance(value, ast.Constant) or value.value is not None for value in given):
                yield node.lineno, ast.unparse(node)


_LEVELS = frozenset("debug info warning error critical exception".split())


def free_speech_in_logs(source: Source) -> Found:
    for name, call in source.calls:
        if name not in _LEVELS or not isinstance(call.func, ast.Attribute):
            continue
        logger = call.func.value.func if isinstance(call.func.value, ast.Call) else call.func.value
        if last_name(logger) not in ("get_logger", "log", "logger"):
            continue
        event = call.args[0].value if len(call.args) == 1 and isinstance(call.args[0], ast.Constant) else None
        if not isinstance(event, str) or not re.fullmatch(r"[a-z]+(_[a-z]+)*", event):
            yield call.lineno, "the event is not a word of its own"
        for field in call.keywords:
            if field.arg not in FIELDS | {"exc_info"}:
                yield call.lineno, f"{field.arg} is not in shared/observability/logs.py and would be dropped"


def worn_exceptions(source: Source) -> Found:
    for node in source.nodes:
        if isinstance(node, ast.Raise) and node.exc is not None and last_name(node.exc).isupper():
            yield node.lineno, ast.unparse(node)


def endless_calls(source: Source) -> Found:
    for name, call in source.calls:
        if name in ("AsyncClient", "Client") and not any(k.arg == "timeout" for k in call.keywords):
            yield call.lineno, ast.unparse(call.func)


def blind_sleeps(source: Source) -> Found:
    """Looking again and again in a loop is no blind sleep; neither is letting other tasks run."""
    looks = {id(node) for loop in source.nodes if isinstance(loop, ast.While) for node in ast.walk(loop)}
    for name, call in source.calls:
        nothing = call.args and isinstance(call.args[0], ast.Constant) and call.args[0].value == 0
        if name == "sleep" and not nothing and id(call) not in looks:
            yield call.lineno, ast.unparse(call)


def patched_code(source: Source) -> Found:
    for module, line in source.imports:
        if module.split(".")[:2] == ["unittest", "mock"] or module.split(".")[0] in ("mock", "pytest_mock"):
            yield line, f"imports {module}"
    for name, call in source.calls:
        if name == "setattr" and isinstance(call.func, ast.Attribute) and "monkeypatch" in ast.unparse(call.func):
            yield call.lineno, ast.unparse(call)
