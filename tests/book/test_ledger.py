"""The ledger has no gap: statements, claims, tests and faults name each other, in every direction."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from fault_harness import ROOT, claim_cells
from faults import FAULTS
from selfdistill_book.cache import package_digest, package_folder
from selfdistill_book.ledger import records

# The statements of the theory that the book has reached; each must have its row.
REACHED = {
    "the landing page": "as-far",
    "one fit": "green-toy closed-form r-value collapse feasible scale",
    "its multiplier": "c-bounds c-bounds-sharp c-monotone newton newton-naive logb",
    "the loop": "recursion basis fixed-c multiout toy-numbers toy-interior u-shape",
    "kernels": "green-list green-lidstone green-matern green-free green-dim green-collocation green-fd green-fem "
    "green-mercer green-conditions green-support green-modified green-interface",
    "rounds": "norm-lb-paper rounds-lb-paper rounds-universal rounds-domination kappa1-soft toy-bounds "
    "rounds-grouped comparison kappa-active",
    "the basis": "pair-ratio pair-ratio-sharp sparsity sparsity-nonmono-eps sparsity-ties near-interp near-interp-rate "
    "sparsity-cap",
    "other methods": "earlystop filter-duality qualification sd-vs-ridge-match flow-match",
    "scale": "krylov-space krylov-residual krylov-shift semiseparable sine-grid tridiagonal two-nodes low-rank "
    "normal-equations c-condition curvature",
    "amplified regularisation": "ddagger ddagger-expansion penalty-form map gen-norm rademacher ntk-offset",
    "when a round helps": "bias-variance next-round dof-eps extra-df dof-eps-multi sure loo-fail",
    "choosing": "gcv-sure-pick gml quasi",
    "networks": "ntk-relu ensemble",
    "fresh data": "collapse-replace collapse-accumulate golden fresh",
    "wrong labels": "label-avg label-rounds label-end smoothing",
    "neighbours": "nagarajan nagarajan-multi dong round-or-residual ridgeless fidelity gp-reuse",
    "data of your own": "nullspace weights ridge-chain one-hot",
    "labels mixed in": "borup borup-sparsity borup-constraint borup-alpha",
    "imitation weights": "dang-path das-xistar xi-poly xi-wiener two-eigenvalues xi-rgain xi-ls xi-oneshot",
}

# The part of the theory on what came after the paper, and on kernels: each id has its row, or is cited and not derived.
AFTER = {
    "mixed targets": "borup borup-sparsity borup-alpha",
    "imitation weights": "xi-poly xi-wiener xi-rgain xi-ls xi-oneshot two-eigenvalues das-xistar dang-path spiked",
    "labels": "label-avg label-rounds smoothing",
    "fresh data": "fresh collapse-replace collapse-accumulate golden spike",
    "neighbours": "nagarajan nagarajan-multi dong gp-reuse ridgeless fidelity",
    "choice": "gml quasi next-round",
    "networks": "ensemble",
    "filters": "filter-duality qualification sd-vs-ridge-match",
    "kernels": "green-list green-lidstone green-matern green-free green-dim green-collocation green-fd green-fem",
}
# Results of others that carry no claim: where the book says so, and whose they are.
CITED = {"spiked": ("after/imitation.md", "lecoiu2026"), "spike": ("after/fresh.md", "wu2026fresh")}

STATEMENT = re.compile(r"^(`{3,}|:{3,})\{prf:(?!proof)(\w+)\}.*?^\1", re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def ledger() -> dict[str, Any]:
    """The ledger of the last build."""
    path = ROOT / "_build" / "html" / "ledger.json"
    assert path.exists(), "there is no built book: run `make book` first (`make test` does)"
    return json.loads(path.read_text("utf8"))


def rows(ledger: dict[str, Any], *, equations: bool = True) -> list[dict[str, Any]]:
    return [row for row in ledger["statements"] if equations or row["kind"] != "equation"]


def test_the_ledger_is_that_of_this_package(ledger: dict[str, Any]) -> None:
    import selfdistill

    assert ledger["package"]["version"] == selfdistill.__version__
    assert ledger["package"]["digest"] == package_digest(package_folder(ROOT)), (
        "the book was built from another package"
    )


def test_every_row_is_checked_tested_and_can_fail(ledger: dict[str, Any]) -> None:
    for row in rows(ledger):
        for column in ("checks", "tests", "faults", "code"):
            assert row[column], f"{row['kind']} {row['id']!r} has no {column}"
        assert all(check["passed"] for check in row["checks"]), row["id"]
        for check in row["checks"]:
            assert {"text", "measured", "relation", "bound", "passed"} <= check.keys()


def test_every_statement_of_the_theory_reached_so_far_has_a_row(ledger: dict[str, Any]) -> None:
    assert sorted(" ".join(REACHED.values()).split()) == sorted(row["id"] for row in rows(ledger, equations=False))


def test_what_came_after_is_in_the_book_or_cited_as_not_derived() -> None:
    """Without a build: what stands in REACHED is compared with the ledger above."""
    asked = set(" ".join(AFTER.values()).split())
    assert asked - set(" ".join(REACHED.values()).split()) == set(CITED)
    for id, (page, key) in CITED.items():
        paragraphs = (ROOT / "chapters" / page).read_text("utf8").split("\n\n")
        said = [text for text in paragraphs if key in text and "cited, not derived here" in text]
        assert said, f"{page} does not say in one paragraph that {id!r}, due to {key}, is cited, not derived here"


def test_no_claim_test_or_fault_is_an_orphan(ledger: dict[str, Any]) -> None:
    statements = {row["id"] for row in rows(ledger, equations=False)}
    assert set(claim_cells()) == statements
    assert {fault.claim for fault in FAULTS} == statements
    assert set(records.tests_by_claim(ROOT / "tests")) == statements


def test_every_link_of_the_ledger_leads_to_its_statement(ledger: dict[str, Any]) -> None:
    for row in rows(ledger):
        page = (ROOT / "_build" / "html" / row["page"]).read_text("utf8")
        assert f'id="{row["anchor"]}"' in page, f"{row['id']!r} points to {row['page']}#{row['anchor']}"


@pytest.mark.parametrize("page", sorted((ROOT / "chapters").rglob("*.md")), ids=lambda page: page.stem)
def test_statements_and_their_equations_are_labelled(page: Path) -> None:
    text = page.read_text("utf8")
    for match in STATEMENT.finditer(text):
        body = match.group(0)
        assert re.search(r"^:label: [\w-]+$", body, re.MULTILINE), f"a statement without a label:\n{body[:200]}"
        delimiters = re.findall(r"^\$\$.*$", body, re.MULTILINE)
        unlabelled = [line for line in delimiters[1::2] if not re.fullmatch(r"\$\$ \([\w-]+:[\w-]+\)", line)]
        assert not unlabelled, f"a displayed equation without a label in a statement:\n{body[:400]}"
