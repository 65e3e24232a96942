"""``bakeoff audit`` as a person types it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bakeoff.testing import make_blurs


def one_line(text: str) -> str:
    """What was printed, without the line breaks of a narrow terminal."""
    return " ".join(text.split())


@pytest.fixture
def copied(workspace: Path) -> Path:
    """Photographs of nothing in particular: six of each, brighter and darker, and 30 test rows that are copies."""
    random = np.random.default_rng(0)
    sources = random.integers(40, 200, (240, 64))
    X = np.clip(np.repeat(sources, 6, axis=0) * random.uniform(0.8, 1.2, (1440, 1)), 0, 255).astype(np.uint8)
    y = np.repeat(np.arange(240) % 3, 6)
    path = workspace / "copied.npz"
    np.savez(path, X_train=X[:1200], y_train=y[:1200], X_test=np.vstack([X[1200:], X[:30]]), y_test=np.zeros(270))
    return path


def test_an_audit_prints_the_card_and_draws_three_pictures(bakeoff: Callable[..., Any], workspace: Path) -> None:
    answer = bakeoff("audit", "digits", "--no-probes", cwd=workspace)
    assert answer.returncode == 0, answer.stderr
    for said in ("1,797 training", "8x8x1", "174 to 183 training rows a class", "0 to 16", "D002 note"):
        assert said in answer.stdout, said
    assert "D008" not in answer.stdout
    assert {path.stem for path in (workspace / "audit").iterdir()} == {
        "class-histogram",
        "one-image-per-class",
        "sample-images",
    }


def test_the_harm_of_copies_is_said_in_a_sentence_and_shown_in_a_picture(
    bakeoff: Callable[..., Any], copied: Path, workspace: Path
) -> None:
    answer = bakeoff("audit", copied.name, "--image-shape", "8x8", cwd=workspace)
    assert answer.returncode == 0, answer.stderr
    said = one_line(answer.stdout)
    assert "Of every picture there are about 5 nearly equal ones: if they are dealt at random" in said
    assert "1-nearest-neighbour (it answers with the most similar picture that it has learnt) seems to be right" in said
    assert "D008 warning: Near-copies in groups 1,200 of 1,200 training pictures have a near-copy" in said
    assert "D012 warning: Test pictures with a near-copy in training 30 of 270 test pictures" in said
    assert "1-nearest-neighbour on a random and on a grouped split: 2 fits" in answer.stderr
    assert "200 found, median size 6, largest 6" in said
    assert (workspace / "audit" / "group-of-copies.png").is_file()


def test_without_probes_nothing_is_trained(bakeoff: Callable[..., Any], copied: Path, workspace: Path) -> None:
    answer = bakeoff("audit", copied.name, "--image-shape", "8x8", "--no-probes", "--json", cwd=workspace)
    assert answer.returncode == 0, answer.stderr
    assert answer.stderr == ""
    said = json.loads(answer.stdout)
    assert said["data"]["probes"] == {"harm": None, "unlike": None, "labels": None, "reasons": {}}
    assert not (workspace / "audit").exists()
    assert {"D008", "D012"} <= {finding["code"] for finding in said["findings"]}
    silenced = bakeoff("audit", copied.name, "--image-shape", "8x8", "--no-probes", "--json", "--ignore", "D008,D012",
                       cwd=workspace)  # fmt: skip
    assert not {"D008", "D012"} & {finding["code"] for finding in json.loads(silenced.stdout)["findings"]}


def test_strict_refuses_an_error_with_status_3(bakeoff: Callable[..., Any], workspace: Path) -> None:
    blurs = make_blurs(n_train=300, n_test=None)
    np.savez(
        workspace / "copies.npz",
        X_train=blurs.X_train,
        y_train=blurs.y_train,
        X_test=blurs.X_train[:60],
        y_test=blurs.y_train[:60],
    )
    arguments = ("copies.npz", "--image-shape", "4x4")
    answer = bakeoff("audit", *arguments, "--no-probes", "--strict", cwd=workspace)
    assert answer.returncode == 3
    assert "bakeoff: --strict refuses: D006" in answer.stderr
    run = bakeoff("run", *arguments, "--no-probes", "--contestants", "dummy", "--strict", cwd=workspace)
    assert run.returncode == 3
    assert "bakeoff: --strict refuses: D006" in run.stderr
    ignoring = bakeoff("audit", *arguments, "--no-probes", "--strict", "--ignore", "D006", cwd=workspace)
    assert ignoring.returncode == 0


def test_a_code_that_no_finding_can_have_is_refused_in_one_line(bakeoff: Callable[..., Any], workspace: Path) -> None:
    answer = bakeoff("audit", "digits", "--ignore", "X1", cwd=workspace)
    assert answer.returncode == 2
    assert "must be the code of a finding, such as D002. Got 'X1'" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_pictures_that_are_asked_for_are_drawn_beside_json(bakeoff: Callable[..., Any], workspace: Path) -> None:
    answer = bakeoff("audit", "digits", "--no-probes", "--json", "--pictures", "drawn", cwd=workspace)
    assert answer.returncode == 0, answer.stderr
    assert json.loads(answer.stdout)["data"]["n_train"] == 1797
    assert len(list((workspace / "drawn").glob("*.png"))) == 3
