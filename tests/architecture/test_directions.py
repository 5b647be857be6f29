"""The directions between modules (pyproject.toml, `tool.importlinter`), and what those cannot say."""

import ast
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = [
    ROOT / "shared/src/shared",
    ROOT / "services/portal/src/portal",
    ROOT / "services/users/src/users",
    ROOT / "services/desktop-sync/src/desktop_sync",
    ROOT / "services/gateway/src/gateway",
    ROOT / "local/src/local_stack",
    ROOT / "cli/src/doorstroom",
]


def modules(*packages: Path) -> list[Path]:
    return sorted(file for package in packages for file in package.rglob("*.py"))


def imported(file: Path) -> Iterable[str]:
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports say where from"
            yield node.module or ""


def test_imports_point_the_right_way():
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env=os.environ | {"NO_COLOR": "1"}, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]


def foreign(package: Path) -> set[str]:
    """What a package imports that is neither Python's nor its own."""
    found = {(name.partition(".")[0], name) for file in modules(package) for name in imported(file)}
    return {name for top, name in found if top not in sys.stdlib_module_names}


def test_contracts_depend_on_pydantic_alone():
    assert {
        name
        for name in foreign(PACKAGES[0] / "contracts")
        if not name.startswith(("pydantic", "shared.contracts"))
    } == set()


@pytest.mark.parametrize("part", ["project_file", "person_names.py"])
def test_the_project_file_and_names_know_pydantic_at_most(part):
    path = PACKAGES[0] / part
    names = (
        foreign(path)
        if path.is_dir()
        else {n for n in imported(path) if n.partition(".")[0] not in sys.stdlib_module_names}
    )
    assert {name for name in names if not name.startswith(("pydantic", "shared.project_file"))} == set()


VAGUE = {
    "utils",
    "util",
    "helpers",
    "helper",
    "common",
    "misc",
    "manager",
    "managers",
    "data",
    "info",
    "stuff",
}


def test_no_module_has_a_name_that_says_nothing():
    named = {
        file: file.parent.name if file.stem == "__init__" else file.stem
        for file in modules(*PACKAGES, ROOT / "tests")
    }
    vague = {file for file, name in named.items() if name in VAGUE or name.startswith("base_")}
    assert vague == set()


WRAPPED = ("Manager", "Helper", "Util", "Utils", "Handler", "Processor", "Info", "Dto", "DTO", "Impl")


def test_no_class_is_named_for_what_it_is_made_of():
    for file in modules(*PACKAGES):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                name = node.name.removesuffix("ApplicationManager")  # a role at school
                assert not name.endswith(WRAPPED), f"{file}: {node.name}"


@pytest.mark.parametrize("package", PACKAGES[1:4], ids=lambda package: package.name)
def test_features_never_commit(package):
    """The edge commits, once, before the reply is sent."""
    for part in ("features", "repositories", "models"):
        for file in modules(package / part):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Attribute):
                    assert node.attr != "commit", f"{file}:{node.lineno}"


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)
def test_all_sql_of_ours_is_bound(package):
    """`text(f"…")` with a value in it is an injection; a name that cannot be bound is a constant of ours."""
    for file in modules(package):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id == "text"
                and node.args
            ):
                for part in ast.walk(node.args[0]):
                    if isinstance(part, ast.FormattedValue):
                        assert isinstance(part.value, ast.Name), f"{file}:{node.lineno}"
                        assert part.value.id.isupper(), f"{file}:{node.lineno}"
