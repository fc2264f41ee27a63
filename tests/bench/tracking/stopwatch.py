"""Where the time of a running consumer goes, as a tree of its functions: wall clock and this thread's processor time.

`watch_modules` puts a stopwatch around every function and method that the modules define, wherever it was imported to.
For measuring only: a process that did this is not started in production.
"""

from __future__ import annotations

import functools
import inspect
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import Enum
from types import ModuleType
from typing import Any

from pydantic import BaseModel

SMALLEST_SHARE = 0.004


@dataclass
class Node:
    """One function as called from its parent. Seconds include what it calls."""

    name: str
    calls: int = 0
    wall: float = 0.0
    processor: float = 0.0
    children: dict[str, Node] = field(default_factory=dict)

    def child(self, name: str) -> Node:
        return self.children.setdefault(name, Node(name))

    def lines(self, whole: float, depth: int = 0) -> Iterator[str]:
        """Indented, the longest first, without what took next to nothing."""
        nodes = [*self.children.values(), self._itself] if self.calls and self.children else self.children.values()
        for node in sorted(nodes, key=lambda node: -node.wall):
            if node.wall >= whole * SMALLEST_SHARE:
                share = f"{node.wall / whole:6.1%} {node.wall:8.2f} {node.processor:8.2f} {node.calls:9,}"
                yield f"{share}  {'  ' * depth}{node.name}"
                yield from node.lines(whole, depth + 1)

    @property
    def _itself(self) -> Node:
        """What its children do not account for."""
        wall = self.wall - sum(child.wall for child in self.children.values())
        processor = self.processor - sum(child.processor for child in self.children.values())
        return Node("(itself)", self.calls, wall, processor)


ROOT = Node("all")
_current: ContextVar[Node] = ContextVar("_current", default=ROOT)


@contextmanager
def _timed(name: str) -> Iterator[None]:
    node = _current.get().child(name)
    token = _current.set(node)
    wall, processor = time.perf_counter(), time.thread_time()
    try:
        yield
    finally:
        node.wall += time.perf_counter() - wall
        node.processor += time.thread_time() - processor
        node.calls += 1
        _current.reset(token)


def watch_modules(modules: Iterable[ModuleType]) -> None:
    """Every function of these modules, and every method of their classes, gets its stopwatch."""
    wrapped: dict[Callable[..., Any], Callable[..., Any]] = {}
    for module in modules:
        for value in list(vars(module).values()):
            if getattr(value, "__module__", None) != module.__name__:
                continue
            if _is_measurable(value):
                wrapped[value] = _with_stopwatch(value)
            elif inspect.isclass(value) and not issubclass(value, (BaseModel, Enum, tuple)):
                for name, method in list(vars(value).items()):
                    if not name.startswith("__") and _is_measurable(method):
                        setattr(value, name, _with_stopwatch(method))
    for module in list(sys.modules.values()):
        if module.__name__.split(".")[0] in ("services", "shared"):
            for name, value in list(vars(module).items()):
                if inspect.isfunction(value) and value in wrapped:
                    setattr(module, name, wrapped[value])


def _is_measurable(value: object) -> bool:
    return inspect.isfunction(value) and not (inspect.isgeneratorfunction(value) or inspect.isasyncgenfunction(value))


def _with_stopwatch(function: Callable[..., Any]) -> Callable[..., Any]:
    name = f"{function.__module__.rpartition('.')[2]}.{function.__qualname__}"
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def timed_async(*args: Any, **kwargs: Any) -> Any:
            with _timed(name):
                return await function(*args, **kwargs)

        return timed_async

    @functools.wraps(function)
    def timed(*args: Any, **kwargs: Any) -> Any:
        with _timed(name):
            return function(*args, **kwargs)

    return timed
