"""Every claim can fail: it holds, each of its faults breaks it, and each of its labelled equations is broken by one."""

from __future__ import annotations

import re

import pytest

from fault_harness import ROOT, claim_cells, run_claim, run_with_fault
from faults import FAULTS

EQUATION = re.compile(r"^\$\$ \(([\w-]+:[\w-]+)\)", re.MULTILINE)


def labelled_equations() -> set[str]:
    """The labels of the book's equations; each begins with the id of its statement."""
    return {label for page in (ROOT / "chapters").rglob("*.md") for label in EQUATION.findall(page.read_text("utf8"))}


@pytest.mark.parametrize("id", sorted(claim_cells()))
def test_the_claim_holds_and_can_fail(id: str) -> None:
    """One test a claim, so that each fault runs once and no test needs what another left behind."""
    assert run_claim(id) == [], "it fails on the healthy package"
    faults = [fault for fault in FAULTS if fault.claim == id]
    assert faults, f"the claim {id!r} has no fault: nothing shows that it can fail"
    failed = {fault.name: run_with_fault(fault) for fault in faults}
    unseen = [name for name, checks in failed.items() if not checks]
    assert not unseen, f"the claim {id!r} does not notice these faults: {unseen}"
    broken = {check.equation for checks in failed.values() for check in checks}
    unbroken = sorted(label for label in labelled_equations() - broken if label.partition(":")[0] == id)
    assert not unbroken, f"no fault breaks a check of these equations: {unbroken}"


def test_every_equation_and_every_fault_belongs_to_a_claim() -> None:
    """So that the tests above leave none out."""
    labels = labelled_equations()
    assert labels, "no labelled equation found: the pattern no longer fits the chapters"
    assert {label.partition(":")[0] for label in labels} <= claim_cells().keys()
    assert {fault.claim for fault in FAULTS} <= claim_cells().keys()
