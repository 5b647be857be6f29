"""`doorstroom`: let students leave, bring a school's project file, see what is left of a student."""

import typer

from doorstroom.commands.demo import demo
from doorstroom.commands.depart import depart
from doorstroom.commands.footprint import footprint
from doorstroom.commands.import_project import project
from doorstroom.commands.import_students import students
from doorstroom.commands.undo import cancel, undo
from doorstroom.commands.watch import watch

app = typer.Typer(no_args_is_help=True, add_completion=False, rich_markup_mode=None, help=__doc__)
importing = typer.Typer(no_args_is_help=True, help="Bring what a school has into Doorstroom.")

importing.command()(project)
importing.command()(students)
app.add_typer(importing, name="import")
app.command()(demo)
app.command()(footprint)
for command in (depart, watch, undo, cancel):
    app.command()(command)

if __name__ == "__main__":
    app()
