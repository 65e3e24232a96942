"""``bakeoff doctor``: what this machine is and whether its answers can be trusted."""

import click

__all__ = ["doctor"]


@click.command()
def doctor() -> int:
    """Check this machine: libraries, devices, known answers, speed."""
    from bakeoff.machine import doctor as examine  # noqa: PLC0415 - heavy

    marks = {"ok": ("ok", "green"), "warning": ("warning", "yellow"), "error": ("error", "red")}
    lines = examine()
    width = max(len(item) for item, _, _ in lines)
    for item, status, detail in lines:
        text, colour = marks[status]
        click.echo(f"{item.ljust(width)}  {click.style(text.ljust(7), fg=colour)}  {detail}")
    return 2 if any(status == "error" for _, status, _ in lines) else 0
