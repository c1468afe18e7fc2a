"""The explorable Distill it: the browser computes what the package computes, and the pictures obey the reader."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Error

import chromium
import selfdistill as sd
from selfdistill import figures, widgets

RTOL = 1e-6
NOISES, EPSILONS = (widgets.DistillIt.sliders()[name].stops() for name in ("noise", "epsilon"))
FINE = np.linspace(0.0, 1.0, 1001)

# Runs the loop for each state [noise, epsilon]: feasible, floor, N, multipliers, diag B_t and fit by round, errors.
DRIVER = """([set, states]) => {
  const [d, a, b, map, Q, q] = ["d", "a", "b", "map", "Q", "q"].map((key) => decode(set[key]));
  const out = [];
  for (const [noise, epsilon] of states) {
    const path = distill(d, a.map((v, k) => v + noise * b[k]), epsilon), N = path.multipliers.length;
    out.push(path.feasible ? 1 : 0, path.floor, N);
    if (!path.feasible) continue;
    const zero = new Float64Array(d.length);
    out.push(...path.multipliers);
    for (let t = 0; t < N; t++) out.push(...path.logB[t].map((v) => Math.exp(v)), ...evaluate(map, path.z[t + 1]));
    for (let t = 0; t <= N; t++) out.push(heldOut(Q, q, set.s, t < N ? path.z[t + 1] : zero));
  }
  return out;
}"""


def states() -> list[tuple[float, float]]:
    """Every epsilon stop at four noises and every noise stop at five epsilons; all rounds of each are compared."""
    across = [(noise, epsilon) for noise in (0.0, 0.5, 1.0, 2.0) for epsilon in EPSILONS]
    along = [(noise, epsilon) for noise in NOISES for epsilon in (0.005, 0.02, 0.045, 0.2, 0.6)]
    return [(float(noise), float(epsilon)) for noise, epsilon in across + along]


def compare(browser: Browser, source: str, preset: str, pairs: list[tuple[float, float]]) -> int:
    """Assert that what `source` computes is the package's, to RTOL; return how many fits were compared."""
    packed = dict(sd.widgets.DistillIt().payload["sets"][preset])
    reader = chromium.Numbers(browser, source, DRIVER, [packed, pairs])
    take = reader.take
    full = widgets.example.PRESETS[preset][1]()
    signal = full.truth(full.x)
    knots = np.unique(np.concatenate([[0.0], full.x, [1.0]]))
    grid = np.interp(np.arange(3 * len(knots) - 2) / 3, np.arange(len(knots)), knots)
    green, zero, fits = sd.greens.SimplySupportedBeam(), np.mean(full.truth(FINE) ** 2), 0
    floor = sd.spectrum.decompose(green, full.x).floor
    for noise, epsilon in pairs:
        y = signal + noise * (full.y - signal)
        where = f"{preset}, noise {noise}, epsilon {epsilon}"
        feasible, lowest, rounds = take(3)
        np.testing.assert_allclose(lowest, floor(y), rtol=RTOL, atol=1e-15, err_msg=where)
        try:
            path = sd.distill(green, full.x, y, epsilon=epsilon)
        except sd.InfeasibleError:
            assert (feasible, rounds) == (0, 0), where
            continue
        assert (feasible, rounds) == (1, len(path)), where
        np.testing.assert_allclose(take(len(path)), path.multipliers, rtol=RTOL, err_msg=f"multipliers, {where}")
        values, K = path(grid), len(full.x)
        for t in range(len(path)):
            np.testing.assert_allclose(
                take(K), np.exp(path.log_shrinkage[t]), rtol=RTOL, atol=1e-300, err_msg=f"B_{t}, {where}"
            )
            size = np.max(np.abs(values[t]))
            np.testing.assert_allclose(
                take(len(grid)), values[t], rtol=0, atol=RTOL * size, err_msg=f"fit {t}, {where}"
            )
        errors = np.append(full.error(path(FINE), FINE), zero)
        np.testing.assert_allclose(take(len(errors)), errors, rtol=RTOL, atol=1e-13, err_msg=f"errors, {where}")
        fits += len(path)
    reader.end()
    return fits


@pytest.mark.claim("newton", "recursion", "logb", "basis", "collapse", "feasible")
@pytest.mark.parametrize("preset", list(widgets.example.PRESETS))
def test_browser_agrees_with_the_package_over_the_sliders(browser: Browser, preset: str) -> None:
    pairs = states() + [(s["noise"], s["epsilon"]) for _, s in widgets.DistillIt.stories.values()]
    assert compare(browser, chromium.NUMERICS, preset, pairs) > 1000


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("p = z[k] * z[k] * a * a", "p = z[k] * z[k] * a"),
        ("budget -= z[k] * z[k]", "budget += z[k] * z[k]"),
        ("c / d[k]", "d[k] / c"),
        ("Keps = K * epsilon", "Keps = epsilon"),
        ("-2 * q[j]", "2 * q[j]"),
        ("c += E[C + k]", "c += E[B + k]"),
        ("step <= 5e-7", "step <= 5e-2"),
        ("Math.exp(logB[k]) * z0[k]", "Math.exp(logB[k]) * path.z.at(-1)[k]"),
    ],
)
def test_golden_comparison_can_fail(browser: Browser, old: str, new: str) -> None:
    """Each corruption of the browser's numerics is noticed: the comparison above is no formality."""
    source = chromium.corrupt(old, new)
    pairs = [(noise, epsilon) for noise in (0.5, 1.0) for epsilon in (0.03, 0.045, 0.1)]
    with pytest.raises((AssertionError, Error)):
        for preset in ("paper", "sine"):
            compare(browser, source, preset, pairs)


@pytest.mark.parametrize(("points", "K"), [(1, 1), (2, 3), (7, 5), (8, 4), (9, 50)])
def test_values_and_error_for_any_shape(browser: Browser, points: int, K: int) -> None:
    """Also where the number of points is no multiple of four, and with modes that mix: the data's do not."""
    rng = np.random.default_rng(points)
    E, z, q, half = (rng.normal(size=shape) for shape in ((points, K), K, K, (K, K)))
    Q, s = half + half.T, 2.5
    driver = """([E, z, Q, q, s]) => {
      const [e, v, m, w] = [E, z, Q, q].map((one) => Float64Array.from(one.flat()));
      return [...evaluate(e, v), heldOut(m, w, s, v)];
    }"""
    arguments = [*(array.tolist() for array in (E, z, Q, q)), s]
    numbers = chromium.Numbers(browser, chromium.NUMERICS, driver, arguments).all
    np.testing.assert_allclose(numbers, [*(E @ z), z @ Q @ z - 2 * q @ z + s], rtol=1e-12, atol=1e-13)


def test_drawn_curve_is_the_cubic_spline(browser: Browser) -> None:
    """The path of Bézier pieces passes through the package's fit between the shipped grid points, too."""
    widget = sd.widgets.DistillIt(preset="sine", epsilon=0.005)
    knots = np.concatenate([[0.0], widget.data.x, [1.0]])
    grid = np.interp(np.arange(3 * len(knots) - 2) / 3, np.arange(len(knots)), knots)
    page = browser.new_page()
    page.add_script_tag(content=widgets.scripts.body("panel"))
    d = page.evaluate(
        "([x, y]) => cubicPath(x, y, (v) => 1e6 * v, (v) => 1e6 * v)", [grid.tolist(), widget.path(grid)[0].tolist()]
    )
    page.close()
    numbers = np.array(re.findall(r"-?[\d.]+", d), dtype=float).reshape(-1, 2) / 1e6
    start, pieces = numbers[:1], numbers[1:].reshape(-1, 3, 2)
    left = np.concatenate([start, pieces[:-1, 2]])
    for s in (0.2, 0.5, 0.8):
        weights = np.array([(1 - s) ** 3, 3 * s * (1 - s) ** 2, 3 * s**2 * (1 - s), s**3])
        points = weights[0] * left + np.tensordot(pieces, weights[1:], axes=(1, 0))
        np.testing.assert_allclose(points[:, 1], widget.path(points[:, 0])[0], atol=1e-6)


# --- the picture in a page -------------------------------------------------------------------------------------------


@pytest.fixture
def tab(show: Callable[..., chromium.Tab]) -> chromium.Tab:
    """A tab with the explorable."""
    return show(widgets.DistillIt)


def test_summary_tells_the_package_s_figures_for_every_story(tab: chromium.Tab) -> None:
    widget = sd.widgets.DistillIt()
    for name, (label, state) in widgets.DistillIt.stories.items():
        summary = tab.press("distill-it", label)
        widget.tell(name)
        path, t = widget.path, state["round"]
        fit = path.predict(FINE, round=t)
        assert f"N = {len(path)} " in summary
        assert f"squared error {np.mean((fit - widget.data.truth(FINE)) ** 2):.4f}" in summary
        if t < len(path):
            assert f"= {np.sum(np.exp(path.log_shrinkage[t])):.2f} of {len(widget.data.x)}" in summary
        else:
            assert "collapsed" in summary
    assert tab.messages == []


def test_labels_are_dragged_by_mouse_and_moved_by_key(tab: chromium.Tab) -> None:
    """What is told then is what the package computes for the moved labels; a link and Delete put them back."""
    root, page = tab.root("distill-it"), tab.page
    start = chromium.look(root)
    box = root.locator("[data-panel=fit]")
    dot = box.locator("svg svg circle.sdw-dot").nth(3).bounding_box()
    assert dot is not None
    x, y = dot["x"] + dot["width"] / 2, dot["y"] + dot["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, y - 30)
    page.mouse.move(x, y - 60)
    page.mouse.up()
    before = chromium.changed(root, start)
    handle = root.get_by_role("button", name=re.compile("Label 4 of 9"))
    handle.press("ArrowDown")
    before = chromium.changed(root, before)
    handle.press("ArrowRight")
    handle = root.get_by_role("button", name=re.compile("Label 5 of 9"))
    handle.press("Shift+ArrowUp")
    _, told = chromium.changed(root, before)
    view = str(root.get_by_role("link", name="Link to this view").get_attribute("href"))
    moves = dict(one.split("=") for one in view.partition("?")[2].split("&"))["moves"]
    widget = sd.widgets.DistillIt(preset="interior", epsilon=0.01, round=0, moves=moves)
    plain = sd.widgets.DistillIt(preset="interior").data.y
    shifts = widget.data.y - plain
    assert np.flatnonzero(shifts).tolist() == [3, 4]
    assert shifts[3] > 0.2
    np.testing.assert_allclose(shifts[4], 0.01, atol=1e-12)
    error = np.mean((widget.path.predict(FINE, round=0) - widget.data.truth(FINE)) ** 2)
    assert f"squared error {error:.4f}" in told
    assert f"N = {len(widget.path)} " in told
    assert told.endswith(" 2 labels moved by hand.")
    handle.press("Delete")
    root.get_by_role("button", name=re.compile("Label 5 of 9")).press("ArrowLeft")
    root.get_by_role("button", name=re.compile("Label 4 of 9")).press("Delete")
    chromium.wait_until(page, "words => document.querySelector('.sd-summary').textContent === words", start[1])
    page.evaluate("location.hash = '#distill-it?epsilon=0.02'")
    chromium.wait_until(page, "() => document.querySelector('.sd-summary').textContent.includes('ε = 0.02')")
    assert tab.messages == []


def test_a_finger_that_swipes_over_the_labels_moves_none(tab: chromium.Tab, browser: Browser) -> None:
    """Neither along nor across; it has to tap a label first."""
    context = browser.new_context(**chromium.PHONE)
    page = context.new_page()
    page.goto(tab.page.url)
    page.wait_for_selector("[data-sd-state=live]")
    root = page.locator("[data-sd-widget=distill-it]")
    before = chromium.look(root)
    box = root.locator("[data-panel=fit] svg").first.bounding_box()
    assert box is not None
    session = context.new_cdp_session(page)
    dots = [dot.bounding_box() for dot in root.locator("svg svg circle.sdw-dot").all()]
    for dot in [dot for dot in dots if dot is not None][:5]:
        x, y = dot["x"] + dot["width"] / 2, dot["y"] + dot["height"] / 2
        session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
        for step in (10, 20, 30):
            session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x, "y": y + step}]})
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert chromium.look(root) == before
    context.close()


def test_moves_that_are_none_are_refused() -> None:
    for wrong, words in (
        ("0", "must be as in"),
        ("0,x", "must be as in"),
        ("-1,1", "0 or more"),
        ("0,nan", "at most 2"),
    ):
        with pytest.raises(ValueError, match=words):
            sd.widgets.DistillIt(moves=wrong)
    assert np.all(sd.widgets.DistillIt(moves="30,1").data.y == sd.widgets.DistillIt().data.y)


def test_modes_out_of_reach_are_crosses(tab: chromium.Tab) -> None:
    """Also where a bar stood before."""
    cross = tab.root("distill-it").locator("[data-panel=shrinkage] svg svg path.sdw-null")
    assert cross.count() == 0
    tab.press("distill-it", widgets.DistillIt.stories["noise-gone"][0])
    assert cross.count() == 2
    assert tab.root("distill-it").locator("rect.sdw-null").count() == 0


def test_dragging_redraws_once_a_frame(tab: chromium.Tab) -> None:
    redraws, frames = tab.page.evaluate(
        """async () => {
          let redraws = 0, frames = 0;
          new MutationObserver(() => redraws++).observe(document.querySelector(".sd-summary"), { childList: true });
          const knob = document.querySelector("input[name=epsilon]");
          for (; frames < 20; frames++) {
            for (let i = 0; i < 5; i++) {
              knob.value = -1 + 0.02 * (frames + i);
              knob.dispatchEvent(new Event("input"));
            }
            await new Promise(requestAnimationFrame);
          }
          return [redraws, frames];
        }"""
    )
    assert 10 <= redraws <= frames + 1


def test_infeasible_epsilon_is_said_and_no_figure_given(tab: chromium.Tab) -> None:
    tab.page.evaluate("location.hash = '#distill-it?preset=paper&epsilon=0.03'")
    chromium.wait_until(tab.page, "() => document.querySelector('.sd-summary').textContent.startsWith('Infeasible')")
    floor = sd.spectrum.decompose(sd.greens.SimplySupportedBeam(), sd.datasets.paper().x).floor(sd.datasets.paper().y)
    assert f"smallest ε is {floor:.5g}." in (tab.page.text_content(".sd-summary") or "")
    assert tab.page.get_attribute("path.sd-curve", "d") == ""
    assert tab.page.locator("rect.sdw-bar, text.sdw-value").count() == 0
    tab.page.evaluate("location.hash = '#distill-it?epsilon=1.9'")
    chromium.wait_until(
        tab.page, "() => document.querySelector('.sd-summary').textContent.startsWith('Collapsed at once')"
    )
    assert tab.messages == []


def test_errors_are_seen(tab: chromium.Tab) -> None:
    """A broken state leaves neither a blank page nor a silent console."""
    address = Path(tab.page.url.removeprefix("file://"))
    html = address.read_text("utf-8")
    assert html.count('"Q":') == 3
    address.write_text(html.replace('"Q":', '"lost":'), "utf-8")
    tab.page.goto(address.as_uri() + "?broken")
    tab.page.wait_for_selector('[data-sd-state="error"] .sdw-error')
    assert "This picture broke" in (tab.page.text_content(".sdw-error") or "")
    assert tab.page.is_visible(".sdw-still svg")
    assert any("[selfdistill]" in message for message in tab.messages)


# --- the Python object -----------------------------------------------------------------------------------------------


def test_python_object_computes_with_the_package() -> None:
    widget = sd.widgets.DistillIt(preset="interior", epsilon=0.02)
    assert len(widget.path) == 7
    widget.noise = 0.0
    np.testing.assert_allclose(widget.data.y, np.sin(2 * np.pi * widget.data.x))
    widget.tell("too-many")
    assert (widget.preset, widget.epsilon, widget.round, widget.noise) == ("paper", 0.045, 2, 1.0)
    widget.epsilon = 0.03
    with pytest.raises(sd.InfeasibleError):
        _ = widget.path
    assert figures.svg(widget.picture(), alt="infeasible")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"preset": "newspaper"}, "'paper', 'interior', 'sine'; it is 'newspaper'"),
        ({"noise": -0.5}, "noise must lie between 0 and 2; it is -0.5"),
        ({"noise": float("nan")}, "noise must lie between"),
        ({"epsilon": 0.0}, "epsilon must lie between .* call selfdistill.distill"),
        ({"round": -1}, "round must lie between 0 and 99; it is -1"),
        ({"story": "bedtime"}, "story must be one of 'noise-gone'"),
        ({"lamda": 1.0}, "no argument 'lamda'"),
    ],
)
def test_wrong_arguments_are_told_with_the_remedy(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        sd.widgets.DistillIt(**arguments)


def test_wrong_traits_are_refused_and_leave_the_state() -> None:
    widget = sd.widgets.DistillIt()
    for name, value in {"preset": "x", "noise": 3.0, "epsilon": 9.0, "round": 1000}.items():
        before = getattr(widget, name)
        with pytest.raises(ValueError, match=name):
            setattr(widget, name, value)
        assert getattr(widget, name) == before
    with pytest.raises(ValueError, match="'bedtime'"):
        widget.tell("bedtime")


def test_static_html_holds_data_and_a_still_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SELFDISTILL_STATIC", "1")
    bundle, _ = sd.widgets.DistillIt(story="small-steps")._repr_mimebundle_() or ({}, {})
    html = bundle["text/html"]
    (shipped_state,) = re.findall(r'<script type="application/json">(.*?)</script>', html, flags=re.S)
    state = json.loads(shipped_state)
    assert (state["preset"], state["epsilon"], state["round"]) == ("sine", 0.005, 8)
    assert list(state["payload"]["sets"]) == list(widgets.example.PRESETS)
    shipped = state["payload"]["sets"]["paper"]
    np.testing.assert_array_equal(np.frombuffer(base64.b64decode(shipped["x"])), sd.datasets.paper().x)
    assert '<svg xmlns="http://www.w3.org/2000/svg" class="sd-svg"' in html
    assert base64.b64decode(bundle["image/png"]).startswith(b"\x89PNG")
    assert "application/vnd.jupyter.widget-view+json" not in bundle
    assert len(json.dumps(state)) <= 150_000


def test_with_a_kernel_it_is_an_anywidget_with_a_picture_for_the_saved_notebook(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("SELFDISTILL_STATIC", raising=False)
    widget = sd.widgets.DistillIt()
    bundle, _ = widget._repr_mimebundle_() or ({}, {})
    assert {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"} <= set(bundle)
    assert widget._esm.count("export default ") == 1
    assert not re.search(r"^import ", widget._esm, flags=re.M)
