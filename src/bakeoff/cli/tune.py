"""``bakeoff tune``: search settings, the same budget for everybody."""

from typing import Any

import click

from bakeoff.cli._options import comma_list, contest_options, data_options, fitting_options, recipe_changes

__all__ = ["tune"]


@click.command()
@click.argument("where")
@data_options
@click.option("--contestants", metavar="A,B,...", callback=comma_list, help="Whose settings, such as dense,svc.")
@click.option("--fits", type=click.IntRange(1, 100_000), metavar="N", help="Candidates of each. [default: 40]")
@click.option("--seconds", type=click.FloatRange(min=0, min_open=True), metavar="S", help="For each.")
@click.option("--seeds", type=click.IntRange(1, 1000), metavar="N", help="Fresh seeds of the winners. [default: 5]")
@click.option("--metric", type=click.Choice(["f1_macro", "accuracy", "f1_weighted"]), help="What is searched for.")
@click.option("--validation", type=click.FloatRange(0, 1, min_open=True, max_open=True), metavar="FRACTION")
@fitting_options
@click.option("--json", "as_json", is_flag=True, help="Print tuning.json to standard output, and nothing else.")
@click.option("-q", "--quiet", is_flag=True, help="Print what was found and the report's path alone.")
def tune(where: str, **options: Any) -> int:
    """Search the settings of every contestant on validation rows, the same budget for each.

    No test label is opened. What is found is a recipe, ready for `bakeoff run`.

    \b
    bakeoff tune digits --contestants dense,svc,knn --fits 40
    bakeoff tune train.csv --contestants dense,boosting --seconds 300
    """  # noqa: D301 - click reads the backspace character itself
    from bakeoff import api  # noqa: PLC0415 - heavy
    from bakeoff.cli._console import Console  # noqa: PLC0415
    from bakeoff.tune import Budget  # noqa: PLC0415

    recipe = api.make_recipe(where, **recipe_changes(options, ("fits", "seconds")))
    fits, seconds = options["fits"], options["seconds"]
    budget = Budget(api.DEFAULT_FITS if fits is None and seconds is None else fits, seconds)
    console = Console(quiet=options["quiet"] or options["as_json"])
    with console.reading() as progress:
        planned = api.plan_of_tuning(recipe, budget, progress=progress)
    with console.listening() as listen:
        done = api.run_tuning_plan(planned, contest_options(listen, options))
    if options["as_json"]:
        click.echo((done.folder / "tuning.json").read_text(encoding="utf-8"), nl=False)
    else:
        console.show_tuning(done)
    return done.exit_status
