"""`natalis completion`: the script that completes commands and options in a shell."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from natalis.cli.command import Command


@click.command(
    cls=Command,
    examples=[
        "natalis completion bash > ~/.local/share/bash-completion/completions/natalis",
        "natalis completion zsh > ~/.zfunc/_natalis",
        "natalis completion fish > ~/.config/fish/completions/natalis.fish",
    ],
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the script that completes commands in a shell.

    Save it where the shell looks for completions (the examples do), and open a new shell.
    """
    completer = get_completion_class(shell)
    if completer is None:
        raise click.UsageError(f"there is no completion for {shell}", ctx)
    click.echo(completer(ctx.find_root().command, {}, "natalis", "_NATALIS_COMPLETE").source())
