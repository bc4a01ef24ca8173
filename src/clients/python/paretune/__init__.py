"""Ask-tell client of paretune: a Gaussian-process optimizer for mixed, constrained and multi-objective problems.

    with Study({"x": {"type": "float", "low": 0, "high": 1}}, objectives=["loss"], seed=1) as study:
        for trial in study.trials(30):
            study.tell(trial, loss(trial.params["x"]))
        print(study.best().recommendation)

A `Study` is one process of `paretune ask-tell`; the protocol is in docs/ask-tell.md. Standard library only, Python 3.9 or later.
"""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Callable, Dict, IO, Iterator, List, Mapping, Optional, Sequence, Type, Union

__all__ = ["Study", "Trial", "Point", "Best", "Objective", "ParetuneError", "Refused"]

Params = Dict[str, Any]
Objective = Mapping[str, str]
"""{"name": ..., "direction": "minimize" | "maximize"}"""
Values = Union[float, Sequence[float], Sequence[Sequence[float]]]
"""One value; one for each objective; or a row of them for each replicate."""


class ParetuneError(Exception):
    """The program could not be started, or ended."""


class Refused(ParetuneError, ValueError):
    """The program refused a request; the session stays as it was. The message names field, rule and value."""


@dataclass(frozen=True)
class Trial:
    """A point to evaluate: its number and its parameters by name."""

    id: int
    params: Params


@dataclass(frozen=True)
class Point:
    """A point with what is known of it: what was told, and posterior means of the objectives, with their signs."""

    id: Optional[int]
    params: Params
    values: Optional[List[Any]]
    mean: Optional[List[float]]
    constraints: List[float]
    feasible: bool


@dataclass(frozen=True)
class Best:
    """What to use, the points none of which dominates another, and the least infeasible one where none is feasible."""

    recommendation: Optional[Point]
    front: List[Point]
    nearest: Optional[Point]


class Study:
    """An optimization in a process of its own.

    `space` is a map or a list of parameters in the words of docs/search-spaces.md. `objectives` are names (minimized) or
    objects with `name` and `direction`. `constraints` says how many values a result has beside the objectives; a point is
    feasible where all are at most 0. The same calls give the same points, to the bit.

    `program` is the command before `ask-tell`: by default the environment's PARETUNE, else `paretune` from PATH, else
    `npx --no-install paretune`.
    """

    def __init__(
        self,
        space: Union[Mapping[str, Any], Sequence[Mapping[str, Any]]],
        objectives: Sequence[Union[str, Objective]] = ("loss",),
        *,
        constraints: int = 0,
        parameter_constraints: Sequence[str] = (),
        forbidden: Sequence[Any] = (),
        seed: int = 0,
        budget: Optional[int] = None,
        sampler: str = "gp",
        program: Optional[Sequence[str]] = None,
    ) -> None:
        self._process: Optional[subprocess.Popen[str]] = None
        self._log: IO[str] = tempfile.TemporaryFile("w+", encoding="utf-8")
        self._exhausted = False
        command = [*(program or _program()), "ask-tell", "--sampler", sampler]
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
                encoding="utf-8",
                errors="replace",
            )
        except OSError as error:
            self._log.close()
            raise ParetuneError(f"cannot start {command[0]}: {error.strerror}; set PARETUNE or program=") from error
        init: Dict[str, Any] = {
            "op": "init",
            "space": space if isinstance(space, Mapping) else list(space),
            "objectives": [{"name": o} if isinstance(o, str) else dict(o) for o in objectives],
            "constraints": constraints,
            "seed": seed,
        }
        if parameter_constraints:
            init["parameter_constraints"] = list(parameter_constraints)
        if forbidden:
            init["forbidden"] = list(forbidden)
        if budget is not None:
            init["budget"] = budget
        try:
            self.version: str = self._request(init)["version"]
        except BaseException:
            self.close()
            raise

    @property
    def exhausted(self) -> bool:
        """Whether a finite space has no point left."""
        return self._exhausted

    def ask(self) -> Trial:
        """The next point to evaluate. Raises `Refused` where a finite space is used up."""
        asked = self.ask_many(1)
        if not asked:
            raise Refused("every point of the finite space has been asked for")
        return asked[0]

    def ask_many(self, count: int) -> List[Trial]:
        """`count` points to evaluate side by side; fewer where a finite space has no more."""
        answer = self._request({"op": "ask", "count": count})
        self._exhausted = bool(answer.get("exhausted", False))
        return [Trial(asked["id"], asked["params"]) for asked in answer["asks"]]

    def trials(self, count: int) -> Iterator[Trial]:
        """`count` points one after the other, to be told before the next is taken; ends early with a finite space."""
        for _ in range(count):
            asked = self.ask_many(1)
            if not asked:
                return
            yield asked[0]

    def tell(self, trial: Union[Trial, int], values: Values, constraints: Sequence[float] = ()) -> None:
        """The result of a trial: objectives with their signs, constraints at most 0 where feasible. NaN is a failure."""
        self._request({"op": "tell", "id": _id(trial), **_result(values, constraints)})

    def fail(self, trial: Union[Trial, int], reason: str = "failed") -> None:
        """The trial gave no result."""
        self._request({"op": "tell", "id": _id(trial), "failed": reason})

    def seed(self, params: Params, values: Values, constraints: Sequence[float] = ()) -> None:
        """A result known from elsewhere."""
        self._request({"op": "seed", "params": params, **_result(values, constraints)})

    def best(self) -> Best:
        """The recommendation by the posterior mean, and the front."""
        answer = self._request({"op": "best"})
        return Best(
            _point(answer.get("recommendation")),
            [point for point in map(_point, answer["front"]) if point is not None],
            _point(answer.get("nearest")),
        )

    def fronts(self, count: Optional[int] = None) -> List[List[Point]]:
        """Feasible points by rank of dominance."""
        answer = self._request({"op": "fronts"} if count is None else {"op": "fronts", "count": count})
        return [[point for point in map(_point, front) if point is not None] for front in answer["fronts"]]

    def importance(self) -> Dict[str, Any]:
        """For each objective: sensitivity of each parameter, and how well the model predicts points left out."""
        return self._request({"op": "importance"})

    def state(self) -> Dict[str, Any]:
        """Everything needed to go on elsewhere by `restore`; plain JSON."""
        state: Dict[str, Any] = self._request({"op": "state"})["state"]
        return state

    def restore(self, state: Mapping[str, Any]) -> None:
        """Goes on from a `state`."""
        self._request({"op": "restore", "state": dict(state)})

    def optimize(self, evaluate: Callable[[Params], Values], count: int) -> Best:
        """Evaluates `count` points one after the other. An exception of `evaluate` is yours; the trial counts as failed."""
        for trial in self.trials(count):
            try:
                values = evaluate(trial.params)
            except BaseException:
                self.fail(trial)
                raise
            self.tell(trial, values)
        return self.best()

    def close(self) -> None:
        """Ends the program; a second call does nothing."""
        process, self._process = self._process, None
        if process is None:
            return
        try:
            process.communicate('{"op": "stop"}\n', timeout=10)
        except (OSError, ValueError, subprocess.TimeoutExpired):
            process.kill()
            process.communicate()
        self._log.close()

    def __enter__(self) -> "Study":
        return self

    def __exit__(
        self, kind: Optional[Type[BaseException]], error: Optional[BaseException], trace: Optional[TracebackType]
    ) -> None:
        self.close()

    def _request(self, request: Mapping[str, Any]) -> Dict[str, Any]:
        process = self._process
        if process is None:
            raise ParetuneError("the study is closed")
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(json.dumps(request, allow_nan=False) + "\n")
            process.stdin.flush()
            line = process.stdout.readline()
        except OSError:
            line = ""
        if not line:
            raise ParetuneError(self._ending(process))
        answer: Dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise Refused(answer["error"])
        return answer

    def _ending(self, process: "subprocess.Popen[str]") -> str:
        code = process.wait()
        self._log.seek(0)
        said = self._log.read().strip()
        return f"paretune ended with exit code {code}" + (f": {said[-2000:]}" if said else "")


def _program() -> List[str]:
    named = os.environ.get("PARETUNE")
    if named:
        return [named]
    return ["paretune"] if shutil.which("paretune") else ["npx", "--no-install", "paretune"]


def _id(trial: Union[Trial, int]) -> int:
    return trial.id if isinstance(trial, Trial) else trial


def _result(values: Values, constraints: Sequence[float]) -> Dict[str, Any]:
    told = [values] if isinstance(values, (int, float)) else values
    return {"values": _plain(told), "constraints": _plain(constraints)}


def _plain(value: Any) -> Any:
    """JSON has no NaN and no infinity: they are told as null, a failure. NumPy's arrays and numbers are told as theirs."""
    if hasattr(value, "tolist"):
        return _plain(value.tolist())
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value if value is None or math.isfinite(value) else None


def _point(answer: Optional[Mapping[str, Any]]) -> Optional[Point]:
    if answer is None:
        return None
    return Point(
        answer.get("id"),
        answer["params"],
        answer.get("values"),
        answer.get("mean"),
        answer.get("constraints", []),
        answer.get("feasible", True),
    )
