"""``bakeoff run``: the whole job."""

from typing import Any

import click

from bakeoff.cli._options import comma_list, contest_options, data_options, fitting_options, recipe_changes

__all__ = ["run"]


@click.command()
@click.argument("where")
@data_options
@click.option("--contestants", metavar="A,B,...", callback=comma_list, help="Who enters, such as dense,svc.")
@click.option("--seeds", type=click.IntRange(1, 1000), metavar="N", help="Seeds for random contestants. [default: 5]")
@click.option("--metric", type=click.Choice(["f1_macro", "accuracy", "f1_weighted", "log_loss"]), help="Decides.")
@click.option("--validation", metavar="FRACTION|test|none", help="What is chosen on. [default: 0.2]")
@click.option("--probes/--no-probes", default=None, help="Train small models that check the data. [default: do]")
@click.option("--memory-limit", type=click.IntRange(1, 2**30), metavar="MIB", help="For the networks of a population.")
@click.option("--ignore", metavar="CODE,...", callback=comma_list, help="Findings to leave out, such as D002.")
@click.option("--name", metavar="NAME", help="Name of the bake-off, part of its folder's name.")
@fitting_options
@click.option("--dry-run", is_flag=True, help="Print the resolved recipe and what would run, and stop.")
@click.option("--code", is_flag=True, help="Let a recipe run the code of the Keras models that it names.")
@click.option("--strict", is_flag=True, help="Exit with status 3 where a finding is an error.")
@click.option("--json", "as_json", is_flag=True, help="Print results.json to standard output, and nothing else.")
@click.option("-q", "--quiet", is_flag=True, help="Print the verdict and the report's path alone.")
def run(where: str, **options: Any) -> int:
    """Train, compare and explain.

    WHERE is a name (digits, mnist, fashion-mnist, kmnist, sign-mnist), a file, a folder with one folder a class, or
    a recipe (.yaml, .json).

    \b
    bakeoff run digits
    bakeoff run train.csv --test test.csv --contestants dense,svc,forest --seeds 3
    bakeoff run recipes/sign-mnist.yaml
    """  # noqa: D301 - click reads the backspace character itself
    from bakeoff import api  # noqa: PLC0415 - heavy
    from bakeoff.cli._console import Console  # noqa: PLC0415

    recipe = api.make_recipe(where, code=options["code"], **_changes(options))
    console = Console(quiet=options["quiet"] or options["as_json"])
    with console.reading() as progress:
        plan = api.plan(recipe, progress=progress)
    if options["dry_run"]:
        click.echo(api.describe_plan(plan), nl=False)
        return 0
    with console.listening() as listen:
        how = contest_options(listen, options)
        # What is searched first changes the plan, not the rows.
        searches = api.asks_for_tuning(recipe)
        run = api.run_tuned(recipe, plan.dataset, how) if searches else api.run_plan(plan, how)
    if options["as_json"]:
        click.echo((run.folder / "results.json").read_text(encoding="utf-8"), nl=False)
    else:
        console.show_run(run)
    if options["strict"]:
        api.refuse_errors(run)
    return run.exit_status


def _changes(options: dict[str, Any]) -> dict[str, Any]:
    """What was given on the command line; the rest is left to the recipe."""
    given = recipe_changes(options, ("code", "dry_run", "strict"))
    validation = given.get("validation")
    if validation is not None and validation not in ("test", "none"):
        try:
            given["validation"] = float(validation)
        except ValueError:
            raise click.BadParameter(
                f"must be a fraction between 0 and 1, 'test' or 'none'. Got {validation!r}", param_hint="--validation"
            ) from None
    return given
