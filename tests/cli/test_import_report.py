import csv
from io import StringIO
from typing import Any

from rich.console import Console

from doorstroom.import_report import Progress, show_problems, show_result, write_mapping

COUNTS = {"created": 2, "updated": 1, "unchanged": 0}


def printed(show, *args, **kwargs) -> str:
    out = StringIO()
    show(Console(file=out, soft_wrap=True, width=200), *args, **kwargs)
    return out.getvalue()


def job(codes=None, **result):
    shown: dict[str, Any] = {
        "users": COUNTS | {"archived": []},
        "portal": COUNTS,
        "desktop": COUNTS | {"removed": 3},
        "codes": codes or {},
        "departed": [],
        "warnings": [],
        "notes": [],
    }
    return {"dry_run": False, "seconds": {}, "state": "done", "result": shown | result}


def test_the_first_ten_codes_are_shown_and_how_to_get_the_rest():
    text = printed(show_result, job({f"s{at:02}": f"9000{at:02}" for at in range(12)}))
    assert "s09" in text
    assert "s10" not in text
    assert "2 more: --mapping FILE" in text


def test_ids_are_not_read_as_markup():
    assert "[red]x[/red]" in printed(show_result, job({"[red]x[/red]": "900001"}))


def test_who_left_who_is_archived_and_warnings_are_told():
    warning = {
        "place": "groups[1]",
        "code": "above_hard_max",
        "text": "4 students, hard_max is 3.",
        "id": "g1",
    }
    users = COUNTS | {"archived": ["2"]}
    text = printed(show_result, job(departed=["1"], warnings=[warning], users=users))
    assert "not brought back: 1" in text
    assert "Archived, and left so: 2" in text
    assert "groups[1]: 4 students, hard_max is 3. [g1]" in text


def test_a_dry_run_says_that_nothing_changed():
    text = printed(show_result, job(desktop=None, notes=["Not asked."]) | {"dry_run": True})
    assert "desktop" not in text
    assert "Not asked." in text
    assert "Nothing was changed" in text


def test_every_problem_is_listed_with_its_place():
    problems = [
        {"place": f"students[{at}]", "code": "unknown_department", "text": "No such."} for at in range(30)
    ]
    failure = {"detail": "See", "code": "project_file_invalid", "problems": problems, "more": 5}
    text = printed(show_problems, failure, "Not imported:")
    assert text.count("No such.") == 30
    assert "and 5 more" in text


def test_progress_tells_each_part_once():
    out = StringIO()
    with Progress(Console(file=out)) as progress:
        progress.tell({"state": "users", "seconds": {"reading": 0.1}})
        progress.tell({"state": "portal", "seconds": {"reading": 0.1, "users": 1.25}})
        progress.tell({"state": "done", "seconds": {"reading": 0.1, "users": 1.25, "portal": 2.0}})
    assert [line.split() for line in out.getvalue().splitlines()] == [
        ["reading", "0.1", "s"],
        ["users", "1.2", "s"],
        ["portal", "2.0", "s"],
    ]


def test_the_mapping_is_a_csv_no_spreadsheet_calculates_with(tmp_path):
    path = tmp_path / "codes.csv"
    write_mapping(path, {"s00": "900001", "=1+1": "900002", "-x,y": "900003"})
    with path.open(newline="", encoding="utf-8") as file:
        assert list(csv.reader(file)) == [
            ["id", "code"],
            ["s00", "900001"],
            ["'=1+1", "900002"],
            ["'-x,y", "900003"],
        ]
