"""Every claim can fail: each fault breaks the claim it names, and each labelled equation is broken by one."""

from __future__ import annotations

import re
from collections import defaultdict

import pytest

from fault_harness import ROOT, claim_cells, run_claim, run_with_fault
from faults import FAULTS, Fault

EQUATION = re.compile(r"^\$\$ \(([\w-]+:[\w-]+)\)", re.MULTILINE)
CAUGHT: dict[str, set[str]] = defaultdict(set)  # equations broken so far, by claim


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.claim} <- {fault.name}")
def test_the_fault_breaks_its_claim(fault: Fault) -> None:
    failed = run_with_fault(fault)
    assert failed, f"the claim {fault.claim!r} does not notice the fault: {fault.why}"
    CAUGHT[fault.claim] |= {check.equation for check in failed if check.equation}


def test_every_labelled_equation_is_broken_by_a_fault() -> None:
    """Runs after the faults above, in the same process, and uses what they broke."""
    labels = {label for page in (ROOT / "chapters").rglob("*.md") for label in EQUATION.findall(page.read_text("utf8"))}
    assert labels, "no labelled equation found: the pattern no longer fits the chapters"
    unbroken = sorted(label for label in labels if label not in CAUGHT[label.partition(":")[0]])
    assert not unbroken, f"no fault breaks a check of these equations: {unbroken}"


@pytest.mark.parametrize("id", sorted(claim_cells()))
def test_the_healthy_package_passes_the_claim(id: str) -> None:
    """The harness runs claims as the book does: what fails under a fault holds without it."""
    assert run_claim(id) == []
    assert any(fault.claim == id for fault in FAULTS), f"the claim {id!r} has no fault: nothing shows that it can fail"
