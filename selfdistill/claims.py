"""The embedded tests of the book: a claim checks a statement while the chapter runs, and shows what it measured.

A cell of a chapter says ``with sd.claim("closed-form") as claim:`` and compares the package with something independent
of it. Every check is recorded; leaving the block shows one line, which unfolds to the checks, and raises `ClaimFailed`
if one of them failed. Beside its HTML the output carries a JSON bundle of the MIME type `MIME`, from which the book's
ledger is gathered.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict, dataclass
from html import escape
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .faults import injected

MIME = "application/vnd.selfdistill.claim+json"


class ClaimFailed(AssertionError):
    """A claim of the book is false for the package as it is.

    Attributes
    ----------
    id : str
        The statement the claim belongs to.
    checks : list of Check
        Every check of the claim, the failed ones included.
    """

    def __init__(self, id: str, checks: list[Check]) -> None:
        self.id, self.checks = id, checks
        lines = [f"  {check}" for check in checks if not check.passed] or [
            "  it holds no check: a claim must measure something"
        ]
        super().__init__("\n".join([f"the claim {id!r} fails:", *lines]))

    def __reduce__(self) -> tuple[type[ClaimFailed], tuple[str, list[Check]]]:
        return type(self), (self.id, self.checks)  # an error of a worker process must arrive whole


@dataclass(frozen=True)
class Check:
    """One comparison: ``measured relation bound``, in words `text`, about the labelled equation `equation`."""

    text: str
    measured: float | int | str
    relation: str
    bound: float | int | str
    passed: bool
    equation: str | None = None

    def __str__(self) -> str:
        return f"{'✓' if self.passed else '✗'} {self.text} · {self.figure}"

    @property
    def figure(self) -> str:
        """The measured figure, its relation and its bound, as printed on the page."""
        return f"{_format(self.measured)} {self.relation} {_format(self.bound)}"

    def as_json(self) -> dict[str, Any]:
        """The check as a plain dictionary; non-finite figures become text, for JSON knows none."""
        record = {key: value for key, value in asdict(self).items() if value is not None}
        for key in ("measured", "bound"):
            if isinstance(record[key], float) and not np.isfinite(record[key]):
                record[key] = str(record[key])
        return record


def _format(value: float | int | str) -> str:
    return f"{value:.3g}" if isinstance(value, float) else f"{value:,}" if isinstance(value, int) else value


class claim:
    """Check a statement of the book, here and now.

    Parameters
    ----------
    id : str
        The label of the statement.

    Raises
    ------
    ClaimFailed
        On leaving the block, if a check failed or none was made.

    Examples
    --------
    >>> with claim("scale") as c:
    ...     c.close([1.0, 2.0], [1.0, 2.0], rtol=1e-15, text="a vector equals itself")
    ✓ a vector equals itself · 0 ≤ 1e-15
    """

    def __init__(self, id: str) -> None:
        self.id = id
        self.checks: list[Check] = []
        self.broken: Broken | None = None

    def __enter__(self) -> claim:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:  # the cell is broken otherwise: let that error be seen
            return
        _show(self)
        if not self.checks or not all(check.passed for check in self.checks):
            raise ClaimFailed(self.id, self.checks)

    def close(
        self,
        measured: ArrayLike,
        expected: ArrayLike,
        *,
        text: str,
        rtol: float | None = None,
        atol: float | None = None,
        eq: str | None = None,
    ) -> None:
        """Two arrays agree: max|a - b| <= rtol·max|b|, or max|a - b| <= atol. Give exactly one of the two.

        Arrays of different shapes do not agree.

        Raises
        ------
        ValueError
            If the arrays are empty, or not exactly one tolerance is given.
        """
        a, b = np.asarray(measured, dtype=float), np.asarray(expected, dtype=float)
        if b.size == 0:
            raise ValueError("compare with a non-empty array: nothing agrees with nothing")
        if rtol is not None and atol is None:
            bound, scale = float(rtol), float(np.max(np.abs(b)))
        elif atol is not None and rtol is None:
            bound, scale = float(atol), 1.0
        else:
            raise ValueError("give exactly one of rtol and atol")
        if a.shape != b.shape:
            self._record(text, f"shape {a.shape}", "=", f"shape {b.shape}", False, eq)
            return
        finite = bool(np.all(np.isfinite(a) & np.isfinite(b)))
        difference = float(np.max(np.abs(a - b))) / scale if finite and scale > 0 else np.nan
        self._record(text, difference, "≤", bound, difference <= bound, eq)

    def never(self, violations: ArrayLike, *, text: str, of: int | None = None, eq: str | None = None) -> None:
        """Something never happened: a count of violations, or an array of booleans, out of `of` instances.

        Raises
        ------
        ValueError
            If a count comes without `of`, or there is no instance at all.
        """
        array = np.asarray(violations)
        instances = of if of is not None else array.size if array.dtype == bool else 0
        if instances < 1:
            raise ValueError(f"say of how many instances: of={of!r} with violations of type {array.dtype}")
        count = int(np.sum(array))
        self._record(f"{text}: violations among {instances:,}", count, "=", 0, count == 0, eq)

    def equal(self, measured: Any, expected: Any, *, text: str, eq: str | None = None) -> None:
        """Two values are the same, to the letter: integers, strings, tuples of them."""
        same = np.array_equal(np.asarray(measured), np.asarray(expected))
        show = [
            value if isinstance(value, (int, float)) and not isinstance(value, bool) else str(value)
            for value in (measured, expected)
        ]
        self._record(text, show[0], "=", show[1], bool(same), eq)

    def below(self, measured: float, bound: float, *, text: str, eq: str | None = None) -> None:
        """A figure lies strictly below its bound."""
        self._record(text, float(measured), "<", float(bound), bool(measured < bound), eq)

    def above(self, measured: float, bound: float, *, text: str, eq: str | None = None) -> None:
        """A figure lies strictly above its bound."""
        self._record(text, float(measured), ">", float(bound), bool(measured > bound), eq)

    def raises(
        self, error: type[Exception], call: Callable[[], object], *, text: str, eq: str | None = None
    ) -> Exception | None:
        """A call raises `error`; the exception is returned, so that its message can be checked too."""
        try:
            call()
        except error as caught:
            self._record(text, type(caught).__name__, "=", error.__name__, True, eq)
            return caught
        self._record(text, "no error", "=", error.__name__, False, eq)
        return None

    def _record(self, text: str, measured: Any, relation: str, bound: Any, passed: bool, eq: str | None) -> None:
        if eq is not None and eq.partition(":")[0] != self.id:
            raise ValueError(
                f"the equation {eq!r} belongs to another statement than {self.id!r}: label it {self.id}:name"
            )
        self.checks.append(Check(text, measured, relation, bound, passed, eq))

    def breaks(self, check: Callable[[Any, claim], None], module: str, old: str, new: str, *, why: str) -> None:
        """Run the same check on the package with a fault in it, and show beside this claim what it finds.

        If no check fails there, this claim fails.

        Parameters
        ----------
        check : callable
            ``check(package, claim)`` makes its checks on the claim it is handed, with the package it is handed.
        module, old, new : str
            The fault: see `selfdistill.faults.injected`.
        why : str
            The fault in words.
        """
        trial = claim(self.id)
        with injected(module, old, new) as package:
            check(package, trial)
        self.broken = Broken(module, old, new, why, trial.checks)
        if all(one.passed for one in trial.checks):
            self._record(f"the check notices a fault, {why}", "not noticed", "=", "noticed", False, None)

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, Any]:
        body = _folded(self.checks)
        if self.broken is not None:
            body = (
                '<label class="sd-break"><input type="checkbox" role="switch"> break it</label>'
                f'<div class="sd-whole">{body}</div>'
                f'<div class="sd-broken" aria-live="polite">{self.broken.html()}</div>'
            )
        return {
            "text/plain": "\n".join(map(str, self.checks)),
            "text/html": f'<div class="sd-claim">{body}<!--ledger:{escape(self.id)}--></div>',
            MIME: {"id": self.id, "checks": [check.as_json() for check in self.checks]},
        }


@dataclass(frozen=True)
class Broken:
    """What the checks of a claim find on a package with a fault: `new` in place of `old` in `module`."""

    module: str
    old: str
    new: str
    why: str
    checks: list[Check]

    def html(self) -> str:
        """The fault in words and in code, and the checks that see it."""
        return (
            f"<p>The same check, with a fault put into <code>{escape(self.module)}</code> on purpose, "
            f"{escape(self.why)}: "
            f"<code>{escape(self.new)}</code> in place of <code>{escape(self.old)}</code>.</p>"
            f"{_listed([check for check in self.checks if not check.passed])}"
        )


def _folded(checks: list[Check]) -> str:
    """One line; several checks unfold from it. A failed claim stands open."""
    if len(checks) == 1:
        return _listed(checks)
    failed = sum(not check.passed for check in checks)
    errors = [check.measured for check in checks if check.relation == "≤" and isinstance(check.measured, float)]
    words = f"{failed} of {len(checks)} checks fail" if failed else f"{len(checks)} checks hold"
    if errors and not failed:
        words += f", largest error {max(errors):.1g}"
    return (
        f"<details{' open' if failed else ''}><summary>{_mark(not failed)} {words}</summary>{_listed(checks)}</details>"
    )


def _listed(checks: list[Check]) -> str:
    items = "".join(
        f'<li class="sd-check {"passed" if check.passed else "failed"}">{_mark(check.passed)} '
        f'{escape(check.text)} <span class="sd-measured">{escape(check.figure)}</span></li>'
        for check in checks
    )
    return f'<ul style="list-style: none; margin: 0; padding: 0">{items}</ul>'


def _mark(passed: bool) -> str:
    return f'<span class="sd-mark">{"✓" if passed else "✗"}</span>'


def _show(shown: claim) -> None:
    """Display in a notebook, print elsewhere; a plain Python without IPython is a legal home."""
    ipython = sys.modules.get("IPython")
    if ipython is not None and ipython.get_ipython() is not None:
        ipython.display.display(shown)
    else:
        print(shown._repr_mimebundle_()["text/plain"])
