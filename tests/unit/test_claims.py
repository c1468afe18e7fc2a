"""The claims of the book: they record, they show, and they fail when they should."""

from __future__ import annotations

import json

import numpy as np
import pytest

import selfdistill as sd


def checks(fill: object) -> list[sd.claims.Check]:
    claim = sd.claim("scale")
    fill(claim)  # type: ignore[operator]  # parametrized: known when it runs
    return claim.checks


@pytest.mark.parametrize(
    ("fill", "passed"),
    [
        (lambda c: c.close([1.0, 2.0], [1.0, 2.0 + 1e-9], rtol=1e-9, text="t"), True),
        (lambda c: c.close([1.0, 2.0], [1.0, 2.0 + 1e-8], rtol=1e-9, text="t"), False),
        (lambda c: c.close(1.0, 1.5, atol=0.5, text="t"), True),
        (lambda c: c.close(1.0, 1.5, atol=0.4, text="t"), False),
        (lambda c: c.close([1.0], [np.nan], rtol=1.0, text="t"), False),
        (lambda c: c.close([np.inf], [np.inf], atol=1.0, text="t"), False),
        (lambda c: c.close([0.0], [0.0], rtol=1.0, text="t"), False),  # no scale: a relative error means nothing
        (lambda c: c.close([1.0, 1.0], [1.0], rtol=1.0, text="t"), False),
        (lambda c: c.never(0, of=10, text="t"), True),
        (lambda c: c.never(1, of=10, text="t"), False),
        (lambda c: c.never(np.array([False, True]), text="t"), False),
        (lambda c: c.equal(4, 4, text="t"), True),
        (lambda c: c.equal((1, 2), (1, 3), text="t"), False),
        (lambda c: c.below(1.0, 1.0, text="t"), False),
        (lambda c: c.below(float("nan"), 1.0, text="t"), False),
        (lambda c: c.above(2.0, 1.0, text="t"), True),
        (lambda c: c.raises(ValueError, lambda: float("x"), text="t"), True),
        (lambda c: c.raises(ValueError, lambda: 0.0, text="t"), False),
    ],
)
def test_each_check_tells_right_from_wrong(fill: object, passed: bool) -> None:
    (check,) = checks(fill)
    assert check.passed is passed


def test_a_failed_claim_raises_with_its_figures(capsys: pytest.CaptureFixture[str]) -> None:
    with (
        pytest.raises(sd.ClaimFailed, match=r"'scale' fails:\n  ✗ two and three · 1 ≤ 0.5") as caught,
        sd.claim("scale") as claim,
    ):
        claim.close(1.0, 1.0, rtol=1e-3, text="one and one")
        claim.close(2.0, 3.0, atol=0.5, text="two and three")
    assert [check.passed for check in caught.value.checks] == [True, False]
    assert "✓ one and one" in capsys.readouterr().out


def test_an_empty_claim_fails_and_other_errors_pass_through() -> None:
    with pytest.raises(sd.ClaimFailed, match="no check"), sd.claim("scale"):
        pass
    with pytest.raises(ZeroDivisionError), sd.claim("scale"):
        _ = 1 / 0


@pytest.mark.parametrize(
    ("fill", "words"),
    [
        (lambda c: c.close(1.0, 1.0, text="t"), "exactly one"),
        (lambda c: c.close(1.0, 1.0, rtol=1.0, atol=1.0, text="t"), "exactly one"),
        (lambda c: c.close([], [], rtol=1.0, text="t"), "non-empty"),
        (lambda c: c.never(0, text="t"), "how many"),
        (lambda c: c.never(0, of=0, text="t"), "how many"),
        (lambda c: c.equal(1, 1, text="t", eq="other:name"), "another statement"),
    ],
)
def test_claims_that_could_not_fail_are_refused(fill: object, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        checks(fill)


def test_the_bundle_is_json_that_the_ledger_can_read() -> None:
    claim = sd.claim("scale")
    claim.close(np.float64(1.0), 2.0, atol=np.float64(3.0), text="a < b & c", eq="scale:multiplier")
    claim.close(np.nan, 2.0, atol=3.0, text="not a number")
    claim.equal(np.int64(3), 3, text="three")
    bundle = claim._repr_mimebundle_()
    record = json.loads(json.dumps(bundle[sd.claims.MIME], allow_nan=False))
    assert record["id"] == "scale" and record["checks"][0] == {
        "text": "a < b & c",
        "measured": 1.0,
        "relation": "≤",
        "bound": 3.0,
        "passed": True,
        "equation": "scale:multiplier",
    }
    assert "a &lt; b &amp; c" in bundle["text/html"] and "<!--ledger:scale-->" in bundle["text/html"]
