"""What a person sees in the terminal while a bake-off runs and when it is done.

Results go to standard output; progress and remarks go to standard error, so that a pipe gets results alone. Where
standard error is not a terminal there are no bars: a line for each stage that is done.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.console import Console as RichConsole
from rich.padding import Padding
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from bakeoff.cli._claims_table import print_claims
from bakeoff.cli._options import printable
from bakeoff.compare import doubts_labels
from bakeoff.contest import (
    PROBE_STAGES,
    Event,
    JobFinished,
    JobProgress,
    JobStarted,
    Listener,
    Run,
    Said,
    StageFinished,
    duration_words,
    finished_words,
    news_words,
    started_words,
)
from bakeoff.study import Study
from bakeoff.tune import Tuning
from bakeoff.types import ProgressCallback

__all__ = ["Console"]

_MARKS = {"error": ("error", "bold red"), "warning": ("warning", "yellow"), "note": ("note", "blue")}


class Console:
    """The terminal.

    Parameters
    ----------
    quiet : bool
        Show no progress, and of a run its verdict and its report's path alone.
    """

    def __init__(self, quiet: bool = False) -> None:
        self._quiet = quiet
        self._out = RichConsole(highlight=False, soft_wrap=False)
        self._err = RichConsole(stderr=True, highlight=False)

    # While running ---------------------------------------------------------------------------------------------

    @contextmanager
    def listening(self) -> Iterator[Listener]:
        """Show events until the block ends."""
        if self._quiet:
            yield lambda _event: None
            return
        if not self._err.is_terminal:
            yield self._plain
            return
        with Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[news]}"),
            TimeElapsedColumn(),
            console=self._err,
            transient=True,
        ) as progress:
            yield _Live(progress).listen

    @contextmanager
    def reading(self) -> Iterator[ProgressCallback | None]:
        """A bar for downloads and large files, where there is a terminal to show it."""
        if self._quiet or not self._err.is_terminal:
            yield None
            return
        with Progress(
            TextColumn("{task.description}"), BarColumn(bar_width=24), console=self._err, transient=True
        ) as progress:
            tasks: dict[str, TaskID] = {}

            def show(values: Mapping[str, Any]) -> None:
                name = f"{values['stage']} {printable(str(values['name']))}"
                if name not in tasks:
                    tasks[name] = progress.add_task(name, total=None)
                progress.update(tasks[name], completed=values["done"], total=values["total"])

            yield show

    def _plain(self, event: Event) -> None:
        """One line for each sentence and each stage that ended, for logs."""
        if isinstance(event, Said):
            self._err.print(safe(event.text), soft_wrap=True)
        elif isinstance(event, StageFinished):
            self._err.print(_finished_line(event), soft_wrap=True)

    # Afterwards ------------------------------------------------------------------------------------------------

    def show_run(self, run: Run) -> None:
        """Print the verdict, the leaderboard, the findings and where the report is."""
        results = run.results
        report = _shortest(run.folder / "report.html")
        if self._quiet:
            self._out.print(safe(results["verdict"]), soft_wrap=True)
            self._out.print(safe(report), soft_wrap=True)
            return
        self._out.print()
        self._out.print(Text.assemble(("Verdict  ", "bold"), safe(results["verdict"])))
        self._out.print()
        self._out.print(_leaderboard(results))
        self._show_findings(results["findings"])
        if results["claims"]:
            print_claims(self._out, results["claims"], results["claim_sentences"])
            self._out.print()
        for sentence in results["openings"]["sentences"]:
            self._out.print(safe(sentence))
        self._out.print(Text.assemble(("Report   ", "bold"), safe(report)), soft_wrap=True)

    def show_study(self, study: Study) -> None:
        """Print of every question its levels and its answer, and where the report is."""
        report = _shortest(study.folder / "report.html")
        for question in study.results["questions"]:
            if not self._quiet:
                self._out.print()
                self._out.print(_levels(question))
            for sentence in question["answer"]:
                self._out.print(safe(sentence), soft_wrap=self._quiet)
        if not self._quiet:
            self._out.print()
        self._out.print(Text.assemble(("Report   ", "bold"), safe(report)), soft_wrap=True)

    def show_tuning(self, tuning: Tuning) -> None:
        """Print what each contestant got and what was found, and where the report and the recipe are."""
        if not self._quiet:
            self._out.print()
            self._out.print(_searches(tuning.results))
        for sentence in (tuning.results["sentence"], tuning.results["caution"]):
            self._out.print(safe(sentence), soft_wrap=self._quiet)
        if not self._quiet:
            self._out.print()
            recipe = _shortest(tuning.recipe_path)
            self._out.print(Text.assemble(("Run it   ", "bold"), safe(f"bakeoff run {recipe}")), soft_wrap=True)
        report = _shortest(tuning.folder / "report.html")
        self._out.print(Text.assemble(("Report   ", "bold"), safe(report)), soft_wrap=True)

    def show_audit(self, answer: Any, files: Sequence[Path]) -> None:
        """Print a data card, its findings, and the pictures that were drawn."""
        table = Table.grid(padding=(0, 2))
        for key, value in _card_lines(answer.card):
            table.add_row(Text(key, style="bold"), safe(value))
        self._out.print(table)
        self._out.print()
        if answer.harm is not None:
            self._out.print(safe(answer.harm))
            self._out.print()
        self._show_findings([asdict(finding) for finding in answer.found])
        for path in files:
            self._out.print(Text.assemble(("Picture  ", "bold"), safe(_shortest(path))), soft_wrap=True)

    def _show_findings(self, findings: Sequence[Mapping[str, Any]]) -> None:
        for finding in findings:
            label, style = _MARKS[finding["severity"]]
            head = Text.assemble((f"{finding['code']} {label}: ", style), (printable(finding["title"]), "bold"))
            self._out.print(head)
            self._out.print(Padding(safe(finding["detail"]), (0, 0, 0, 5)))
        if findings:
            self._out.print()


class _Live:
    """Events as a line for all jobs and a line for the one that runs."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._all: TaskID | None = None
        self._jobs: dict[int, tuple[TaskID, float, bool]] = {}  # when each began, and whether it was planned

    def listen(self, event: Event) -> None:
        if isinstance(event, Said):
            self._progress.console.print(safe(event.text))
        elif isinstance(event, JobStarted):
            self._start(event)
        elif isinstance(event, JobProgress):
            self._advance(event)
        elif isinstance(event, StageFinished):
            self._progress.console.print(_finished_line(event))
        elif isinstance(event, JobFinished):
            self._finish(event)

    def _start(self, event: JobStarted) -> None:
        # Probes come on top of the fits that were planned, and nobody knows how many candidates a search will have.
        is_counted = event.stage not in (*PROBE_STAGES, "tune")
        if self._all is None and is_counted:
            self._all = self._progress.add_task("all fits", total=event.n_jobs, news="")
        task = self._progress.add_task(
            printable(started_words(event)),
            total=None,
            news=f"about {duration_words(event.estimate_seconds)}",
        )
        self._jobs[event.number] = (task, time.monotonic(), is_counted)

    def _advance(self, event: JobProgress) -> None:
        if event.number not in self._jobs:
            return
        task, begun, _ = self._jobs[event.number]
        epoch, epochs = event.values.get("epoch"), event.values.get("epochs")
        news = news_words(event.values, time.monotonic() - begun)
        self._progress.update(task, completed=epoch, total=epochs, news=news)

    def _finish(self, event: JobFinished) -> None:
        if event.number not in self._jobs:
            return
        task, _, is_counted = self._jobs.pop(event.number)
        self._progress.remove_task(task)
        if self._all is not None and is_counted:
            self._progress.advance(self._all)


def safe(text: str) -> Text:
    """Text from data as text: no markup, and control characters shown instead of obeyed."""
    return Text(printable(text))


def _finished_line(event: StageFinished) -> Text:
    mark = Text.assemble(("✗ ", "red") if event.n_failed else ("✓ ", "green"))
    return mark.append_text(safe(finished_words(event)))


def _leaderboard(results: Mapping[str, Any]) -> Table:
    part = "test" if any(entry["test"] for entry in results["contestants"]) else "validation"
    metric = results["protocol"]["primary_metric"]
    rows = {"file": "test", "holdout": "holdout", "folds": "out-of-fold"}[results["protocol"]["test"]]
    table = Table(
        title=f"{rows if part == 'test' else part} rows, by {metric}",
        title_justify="left",
        title_style="bold",
        box=None,
        pad_edge=False,
    )
    other = "f1_macro" if metric == "accuracy" else "accuracy"
    for heading in ("contestant", metric, "interval", other, "seeds", "fit", "predict one"):
        table.add_column(heading, justify="left" if heading == "contestant" else "right")
    for entry in results["contestants"]:
        scores = entry[part]
        if scores is None or scores[metric] is None:
            table.add_row(safe(entry["name"]), safe(entry["status"]), safe(entry["reason"] or ""))
            continue
        score, seconds = scores[metric], entry["seconds"]
        interval = "too few" if score["low"] is None else f"{score['low']:.4f} to {score['high']:.4f}"
        table.add_row(
            safe(entry["name"]),
            f"{score['mean']:.4f}",
            interval,
            f"{scores[other]['mean']:.4f}",
            str(len(entry.get("seeds_scored", entry["seeds"]))),
            duration_words(seconds["fit"] + seconds["compile"]),
            f"{seconds['predict_one_ms']:.2f} ms",
        )
    return table


def _levels(question: Mapping[str, Any]) -> Table:
    metric = question["metric"]
    is_crossed, is_split = question["by"] is not None, question["factor"] == "split"
    by = f" by {question['by_title'].lower()}" if is_crossed else ""
    table = Table(
        title=f"{question['title']}{by}: {metric} of validation rows, {question['n_seeds']} seeds",
        title_justify="left",
        title_style="bold",
        box=None,
        pad_edge=False,
    )
    headings = ["level", *(["by"] if is_crossed else []), metric, "band", *(["held back"] if is_split else [])]
    for heading in (*headings, "training", "gap", "one fit"):
        table.add_column(heading, justify="left" if heading in ("level", "by") else "right")
    for level in question["levels"]:
        names = [safe(level["label"]), *([safe(level["by"])] if is_crossed else [])]
        if level["scores"] is None:
            table.add_row(*names, safe(level["status"]), safe(level["reason"] or ""))
            continue
        score, train, held = level["scores"][metric], level["train"][metric]["mean"], level["held"]
        band = "too few" if score["low"] is None else f"{score['low']:.4f} to {score['high']:.4f}"
        cells = [f"{score['mean']:.4f}", band, *([f"{held['mean']:.4f}" if held else ""] if is_split else [])]
        gap = f"{100 * level['gap']['mean']:.1f}"
        table.add_row(*names, *cells, f"{train:.4f}", gap, duration_words(level["seconds"]))
    return table


def _searches(results: Mapping[str, Any]) -> Table:
    table = Table(
        title=f"Searched by {results['metric']} of validation rows",
        title_justify="left",
        title_style="bold",
        box=None,
        pad_edge=False,
    )
    headings = ("contestant", "tried", "stopped", "failed", "seconds", "as it was", "best", "fresh seeds")
    for heading in headings:
        table.add_column(heading, justify="left" if heading == "contestant" else "right")
    for entry in results["searches"]:
        scores = [entry["as_it_was"], (entry["best"] or {}).get("score"), (entry["fresh"] or {}).get("mean")]
        table.add_row(
            safe(entry["name"]),
            f"{entry['n_candidates']:,}",
            f"{entry['n_stopped_early']:,}",
            f"{entry['n_failed']:,}",
            duration_words(entry["seconds"]),
            *("–" if score is None else f"{score:.4f}" for score in scores),
        )
    return table


def _card_lines(card: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    counts = card["class_counts"]["train"]
    yield "data", f"{card['name']}: {card['kind']}"
    test = f", {card['n_test']:,} test" if card["n_test"] else ""
    shape = "x".join(map(str, card["image_shape"])) if card["image_shape"] else f"{card['n_features']} columns"
    yield "rows", f"{card['n_train']:,} training{test}; {shape}"
    yield "classes", f"{card['n_classes']}: {_listed(card['class_names'])}"
    yield "balance", f"{min(counts):,} to {max(counts):,} training rows a class"
    if card["value_range"]:
        yield "range", f"{card['value_range'][0]:g} to {card['value_range'][1]:g}"
    yield "missing", f"{card['missing_values']:,} cells"
    copies = card["exact_copies"]
    across = f", {copies['test_in_train']:,} test rows stand in training" if card["n_test"] else ""
    yield "exact copies", f"{copies['train']:,} within training{across}"
    yield from _group_lines(card)
    yield from _probe_lines(card["probes"])
    for source in card["sources"]:
        yield "file", f"{source['name']}  sha256 {source['sha256'][:16]}…  {source['n_bytes']:,} bytes"
    for decision in card["decisions"]:
        yield "decided", decision


def _group_lines(card: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    groups = card["groups"]
    n_rows, n_test_copies = groups.get("n_rows_with_copies"), groups.get("n_test_copies")
    if n_rows is not None:
        across = f", {n_test_copies:,} test rows have one in training" if n_test_copies is not None else ""
        yield "near-copies", f"{n_rows:,} training rows have one{across}"
    n_apart = len(groups.get("too_large") or ()) + len(groups.get("whole_class") or ())
    apart = f"; {n_apart:,} too large to keep together" if n_apart else ""
    if groups["n_groups"] is None:
        yield "groups", "none declared" if n_rows is None else f"none declared, none found{apart}"
        return
    source = "declared" if groups["declared"] else "found"
    sizes = f"median size {groups['median_size']:g}, largest {groups['largest']:,}"
    yield "groups", f"{groups['n_groups']:,} {source}, {sizes}{apart}"


def _probe_lines(probes: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    unlike, labels = probes["unlike"], probes["labels"]
    if unlike is not None:
        told = unlike["accuracy"]
        interval = "" if told["low"] is None else f" ({100 * told['low']:.1f} to {100 * told['high']:.1f})"
        yield "test rows", f"a small network tells them from training rows {told['mean']:.1%}{interval}; guessing, 50%"
    if labels is not None:
        yield "labels", _labels_line(labels)
    for name, reason in (probes.get("reasons") or {}).items():
        yield "not measured", f"{PROBE_STAGES[name][0]}: {reason}"


def _labels_line(labels: Mapping[str, Any]) -> str:
    doubts = f"{labels['by']} doubts {labels['n_candidates']:,} of {labels['n_rows']:,}"
    right = f"it gets {labels['accuracy']:.1%} of rows right that it has not learnt"
    if doubts_labels(labels):
        return f"{doubts}, more surely than its own mistakes explain; {right}"
    return f"nothing to look at: {doubts}, no more than its own mistakes explain; {right}"


def _listed(names: Sequence[str], most: int = 12) -> str:
    return ", ".join(names[:most]) + (f", … ({len(names) - most} more)" if len(names) > most else "")


def _shortest(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
