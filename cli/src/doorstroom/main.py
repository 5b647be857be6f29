"""`doorstroom`: bring a school's project file, load the demo school, see what is left of a student."""

import typer

from doorstroom.commands.demo import demo
from doorstroom.commands.footprint import footprint
from doorstroom.commands.import_project import project

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None, help=__doc__)
importing = typer.Typer(no_args_is_help=True, help="Bring what a school has into Doorstroom.")

importing.command()(project)
app.add_typer(importing, name="import")
app.command()(demo)
app.command()(footprint)

if __name__ == "__main__":
    app()
