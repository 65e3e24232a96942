"""``bakeoff study``: vary one thing and answer what it does."""

from typing import Any

import click

from bakeoff.cli._options import comma_list, contest_options, data_options, fitting_options, recipe_changes

__all__ = ["study"]

_FACTORS = (
    "depth", "width", "batch-size", "optimizer", "learning-rate", "l2", "dropout", "activation", "loss", "augmentation",
    "train-size", "split", "epochs", "seeds", "notebook",
)  # fmt: skip


@click.command()
@click.argument("factor", metavar="FACTOR", type=click.Choice(_FACTORS))
@click.argument("where")
@data_options
@click.option("--by", metavar="FACTOR", type=click.Choice(_FACTORS[:-1]), help="Cross it with a second one.")
@click.option("--levels", metavar="A,B,...", callback=comma_list, help="Levels to try. [default: the factor's own]")
@click.option("--by-levels", metavar="A,B,...", callback=comma_list, help="Those of the second factor.")
@click.option(
    "--base", default="small", show_default=True, metavar="NAME", help="small, default, or RECIPE.yaml:CONTESTANT."
)
@click.option("--seeds", type=click.IntRange(5, 1000), metavar="N", help="Matched seeds of every level. [default: 5]")
@click.option("--metric", type=click.Choice(["f1_macro", "accuracy", "f1_weighted"]), help="What is looked at.")
@click.option("--validation", type=click.FloatRange(0, 1, min_open=True, max_open=True), metavar="FRACTION")
@fitting_options
@click.option("--json", "as_json", is_flag=True, help="Print study.json to standard output, and nothing else.")
@click.option("-q", "--quiet", is_flag=True, help="Print the answers and the report's path alone.")
def study(factor: str, where: str, **options: Any) -> int:
    """Vary FACTOR, keep all else fixed, and answer what it does.

    \b
    FACTOR is depth, width, batch-size, optimizer, learning-rate, l2, dropout, activation, loss, augmentation,
    train-size, split, epochs, seeds; or notebook, for every question of a course notebook in one report.

    Scores are of validation rows; the test rows stay sealed.

    \b
    bakeoff study width digits
    bakeoff study depth mnist --by width --by-levels 16,64,256
    bakeoff study notebook sign-mnist
    """  # noqa: D301 - click reads the backspace character itself
    from bakeoff import api  # noqa: PLC0415 - heavy
    from bakeoff.cli._console import Console  # noqa: PLC0415
    from bakeoff.study import Question  # noqa: PLC0415

    recipe = api.make_recipe(where, **recipe_changes(options, ("by", "levels", "by_levels", "base")))
    console = Console(quiet=options["quiet"] or options["as_json"])
    question = Question(factor, options["levels"], options["by"], options["by_levels"])
    with console.reading() as progress:
        planned = api.plan_of_study(recipe, question, options["base"], progress)
    with console.listening() as listen:
        done = api.run_study_plan(planned, contest_options(listen, options))
    if options["as_json"]:
        click.echo((done.folder / "study.json").read_text(encoding="utf-8"), nl=False)
    else:
        console.show_study(done)
    return done.exit_status
