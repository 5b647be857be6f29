import pytest

from shared.person_names import search_key, search_words, sort_key


def test_a_prefix_stands_aside():
    people = [
        ("Piet", "", "Berg Jansen"),
        ("Jan", "van den", "Berg"),
        ("Zoë", "", "Berg"),
        ("An", "", "Abel"),
    ]
    assert sorted(people, key=lambda person: sort_key(*person)) == [
        ("An", "", "Abel"),
        ("Zoë", "", "Berg"),
        ("Jan", "van den", "Berg"),
        ("Piet", "", "Berg Jansen"),
    ]


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Özkaya", "ozkaya"),
        ("Øster", "oster"),
        ("Strauß", "strauss"),
        ("D’Angelo", "d'angelo"),
        ("Ĳzer", "ijzer"),
    ],
)
def test_accents_and_case_are_folded(written, folded):
    assert search_key("", "", written, "900001") == f"{folded} 900001"


def test_words_are_found_however_they_are_ordered():
    key = search_key("Jan", "van den", "Berg", "1204")
    assert all(word in key for word in search_words("BERG, van  den  jan"))
    assert search_words(" , ") == []
